! Functions of the program that MPI calls: error handlers, generalised requests, attributes, operators
! with the types of mpi_f08; memory as type(c_ptr); large counts.
module functions
  use, intrinsic :: iso_c_binding
  use mpi_f08
  implicit none
  integer :: handled = 0, copied = 0, deleted = 0, released = 0
contains
  subroutine handle(comm, code)
    type(MPI_Comm) :: comm
    integer :: code, class
    call MPI_Error_class(code, class)
    if (comm == MPI_COMM_WORLD .and. class == MPI_ERR_RANK) handled = handled + 1
  end subroutine
  subroutine handle_win(win, code)
    type(MPI_Win) :: win
    integer :: code
    handled = handled + 100
  end subroutine
  subroutine query(extra, status, code)
    integer(MPI_ADDRESS_KIND) :: extra
    type(MPI_Status) :: status
    integer :: code
    call MPI_Status_set_elements(status, MPI_INTEGER, int(extra))
    call MPI_Status_set_cancelled(status, .false.)
    status%MPI_SOURCE = 3
    status%MPI_TAG = 4
    code = MPI_SUCCESS
  end subroutine
  subroutine release(extra, code)
    integer(MPI_ADDRESS_KIND) :: extra
    integer :: code
    released = released + int(extra)
    code = MPI_SUCCESS
  end subroutine
  subroutine cancel(extra, complete, code)
    integer(MPI_ADDRESS_KIND) :: extra
    logical :: complete
    integer :: code
    if (.not. complete) released = released + 1000
    code = MPI_SUCCESS
  end subroutine
  subroutine copy(comm, keyval, extra, in, out, flag, code)
    type(MPI_Comm) :: comm
    integer :: keyval, code
    integer(MPI_ADDRESS_KIND) :: extra, in, out
    logical :: flag
    copied = copied + 1
    out = in + extra
    flag = .true.
    code = MPI_SUCCESS
  end subroutine
  subroutine remove(comm, keyval, value, extra, code)
    type(MPI_Comm) :: comm
    integer :: keyval, code
    integer(MPI_ADDRESS_KIND) :: value, extra
    deleted = deleted + int(value)
    code = MPI_SUCCESS
  end subroutine
  subroutine larger(in, inout, length, type)
    type(c_ptr), value :: in, inout
    integer :: length
    type(MPI_Datatype) :: type
    integer, pointer :: a(:), b(:)
    call c_f_pointer(in, a, [length])
    call c_f_pointer(inout, b, [length])
    if (type == MPI_INTEGER) b = max(a, b) + 1
  end subroutine
end module

program callbacks
  use, intrinsic :: iso_c_binding
  use mpi_f08
  use functions
  implicit none
  procedure(MPI_Comm_errhandler_function), pointer :: chosen => handle
  procedure(MPI_Grequest_free_function), pointer :: releaser => release
  type(MPI_Errhandler) :: handler
  type(MPI_Request) :: request
  type(MPI_Status) :: status
  type(MPI_Comm) :: other
  type(MPI_Op) :: operator
  type(MPI_Win) :: win
  type(c_ptr) :: memory
  integer :: rank, ranks, code, keyval, count, values(3), results(3)
  integer(MPI_COUNT_KIND) :: large, many(2)
  integer(MPI_ADDRESS_KIND) :: value
  integer, pointer :: area(:)
  logical :: flag

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, ranks)

  call MPI_Comm_create_errhandler(chosen, handler)
  call MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler)
  call MPI_Send(values, 1, MPI_INTEGER, ranks + 5, 0, MPI_COMM_WORLD, code)
  call MPI_Comm_call_errhandler(MPI_COMM_WORLD, MPI_ERR_RANK)
  if (rank == 0) print '(a, i4, l2)', 'handled', handled, code /= MPI_SUCCESS
  call MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL)
  call MPI_Errhandler_free(handler)

  call MPI_Grequest_start(query, releaser, cancel, 7_MPI_ADDRESS_KIND, request)
  call MPI_Test(request, flag, status)
  call MPI_Cancel(request)
  call MPI_Grequest_complete(request)
  call MPI_Wait(request, status)
  call MPI_Get_count(status, MPI_INTEGER, count)
  if (rank == 0) print '(a, l2, 4i5, l2)', 'request', flag, status%MPI_SOURCE, status%MPI_TAG, count, &
    released, request == MPI_REQUEST_NULL

  call MPI_Comm_create_keyval(copy, remove, keyval, 5_MPI_ADDRESS_KIND)
  call MPI_Comm_set_attr(MPI_COMM_WORLD, keyval, 10_MPI_ADDRESS_KIND)
  call MPI_Comm_dup(MPI_COMM_WORLD, other)
  call MPI_Comm_get_attr(other, keyval, value, flag)
  call MPI_Comm_free(other)
  call MPI_Comm_delete_attr(MPI_COMM_WORLD, keyval)
  call MPI_Comm_free_keyval(keyval)
  if (rank == 0) print '(a, l2, 3i5)', 'attribute', flag, value, copied, deleted

  call MPI_Op_create(larger, .true., operator)
  values = [rank, -rank, 9]
  call MPI_Allreduce(values, results, 3, MPI_INTEGER, operator, MPI_COMM_WORLD)
  call MPI_Op_free(operator)
  if (rank == 0) print '(a, 3i4)', 'larger', results

  call MPI_Alloc_mem(40_MPI_ADDRESS_KIND, MPI_INFO_NULL, memory)
  call c_f_pointer(memory, area, [10])
  area = rank
  if (rank == 0) print '(a, l2, i4)', 'memory', c_associated(memory), sum(area)
  call MPI_Free_mem(area)
  call MPI_Win_allocate(40_MPI_ADDRESS_KIND, 4, MPI_INFO_NULL, MPI_COMM_WORLD, memory, win)
  call c_f_pointer(memory, area, [10])
  area = 0
  call MPI_Win_create_errhandler(handle_win, handler)
  call MPI_Win_set_errhandler(win, handler)
  call MPI_Win_call_errhandler(win, MPI_ERR_WIN)
  call MPI_Errhandler_free(handler)
  call MPI_Win_fence(0, win)
  values = rank + 1
  call MPI_Put(values, 3, MPI_INTEGER, mod(rank + 1, ranks), 2_MPI_ADDRESS_KIND, 3, MPI_INTEGER, win)
  call MPI_Win_fence(0, win)
  if (rank == 0) print '(a, 10i3, i5)', 'window', area, handled
  call MPI_Win_free(win)
  call MPI_Finalize()
end program

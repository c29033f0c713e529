! MPI from Fortran 90 where it differs from C: characters as messages and as arguments, addresses
! with a meaning, positions, attributes, operators, statuses, derived types.
module operators
contains
  subroutine multiply(a, b, count, datatype)
    integer :: count, datatype, i
    complex(8) :: a(count), b(count)
    do i = 1, count
      b(i) = a(i) * b(i)
    end do
    datatype = datatype
  end subroutine
end module

program calls
  use mpi
  use operators
  implicit none
  type :: particle
    sequence
    real(8) :: position(3)
    integer :: id
    character(4) :: kind
  end type
  type(particle) :: one
  integer :: ierr, rank, ranks, other, request(3), index, status(MPI_STATUS_SIZE), length, keyval
  integer :: statuses(MPI_STATUS_SIZE, 3), indices(3), done, info, op, newtype, comm, dims(2)
  integer :: counts(2), displs(2), size, position, i, values(4), all(8)
  integer(MPI_ADDRESS_KIND) :: address(3), base, value, lb, extent
  logical :: flag, periods(2)
  character(20) :: text, key
  character(8) :: name
  character(MPI_MAX_ERROR_STRING) :: message
  complex(8) :: z, w
  real(8) :: started
  character(100) :: packed

  call mpi_init(ierr)
  started = mpi_wtime()
  call mpi_comm_rank(MPI_COMM_WORLD, rank, ierr)
  call mpi_comm_size(MPI_COMM_WORLD, ranks, ierr)
  other = 1 - rank

  ! One routine with numbers and with characters, whose lengths are passed, too.
  text = ''
  if (rank == 0) then
    call mpi_send('from rank zero', 14, MPI_CHARACTER, 1, 1, MPI_COMM_WORLD, ierr)
    call mpi_send(ranks, 1, MPI_INTEGER, 1, 2, MPI_COMM_WORLD, ierr)
  else
    call mpi_recv(text, 20, MPI_CHARACTER, 0, 1, MPI_COMM_WORLD, status, ierr)
    call mpi_get_count(status, MPI_CHARACTER, length, ierr)
    call mpi_recv(i, 1, MPI_INTEGER, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &
                  MPI_STATUS_IGNORE, ierr)
    if (i /= 2 .or. length /= 14 .or. status(MPI_SOURCE) /= 0) call fail(1)
  end if
  call mpi_bcast(text, 20, MPI_CHARACTER, 1, MPI_COMM_WORLD, ierr)
  call show('broadcast: ' // text)

  ! Positions count from one.
  request = MPI_REQUEST_NULL
  call mpi_irecv(i, 1, MPI_INTEGER, other, 9, MPI_COMM_WORLD, request(2), ierr)
  call mpi_send(rank + 5, 1, MPI_INTEGER, other, 9, MPI_COMM_WORLD, ierr)
  call mpi_waitany(3, request, index, status, ierr)
  if (index /= 2 .or. i /= other + 5 .or. status(MPI_TAG) /= 9) call fail(2)
  call mpi_isend(rank, 1, MPI_INTEGER, other, 10, MPI_COMM_WORLD, request(3), ierr)
  call mpi_recv(i, 1, MPI_INTEGER, other, 10, MPI_COMM_WORLD, status, ierr)
  call mpi_waitsome(3, request, done, indices, statuses, ierr)
  if (done /= 1 .or. indices(1) /= 3) call fail(4)

  ! Addresses that mean something, an operator of the program.
  z = cmplx(rank + 1, 1, 8)
  call mpi_op_create(multiply, .true., op, ierr)
  call mpi_allreduce(z, w, 1, MPI_DOUBLE_COMPLEX, op, MPI_COMM_WORLD, ierr)
  call mpi_allreduce(MPI_IN_PLACE, z, 1, MPI_DOUBLE_COMPLEX, MPI_SUM, MPI_COMM_WORLD, ierr)
  call mpi_op_free(op, ierr)
  if (rank == 0) print '(4f6.2)', z, w
  values = rank * 10 + [1, 2, 3, 4]
  call mpi_allgather(values, 4, MPI_INTEGER, all, 4, MPI_INTEGER, MPI_COMM_WORLD, ierr)
  if (rank == 0) print '(8i4)', all
  counts = [1, 3]; displs = [4, 0]
  all = 0
  call mpi_gatherv(values, counts(rank + 1), MPI_INTEGER, all, counts, displs, MPI_INTEGER, 0, &
                   MPI_COMM_WORLD, ierr)
  if (rank == 0) print '(8i4)', all

  ! A derived type by addresses.
  call mpi_get_address(one, base, ierr)
  call mpi_get_address(one%position, address(1), ierr)
  call mpi_get_address(one%id, address(2), ierr)
  call mpi_get_address(one%kind, address(3), ierr)
  call mpi_type_create_struct(3, [3, 1, 4], address - base, &
       [MPI_DOUBLE_PRECISION, MPI_INTEGER, MPI_CHARACTER], newtype, ierr)
  call mpi_type_commit(newtype, ierr)
  call mpi_type_get_extent(newtype, lb, extent, ierr)
  call mpi_type_size(newtype, size, ierr)
  if (rank == 0) one = particle([1d0, 2d0, 3d0], 17, 'abcd')
  call mpi_bcast(one, 1, newtype, 0, MPI_COMM_WORLD, ierr)
  if (rank == 1) call mpi_send(one, 1, newtype, 0, 4, MPI_COMM_WORLD, ierr)
  if (rank == 0) then
    one%id = 0
    call mpi_recv(one, 1, newtype, 1, 4, MPI_COMM_WORLD, status, ierr)
    print '(3f5.1, i4, 1x, a4, 3i4)', one%position, one%id, one%kind, int(lb), int(extent), size
  end if
  call mpi_type_free(newtype, ierr)

  ! Attributes are numbers; strings have blanks behind.
  call mpi_comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, value, flag, ierr)
  if (.not. flag .or. value < 32767) call fail(5)
  call mpi_comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, keyval, 0_MPI_ADDRESS_KIND, &
                              ierr)
  call mpi_comm_set_attr(MPI_COMM_WORLD, keyval, 4711_MPI_ADDRESS_KIND, ierr)
  call mpi_comm_dup(MPI_COMM_WORLD, comm, ierr)
  call mpi_comm_get_attr(comm, keyval, value, flag, ierr)
  if (.not. flag .or. value /= 4711) call fail(6)
  call mpi_comm_set_name(comm, 'a name   ', ierr)
  name = 'xxxxxxxx'
  call mpi_comm_get_name(comm, name, length, ierr)
  if (name /= 'a name' .or. length /= 6) call fail(7)
  call mpi_comm_free(comm, ierr)
  call mpi_info_create(info, ierr)
  call mpi_info_set(info, ' key ', ' the value ', ierr)
  text = 'unset'
  call mpi_info_get(info, 'key', 20, text, flag, ierr)
  if (.not. flag .or. text /= 'the value') call fail(8)
  call mpi_info_get_nthkey(info, 0, key, ierr)
  if (key /= 'key') call fail(9)
  call mpi_info_free(info, ierr)
  call mpi_comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN, ierr)
  call mpi_send(i, 1, MPI_INTEGER, 99, 0, MPI_COMM_WORLD, ierr)
  call mpi_error_class(ierr, i, ierr)
  if (i /= MPI_ERR_RANK) call fail(10)
  message = ''
  call mpi_error_string(MPI_ERR_RANK, message, length, ierr)
  if (length < 3 .or. len_trim(message) /= length) call fail(11)

  ! LOGICALs, packing, MPI_SIZEOF.
  dims = 0
  call mpi_dims_create(ranks, 2, dims, ierr)
  call mpi_cart_create(MPI_COMM_WORLD, 2, dims, [.true., .false.], .false., comm, ierr)
  call mpi_cart_get(comm, 2, dims, periods, counts, ierr)
  if (rank == 0) print '(2i3, 2l2, 2i3)', dims, periods, counts
  call mpi_comm_free(comm, ierr)
  position = 0
  call mpi_pack(values, 4, MPI_INTEGER, packed, 100, position, MPI_COMM_WORLD, ierr)
  call mpi_pack('pack', 4, MPI_CHARACTER, packed, 100, position, MPI_COMM_WORLD, ierr)
  position = 0
  call mpi_unpack(packed, 100, position, all, 4, MPI_INTEGER, MPI_COMM_WORLD, ierr)
  call mpi_unpack(packed, 100, position, name, 4, MPI_CHARACTER, MPI_COMM_WORLD, ierr)
  if (any(all(1:4) /= values) .or. name(1:4) /= 'pack') call fail(12)
  call mpi_sizeof(started, size, ierr)
  if (size /= 8) call fail(13)
  call mpi_sizeof(values, size, ierr)
  if (size /= 4 .or. mpi_wtime() < started) call fail(14)
  call show('done')
  call mpi_finalize(ierr)
contains
  subroutine show(line)
    character(*), intent(in) :: line
    if (rank == 0) print '(a)', trim(line)
  end subroutine
  subroutine fail(number)
    integer, intent(in) :: number
    print '(a, i3, a, i2)', 'check', number, ' fails on rank ', rank
    call mpi_abort(MPI_COMM_WORLD, number, ierr)
  end subroutine
end program

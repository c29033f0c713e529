! The module of Fortran 2008: types of handles, optional error codes, keywords.
program modern
  use mpi_f08
  implicit none
  type(MPI_Status) :: status
  type(MPI_Request) :: requests(2)
  type(MPI_Comm) :: half
  type(MPI_Datatype) :: column
  type(MPI_Group) :: group
  integer :: rank, ranks, other, code, i, size
  real(8) :: matrix(4, 3), sum_of(3)
  character(12) :: text
  logical :: flag

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(comm=MPI_COMM_WORLD, size=ranks)
  other = 1 - rank
  text = 'rank ' // achar(iachar('0') + rank)
  call MPI_Sendrecv_replace(text, 12, MPI_CHARACTER, other, 5, other, 5, MPI_COMM_WORLD, status)
  if (text /= 'rank ' // achar(iachar('0') + other)) call MPI_Abort(MPI_COMM_WORLD, 1)
  call MPI_Type_vector(1, 4, 4, MPI_REAL8, column)
  call MPI_Type_commit(column)
  matrix = 0
  matrix(:, 2) = [(rank * 10d0 + i, i = 1, 4)]
  call MPI_Irecv(matrix(1, 3), 1, column, other, 6, MPI_COMM_WORLD, requests(1))
  call MPI_Isend(matrix(1, 2), 1, column, other, 6, MPI_COMM_WORLD, requests(2), code)
  call MPI_Waitall(2, requests, MPI_STATUSES_IGNORE)
  if (code /= MPI_SUCCESS .or. requests(1) /= MPI_REQUEST_NULL) call MPI_Abort(MPI_COMM_WORLD, 2)
  if (rank == 0) print '(4f6.1)', matrix(:, 3)
  call MPI_Allreduce(sum(matrix, 1), sum_of, 3, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD)
  if (rank == 0) print '(3f7.1, i3)', sum_of, status%MPI_TAG
  call MPI_Comm_split(MPI_COMM_WORLD, rank, 0, half)
  call MPI_Comm_size(half, size)
  call MPI_Comm_group(half, group)
  call MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, half, flag, MPI_STATUS_IGNORE)
  if (rank == 0) print '(i3, 2l2, i3)', size, flag, half == MPI_COMM_WORLD, ranks
  call MPI_Group_free(group)
  call MPI_Comm_free(half)
  call MPI_Type_free(column)
  call MPI_Finalize()
end program

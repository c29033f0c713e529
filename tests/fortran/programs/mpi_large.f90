! Large counts: procedures chosen by the kind of the count, and those with _c.
program large
  use mpi_f08
  implicit none
  integer(MPI_COUNT_KIND), parameter :: three = 3
  integer :: rank, values(3), sums(3)
  integer(MPI_COUNT_KIND) :: count, size, counts(2)
  integer(MPI_ADDRESS_KIND) :: places(2)
  type(MPI_Datatype) :: type
  type(MPI_Status) :: status
  real(8) :: all(5)

  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  values = [rank, 2, 3]
  call MPI_Allreduce(values, sums, three, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD)
  call MPI_Sendrecv_replace(values, three, MPI_INTEGER, 1 - rank, 1, 1 - rank, 1, MPI_COMM_WORLD, &
                            status)
  call MPI_Get_count(status, MPI_INTEGER, count)
  if (rank == 0) print '(7i4)', sums, values, count
  call MPI_Bcast_c(values, three, MPI_INTEGER, 0, MPI_COMM_WORLD)
  call MPI_Type_contiguous(three * 1000000000_MPI_COUNT_KIND, MPI_REAL8, type)
  call MPI_Type_size(type, size)
  call MPI_Type_free(type)
  if (rank == 0) print '(i0)', size
  counts = [2, 3]
  places = [0, 2]
  all = 0
  all(1 + rank * 2:2 + rank * 3) = rank + 1
  call MPI_Allgatherv(MPI_IN_PLACE, 0_MPI_COUNT_KIND, MPI_DATATYPE_NULL, all, counts, places, &
                      MPI_REAL8, MPI_COMM_WORLD)
  if (rank == 1) print '(5f4.0)', all
  call MPI_Finalize()
end program

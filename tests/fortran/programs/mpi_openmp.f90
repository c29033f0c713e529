! MPI with OpenMP: threads share the work on a rank's part of a rod that cools, the first one talks to
! the neighbours; then, where MPI lets them, all threads send at once.
program main
  use mpi
  use omp_lib
  implicit none
  integer, parameter :: n = 2000, steps = 200
  real(8) :: old(0:n + 1), new(0:n + 1), change, largest, heat
  integer :: rank, ranks, left, right, provided, ierror, i, step, thread, got, sums
  integer :: status(mpi_status_size)
  call mpi_init_thread(mpi_thread_multiple, provided, ierror)
  if (provided < mpi_thread_funneled) call mpi_abort(mpi_comm_world, 1, ierror)
  call mpi_comm_rank(mpi_comm_world, rank, ierror)
  call mpi_comm_size(mpi_comm_world, ranks, ierror)
  left = merge(rank - 1, mpi_proc_null, rank > 0)
  right = merge(rank + 1, mpi_proc_null, rank < ranks - 1)
  call omp_set_num_threads(2)
  old = 0
  new = 0
  if (rank == 0) old(0) = 1000
  if (rank == 0) new(0) = 1000
  !$omp parallel private(step)
  do step = 1, steps
    !$omp master
    change = 0
    call mpi_sendrecv(old(n), 1, mpi_double_precision, right, 1, old(0), 1, mpi_double_precision, &
                      left, 1, mpi_comm_world, status, ierror)
    call mpi_sendrecv(old(1), 1, mpi_double_precision, left, 2, old(n + 1), 1, &
                      mpi_double_precision, right, 2, mpi_comm_world, status, ierror)
    !$omp end master
    !$omp barrier
    !$omp do reduction(max:change) schedule(static)
    do i = 1, n
      new(i) = 0.5d0 * old(i) + 0.25d0 * (old(i - 1) + old(i + 1))
      change = max(change, abs(new(i) - old(i)))
    end do
    !$omp do schedule(guided)
    do i = 1, n
      old(i) = new(i)
    end do
  end do
  !$omp end parallel
  heat = 0
  !$omp parallel do reduction(+:heat) schedule(static)
  do i = 1, n
    heat = heat + old(i)
  end do
  call mpi_allreduce(change, largest, 1, mpi_double_precision, mpi_max, mpi_comm_world, ierror)
  call mpi_allreduce(mpi_in_place, heat, 1, mpi_double_precision, mpi_sum, mpi_comm_world, ierror)
  if (rank == 0) print '(a,f12.6,f16.6)', 'rod', largest, heat

  sums = 0
  if (provided == mpi_thread_multiple) then
    !$omp parallel private(i, thread, got, status, ierror) reduction(+:sums)
    thread = omp_get_thread_num()
    do i = 1, 20
      call mpi_sendrecv(rank * 100 + thread * 10, 1, mpi_integer, ranks - 1 - rank, thread, got, 1, &
                        mpi_integer, ranks - 1 - rank, thread, mpi_comm_world, status, ierror)
      sums = sums + got
      if (got /= (ranks - 1 - rank) * 100 + thread * 10) sums = -1000000
    end do
    !$omp end parallel
  end if
  print '(a,3i6)', 'threads', rank, provided - mpi_thread_multiple, sums
  call mpi_finalize(ierror)
end program

! A program that uses OpenMP's module but is compiled without OpenMP: a team of one.
program omp_serial
  use omp_lib
  implicit none
  integer(omp_lock_kind) :: lock
  integer(omp_nest_lock_kind) :: nest
  integer(omp_sched_kind) :: kind
  integer :: chunk
  double precision :: begun
  logical :: first, second

  begun = omp_get_wtime()
  call omp_set_num_threads(4)
  print '(4i4)', omp_get_num_threads(), omp_get_max_threads(), omp_get_thread_num(), omp_get_num_procs()
  print '(3l4)', omp_in_parallel(), omp_in_final(), omp_get_nested()
  print '(3i4)', omp_get_team_size(0), omp_get_team_size(1), omp_get_ancestor_thread_num(0)
  call omp_get_schedule(kind, chunk)
  print '(2l4)', kind == omp_sched_static, chunk == 0
  call omp_init_lock(lock)
  first = omp_test_lock(lock)
  second = omp_test_lock(lock)
  call omp_unset_lock(lock)
  print '(3l4)', first, second, omp_test_lock(lock)
  call omp_init_nest_lock(nest)
  call omp_set_nest_lock(nest)
  print '(i4)', omp_test_nest_lock(nest)
  print '(2l4)', omp_get_wtime() >= begun, omp_get_wtick() > 0
end program

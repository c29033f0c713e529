! omp_lib.f90 - OpenMP's module for programs compiled without OpenMP: one thread.
!
! Programs use this module and its procedures without asking whether OpenMP is on; here it is off, so
! every answer is that of a team of one (OpenMP 5.2, ch. 18), as in this project's omp.h.
module omp_lib
  implicit none
  public
  integer, parameter :: omp_sched_kind = 4, omp_proc_bind_kind = 4
  integer, parameter :: omp_lock_kind = 4, omp_nest_lock_kind = 4, omp_lock_hint_kind = 4
  integer, parameter :: openmp_version = 201511
  integer(omp_sched_kind), parameter :: omp_sched_static = 1, omp_sched_dynamic = 2, &
    omp_sched_guided = 3, omp_sched_auto = 4
  integer(omp_proc_bind_kind), parameter :: omp_proc_bind_false = 0, omp_proc_bind_true = 1, &
    omp_proc_bind_master = 2, omp_proc_bind_close = 3, omp_proc_bind_spread = 4

contains

  integer function omp_get_num_threads()
    omp_get_num_threads = 1
  end function

  integer function omp_get_max_threads()
    omp_get_max_threads = 1
  end function

  integer function omp_get_thread_num()
    omp_get_thread_num = 0
  end function

  integer function omp_get_num_procs()
    omp_get_num_procs = 1
  end function

  logical function omp_in_parallel()
    omp_in_parallel = .false.
  end function

  logical function omp_in_final()
    omp_in_final = .true.
  end function

  logical function omp_get_dynamic()
    omp_get_dynamic = .false.
  end function

  logical function omp_get_nested()
    omp_get_nested = .false.
  end function

  logical function omp_get_cancellation()
    omp_get_cancellation = .false.
  end function

  integer function omp_get_level()
    omp_get_level = 0
  end function

  integer function omp_get_active_level()
    omp_get_active_level = 0
  end function

  integer function omp_get_max_active_levels()
    omp_get_max_active_levels = 0
  end function

  integer function omp_get_thread_limit()
    omp_get_thread_limit = 1
  end function

  integer function omp_get_team_size(level)
    integer, intent(in) :: level
    omp_get_team_size = merge(1, -1, level == 0)
  end function

  integer function omp_get_ancestor_thread_num(level)
    integer, intent(in) :: level
    omp_get_ancestor_thread_num = merge(0, -1, level == 0)
  end function

  integer function omp_get_num_devices()
    omp_get_num_devices = 0
  end function

  logical function omp_is_initial_device()
    omp_is_initial_device = .true.
  end function

  integer function omp_get_num_teams()
    omp_get_num_teams = 1
  end function

  integer function omp_get_team_num()
    omp_get_team_num = 0
  end function

  integer(omp_proc_bind_kind) function omp_get_proc_bind()
    omp_get_proc_bind = omp_proc_bind_false
  end function

  subroutine omp_set_num_threads(threads)
    integer, intent(in) :: threads
  end subroutine

  subroutine omp_set_dynamic(wanted)
    logical, intent(in) :: wanted
  end subroutine

  subroutine omp_set_nested(wanted)
    logical, intent(in) :: wanted
  end subroutine

  subroutine omp_set_max_active_levels(levels)
    integer, intent(in) :: levels
  end subroutine

  subroutine omp_set_schedule(kind, chunk)
    integer(omp_sched_kind), intent(in) :: kind
    integer, intent(in) :: chunk
  end subroutine

  subroutine omp_get_schedule(kind, chunk)
    integer(omp_sched_kind), intent(out) :: kind
    integer, intent(out) :: chunk
    kind = omp_sched_static
    chunk = 0
  end subroutine

  subroutine omp_init_lock(lock)
    integer(omp_lock_kind), intent(out) :: lock
    lock = 0
  end subroutine

  subroutine omp_destroy_lock(lock)
    integer(omp_lock_kind), intent(inout) :: lock
    lock = 0
  end subroutine

  subroutine omp_set_lock(lock)
    integer(omp_lock_kind), intent(inout) :: lock
    lock = 1
  end subroutine

  subroutine omp_unset_lock(lock)
    integer(omp_lock_kind), intent(inout) :: lock
    lock = 0
  end subroutine

  logical function omp_test_lock(lock)
    integer(omp_lock_kind), intent(inout) :: lock
    omp_test_lock = lock == 0
    lock = 1
  end function

  subroutine omp_init_nest_lock(lock)
    integer(omp_nest_lock_kind), intent(out) :: lock
    lock = 0
  end subroutine

  subroutine omp_destroy_nest_lock(lock)
    integer(omp_nest_lock_kind), intent(inout) :: lock
    lock = 0
  end subroutine

  subroutine omp_set_nest_lock(lock)
    integer(omp_nest_lock_kind), intent(inout) :: lock
    lock = lock + 1
  end subroutine

  subroutine omp_unset_nest_lock(lock)
    integer(omp_nest_lock_kind), intent(inout) :: lock
    lock = lock - 1
  end subroutine

  integer function omp_test_nest_lock(lock)
    integer(omp_nest_lock_kind), intent(inout) :: lock
    lock = lock + 1
    omp_test_nest_lock = lock
  end function

  double precision function omp_get_wtime()
    integer(8) :: now, rate
    call system_clock(now, rate)
    omp_get_wtime = dble(now) / dble(rate)
  end function

  double precision function omp_get_wtick()
    integer(8) :: now, rate
    call system_clock(now, rate)
    omp_get_wtick = 1 / dble(rate)
  end function
end module

! omp_lib_openmp.f90 - OpenMP's module for programs compiled with OpenMP.
!
! Kinds, constants and interfaces of the procedures of LLVM's runtime, which are those of C, so that
! all is as in omp.h (OpenMP 5.1, section 3.1). Not here: devices' memory, allocators, tools, and
! what tells about places in CHARACTERs. Only the compiled module is used, no object.
module omp_lib
  implicit none
  public
  integer, parameter :: omp_sched_kind = 4, omp_proc_bind_kind = 4, omp_pause_resource_kind = 4
  integer, parameter :: omp_lock_kind = 4, omp_nest_lock_kind = 4
  integer, parameter :: omp_lock_hint_kind = 4, omp_sync_hint_kind = 4
  integer, parameter :: openmp_version = 202011
  integer(omp_sched_kind), parameter :: omp_sched_static = 1, omp_sched_dynamic = 2, &
    omp_sched_guided = 3, omp_sched_auto = 4, omp_sched_monotonic = -huge(0_omp_sched_kind) - 1
  integer(omp_proc_bind_kind), parameter :: omp_proc_bind_false = 0, omp_proc_bind_true = 1, &
    omp_proc_bind_master = 2, omp_proc_bind_primary = 2, omp_proc_bind_close = 3, &
    omp_proc_bind_spread = 4
  integer(omp_pause_resource_kind), parameter :: omp_pause_soft = 1, omp_pause_hard = 2
  integer(omp_sync_hint_kind), parameter :: omp_sync_hint_none = 0, omp_sync_hint_uncontended = 1, &
    omp_sync_hint_contended = 2, omp_sync_hint_nonspeculative = 4, omp_sync_hint_speculative = 8
  integer(omp_lock_hint_kind), parameter :: omp_lock_hint_none = 0, &
    omp_lock_hint_uncontended = 1, omp_lock_hint_contended = 2, &
    omp_lock_hint_nonspeculative = 4, omp_lock_hint_speculative = 8

  interface
    integer function omp_get_num_threads() bind(c)
    end function
    integer function omp_get_max_threads() bind(c)
    end function
    integer function omp_get_thread_num() bind(c)
    end function
    integer function omp_get_num_procs() bind(c)
    end function
    integer function omp_get_level() bind(c)
    end function
    integer function omp_get_active_level() bind(c)
    end function
    integer function omp_get_max_active_levels() bind(c)
    end function
    integer function omp_get_supported_active_levels() bind(c)
    end function
    integer function omp_get_thread_limit() bind(c)
    end function
    integer function omp_get_num_devices() bind(c)
    end function
    integer function omp_get_initial_device() bind(c)
    end function
    integer function omp_get_default_device() bind(c)
    end function
    integer function omp_get_num_teams() bind(c)
    end function
    integer function omp_get_team_num() bind(c)
    end function
    integer function omp_get_max_teams() bind(c)
    end function
    integer function omp_get_teams_thread_limit() bind(c)
    end function
    integer function omp_get_max_task_priority() bind(c)
    end function
    integer function omp_get_num_places() bind(c)
    end function
    integer function omp_get_place_num() bind(c)
    end function
    integer function omp_get_partition_num_places() bind(c)
    end function
    logical function omp_in_parallel() bind(c)
    end function
    logical function omp_in_final() bind(c)
    end function
    logical function omp_in_explicit_task() bind(c)
    end function
    logical function omp_get_dynamic() bind(c)
    end function
    logical function omp_get_nested() bind(c)
    end function
    logical function omp_get_cancellation() bind(c)
    end function
    logical function omp_is_initial_device() bind(c)
    end function
    integer(4) function omp_get_proc_bind() bind(c)
    end function
    integer function omp_get_team_size(level) bind(c)
      integer, value :: level
    end function
    integer function omp_get_ancestor_thread_num(level) bind(c)
      integer, value :: level
    end function
    integer function omp_get_place_num_procs(place) bind(c)
      integer, value :: place
    end function
    subroutine omp_get_place_proc_ids(place, ids) bind(c)
      integer, value :: place
      integer :: ids(*)
    end subroutine
    subroutine omp_get_partition_place_nums(places) bind(c)
      integer :: places(*)
    end subroutine
    subroutine omp_set_num_threads(threads) bind(c)
      integer, value :: threads
    end subroutine
    subroutine omp_set_max_active_levels(levels) bind(c)
      integer, value :: levels
    end subroutine
    subroutine omp_set_default_device(device) bind(c)
      integer, value :: device
    end subroutine
    subroutine omp_set_num_teams(teams) bind(c)
      integer, value :: teams
    end subroutine
    subroutine omp_set_teams_thread_limit(limit) bind(c)
      integer, value :: limit
    end subroutine
    subroutine omp_set_dynamic(wanted) bind(c)
      logical, value :: wanted
    end subroutine
    subroutine omp_set_nested(wanted) bind(c)
      logical, value :: wanted
    end subroutine
    subroutine omp_display_env(wanted) bind(c)
      logical, value :: wanted
    end subroutine
    subroutine omp_set_schedule(kind, chunk) bind(c)
      integer(4), value :: kind
      integer, value :: chunk
    end subroutine
    subroutine omp_get_schedule(kind, chunk) bind(c)
      integer(4) :: kind
      integer :: chunk
    end subroutine
    integer function omp_pause_resource(kind, device) bind(c)
      integer(4), value :: kind
      integer, value :: device
    end function
    integer function omp_pause_resource_all(kind) bind(c)
      integer(4), value :: kind
    end function
    subroutine omp_init_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_destroy_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_set_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_unset_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_init_lock_with_hint(lock, hint) bind(c)
      integer(4) :: lock
      integer(4), value :: hint
    end subroutine
    logical function omp_test_lock(lock) bind(c)
      integer(4) :: lock
    end function
    subroutine omp_init_nest_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_destroy_nest_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_set_nest_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_unset_nest_lock(lock) bind(c)
      integer(4) :: lock
    end subroutine
    subroutine omp_init_nest_lock_with_hint(lock, hint) bind(c)
      integer(4) :: lock
      integer(4), value :: hint
    end subroutine
    integer function omp_test_nest_lock(lock) bind(c)
      integer(4) :: lock
    end function
    double precision function omp_get_wtime() bind(c)
    end function
    double precision function omp_get_wtick() bind(c)
    end function
  end interface
end module

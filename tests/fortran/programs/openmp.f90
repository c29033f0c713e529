! What directives of OpenMP do in Fortran: every result is the same however threads are scheduled.
module data
  implicit none
  integer :: counter = 3
  real(8), allocatable :: scratch(:)
  !$omp threadprivate(counter, scratch)
  integer :: total = 0
contains
  subroutine add_up(n)
    integer, intent(in) :: n
    !$omp critical (sum)
    total = total + n
    !$omp end critical (sum)
  end subroutine

  recursive integer function fibonacci(n) result(f)
    integer, intent(in) :: n
    integer :: a, b
    if (n < 2) then
      f = n
      return
    end if
    !$omp task shared(a)
    a = fibonacci(n - 1)
    !$omp end task
    !$omp task shared(b)
    b = fibonacci(n - 2)
    !$omp end task
    !$omp taskwait
    f = a + b
  end function
end module

subroutine reductions
  implicit none
  integer :: i, isum, iprod, imin, imax, iand_, ior_, ieor_
  integer :: counts(5)
  integer(8) :: long
  real(8) :: s
  real(4) :: smax
  logical :: all_, any_, same, odd
  complex(8) :: z
  isum = 10; iprod = 1; imin = 1000; imax = -1000; iand_ = -1; ior_ = 0; ieor_ = 0
  long = 0; s = 0; smax = -1; all_ = .true.; any_ = .false.; same = .true.; odd = .false.
  counts = 0
  z = 0
  !$omp parallel do reduction(+:isum,long,s,counts) reduction(min:imin) reduction(max:imax,smax) &
  !$omp   reduction(iand:iand_) reduction(ior:ior_) reduction(ieor:ieor_) reduction(.and.:all_) &
  !$omp   reduction(.or.:any_)
  do i = 1, 1000
    isum = isum + i
    long = long + int(i, 8) * 4000000000_8
    s = s + 0.5d0 * i
    counts(mod(i, 5) + 1) = counts(mod(i, 5) + 1) + 1
    imin = min(imin, 500 - i)
    imax = max(imax, i - 500)
    smax = max(smax, real(i))
    iand_ = iand(iand_, ior(i, 1024))
    ior_ = ior(ior_, i)
    ieor_ = ieor(ieor_, i)
    all_ = all_ .and. i > 0
    any_ = any_ .or. i == 77
  end do
  !$omp parallel do reduction(*:iprod) reduction(.eqv.:same) reduction(.neqv.:odd)
  do i = 1, 10
    iprod = iprod * i
    same = same .eqv. .true.
    odd = odd .neqv. .true.
  end do
  print '(a,8i8)', 'integers', isum, iprod, imin, imax, iand_, ior_, ieor_
  print '(a,i20,f12.2,f8.1,4l2,5i5)', 'others', long, s, smax, all_, any_, same, odd, counts
end subroutine

subroutine loops
  implicit none
  integer :: i, j, k, last, first, seen(60), square(12, 10), order(20), next, steps
  integer(8) :: wide
  seen = 0
  !$omp parallel
  !$omp do schedule(static)
  do i = 1, 60
    seen(i) = seen(i) + 1
  end do
  !$omp do schedule(static, 7)
  do i = 60, 1, -1
    seen(i) = seen(i) + 1
  end do
  !$omp do schedule(dynamic)
  do i = 1, 60, 2
    seen(i) = seen(i) + 1
  end do
  !$omp end do
  !$omp do schedule(dynamic, 4)
  do i = 1, 60
    seen(i) = seen(i) + 1
  end do
  !$omp end do
  !$omp do schedule(guided, 2)
  do i = 1, 60
    seen(i) = seen(i) + 1
  end do
  !$omp end do nowait
  !$omp barrier
  !$omp do schedule(runtime)
  do i = 1, 60
    seen(i) = seen(i) + 1
  end do
  !$omp end parallel
  print '(a,2i5)', 'schedules', sum(seen(1::2)), sum(seen(2::2))
  !$omp parallel do collapse(2) private(k)
  do i = 1, 12
    do j = 1, 10
      k = i * j
      square(i, j) = k
    end do
  end do
  steps = 0
  !$omp parallel do reduction(+:steps) schedule(dynamic)
  do wide = 5000000000_8, 5000000099_8, 3_8
    steps = steps + int(mod(wide, 7_8))
  end do
  first = 5
  last = 0
  !$omp parallel do firstprivate(first) lastprivate(last, i)
  do i = 1, 33
    last = first + i
  end do
  next = 0
  !$omp parallel do ordered schedule(dynamic)
  do j = 1, 20
    !$omp ordered
    next = next + 1
    order(next) = j
    !$omp end ordered
  end do
  !$omp parallel do simd reduction(+:steps)
  do j = 1, 20
    steps = steps + order(j)
  end do
  print '(a,6i7)', 'loops', sum(square), steps, last, i, order(1), order(20)
end subroutine

subroutine teams
  use data
  use omp_lib
  implicit none
  integer :: n, k, m, in_single, block(3), sections_done(3), i
  integer(omp_lock_kind) :: lock
  integer(omp_nest_lock_kind) :: nest
  real(8), allocatable :: own(:)
  character(4) :: text
  common /shared/ block
  !$omp threadprivate(/shared/)
  block = 7
  n = 0
  !$omp parallel num_threads(3) copyin(/shared/, counter)
  counter = counter + omp_get_thread_num()
  block(2) = block(2) + omp_get_thread_num()
  !$omp atomic
  n = n + (counter * 100 + block(2))
  !$omp end parallel
  print '(a,3i6)', 'threadprivate', n, counter, block(2)
  !$omp parallel num_threads(3)
  allocate(scratch(2 + omp_get_thread_num()))
  scratch = 1.5d0
  !$omp critical
  n = n + size(scratch)
  !$omp end critical
  deallocate(scratch)
  !$omp end parallel
  in_single = 0
  k = 0
  text = 'abcd'
  allocate(own(4))
  own = 2
  !$omp parallel num_threads(3) private(m) firstprivate(own, text)
  own(1) = own(1) + omp_get_thread_num()
  !$omp single
  in_single = in_single + 1
  m = 42
  !$omp end single copyprivate(m)
  !$omp atomic
  k = k + (m + int(sum(own)))
  if (text /= 'abcd') k = -1000
  !$omp barrier
  !$omp master
  k = k + 1000
  !$omp end master
  !$omp end parallel
  print '(a,4i6)', 'single', n, in_single, k, int(sum(own))
  sections_done = 0
  !$omp parallel sections num_threads(2)
  !$omp section
  sections_done(1) = 1
  !$omp section
  sections_done(2) = 2
  !$omp section
  sections_done(3) = 3
  !$omp end parallel sections
  call omp_init_lock(lock)
  call omp_init_nest_lock(nest)
  m = 0
  k = 0
  !$omp parallel num_threads(4) private(i)
  do i = 1, 200
    call omp_set_lock(lock)
    m = m + 1
    call omp_unset_lock(lock)
    call omp_set_nest_lock(nest)
    call omp_set_nest_lock(nest)
    k = k + 1
    call omp_unset_nest_lock(nest)
    call omp_unset_nest_lock(nest)
    call add_up(1)
    call add_elsewhere(2)
  end do
  !$omp end parallel
  print '(a,7i6,l2)', 'locks', sections_done, m, k, total, omp_test_nest_lock(nest), omp_test_lock(lock)
  call omp_unset_lock(lock)
  call omp_destroy_lock(lock)
  !$omp parallel num_threads(2) if (n < 0)
  !$omp atomic
  m = m + 1
  !$omp end parallel
  call omp_set_max_active_levels(2)
  !$omp parallel num_threads(2)
  !$omp parallel num_threads(2)
  !$omp atomic
  m = m + omp_get_level()
  !$omp end parallel
  !$omp end parallel
  call omp_set_num_threads(5)
  call omp_set_schedule(omp_sched_dynamic, 3)
  call omp_get_schedule(i, k)
  print '(a,5i6,2l2)', 'team', m, omp_get_max_threads(), omp_get_num_threads(), iand(i, 15), k, &
    omp_in_parallel(), omp_get_wtime() > 0
end subroutine

subroutine tasks
  use data
  implicit none
  integer :: f, k, n, i, parts(10)
  real(8) :: x, values(20)
  logical :: odd
  integer, allocatable :: sums(:), table(:, :)
  f = 0
  n = 0
  parts = 0
  !$omp parallel num_threads(3)
  !$omp single
  f = fibonacci(12)
  !$omp end single
  !$omp single
  !$omp task depend(out:k) shared(k)
  k = 20
  !$omp end task
  !$omp task depend(inout:k) shared(k)
  k = k * 2 + 1
  !$omp end task
  !$omp task depend(in:k) shared(k, n)
  n = k
  !$omp end task
  !$omp taskwait
  !$omp taskgroup
  do i = 1, 10
    call part(parts, i)
  end do
  !$omp end taskgroup
  parts(1) = parts(1) + sum(parts)
  do i = 1, 20
    x = 0.5d0 * i
    odd = mod(i, 2) == 1
    !$omp task firstprivate(i, x, odd) shared(values)
    values(i) = merge(x, -x, odd)
    !$omp task firstprivate(i) shared(values)
    values(i) = values(i) + 100 * i
    !$omp end task
    !$omp taskwait
    !$omp end task
  end do
  !$omp taskwait
  !$omp task if (.false.) shared(n)
  n = n + 1000
  !$omp end task
  !$omp end single
  !$omp end parallel
  allocate(sums(0:3), table(-1:0, 2:4))
  sums = 1
  table = 0
  !$omp parallel do reduction(+:sums, table)
  do i = 1, 100
    sums(mod(i, 4)) = sums(mod(i, 4)) + i
    table(-mod(i, 2), 2 + mod(i, 3)) = table(-mod(i, 2), 2 + mod(i, 3)) + 1
  end do
  print '(a,4i6,f8.1)', 'tasks', f, k, n, parts(1), sum(values)
  print '(a,10i5)', 'arrays', sums, table
contains
  subroutine part(parts, i)
    integer :: parts(10)
    integer, value :: i
    !$omp task shared(parts) firstprivate(i)
    !$omp atomic
    parts(i) = parts(i) + 1
    !$omp end task
    !$omp taskwait
  end subroutine
end subroutine

subroutine atomics
  implicit none
  integer :: i, n, old, new, largest
  integer(8) :: long
  real(8) :: x, y
  real(4) :: single
  logical :: flag
  n = 0; long = 0; x = 0; y = 1; single = 0; flag = .true.; largest = 0; new = 0
  !$omp parallel do private(old)
  do i = 1, 400
    !$omp atomic
    x = x + 0.25d0
    !$omp atomic update
    single = single + 1.0
    !$omp atomic
    long = long + 3000000000_8
    !$omp atomic capture
    old = n
    n = n + 1
    !$omp end atomic
    !$omp atomic
    largest = max(largest, old)
    !$omp atomic read
    old = n
    !$omp atomic write
    new = 9
    !$omp atomic
    flag = flag .and. old > 0
  end do
  print '(a,2i6,i16,2f8.2,i6,l2)', 'atomics', n, largest, long, x, single, new, flag
end subroutine

program main
  implicit none
  call reductions
  call loops
  call teams
  call tasks
  call atomics
  call team_input
end program

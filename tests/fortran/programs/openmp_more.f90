! A second file: its locks and COMMON blocks are those of openmp.f90, and procedures without a module.
subroutine add_elsewhere(n)
  use data
  implicit none
  integer, intent(in) :: n
  !$omp critical (sum)
  total = total + n
  !$omp end critical (sum)
end subroutine

! Every thread reads and writes, internally and to a unit.
subroutine team_input
  implicit none
  include 'omp_lib.h'
  integer :: i, value, sums, unit, block(3)
  character(12) :: text
  common /shared/ block
  !$omp threadprivate(/shared/)
  sums = 0
  open(newunit=unit, file='numbers.txt', form='formatted')
  call omp_set_num_threads(4)
  !$omp parallel private(i, value, text) reduction(+:sums)
  if (omp_get_num_threads() /= 4) sums = -1000000
  do i = 1, 50
    write (text, '(i5,a)') i * 10 + omp_get_thread_num(), ' x'
    read (text, '(i5)') value
    sums = sums + value
    write (unit, '(i5)') value
  end do
  !$omp end parallel
  rewind unit
  do i = 1, 200
    read (unit, *) value
    sums = sums - value
  end do
  close(unit, status='delete')
  print '(a,2i6)', 'input', sums, block(1)
end subroutine

! Internal procedures as arguments and behind procedure pointers: each sees its own host's variables.
module takers
  implicit none
  abstract interface
    function scalar(x) result(y)
      real(8), intent(in) :: x
      real(8) :: y
    end function
  end interface
  type :: callback
    procedure(scalar), pointer, nopass :: f => null()
  end type
contains
  recursive function integral(f, a, b, n) result(sum)
    procedure(scalar) :: f
    real(8), intent(in) :: a, b
    integer, intent(in) :: n
    real(8) :: sum, h
    integer :: i
    h = (b - a) / n
    sum = 0
    do i = 1, n
      sum = sum + h * f(a + (i - 0.5d0) * h)
    end do
  end function
  subroutine with_text(f, text)
    interface
      subroutine f(text, i)
        character(*), intent(in) :: text
        integer(8), value :: i
      end subroutine
    end interface
    character(*), intent(in) :: text
    call f(text, 3_8)
  end subroutine
  subroutine print_name(f)
    character(*), external :: f
    print '(3a)', '(', f(2), ')'
  end subroutine
  subroutine repeat_it(f, n)
    external :: f
    integer, intent(in) :: n
    integer :: i
    do i = 1, n
      call f(i)
    end do
  end subroutine
end module

! Each level's procedure is called after the deeper levels have passed theirs.
recursive subroutine levels(n, outer)
  implicit none
  integer, intent(in) :: n
  external :: outer
  integer :: calls
  calls = 0
  if (n > 0) call levels(n - 1, mine)
  call mine(n)
  print '(a, 2i4)', 'level', n, calls
  call outer(n)
contains
  subroutine mine(k)
    integer, intent(in) :: k
    calls = calls + 100 * n + k
  end subroutine
end subroutine

recursive subroutine deep(n, f)
  implicit none
  integer, intent(in) :: n
  external :: f
  if (n > 0) call deep(n - 1, mine)
  if (n == 0) call f
contains
  subroutine mine
    if (n == 20) print '(a, i3)', 'top', n
    call f
  end subroutine
end subroutine

program nested
  use takers
  implicit none
  real(8) :: k, area
  integer :: i, total
  character(5) :: word
  type(callback) :: kept
  procedure(scalar), pointer :: p
  do i = 1, 100 ! more often than there are places for it at a time
    k = i
    area = integral(linear, 0d0, 1d0, 4)
    if (mod(i, 50) == 0) print '(f8.3)', area
  end do
  p => linear
  kept%f => quadratic
  k = 3
  print '(2f8.3)', p(2d0), kept%f(2d0)
  print '(f8.3)', integral(outer_integral, 0d0, 1d0, 3)
  word = 'words'
  total = 5
  call with_text(say, 'text of any length')
  call print_name(name_it)
  total = 0
  call repeat_it(add, 10)
  print '(i4)', total
  call levels(3, add)
  print '(i4)', total
  do i = 1, 50
    call deep(20, nothing)
  end do
  print '(i4)', total
contains
  function linear(x) result(y)
    real(8), intent(in) :: x
    real(8) :: y
    y = k * x
  end function
  function quadratic(x) result(y)
    real(8), intent(in) :: x
    real(8) :: y
    y = k * x * x
  end function
  function outer_integral(x) result(y)
    real(8), intent(in) :: x
    real(8) :: y
    y = integral(quadratic, 0d0, x, 5) + k
  end function
  subroutine say(text, i)
    character(*), intent(in) :: text
    integer(8), value :: i
    print '(4a, 2i3)', text, ' ', word, '|', i, total
  end subroutine
  function name_it(i) result(name)
    integer, intent(in) :: i
    character(6) :: name
    write(name, '(a, i1)') word, i
  end function
  subroutine add(i)
    integer, intent(in) :: i
    total = total + i
  end subroutine
  subroutine nothing
    total = total + 1
  end subroutine
end program

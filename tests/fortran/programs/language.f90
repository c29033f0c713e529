! Modules, allocatables, derived types, dispatch, finalisation, generics, pointers, array functions.
module shapes
  implicit none
  private
  public :: figure, circle, square, describe, total, swap, counter
  type, abstract :: figure
    character(len=:), allocatable :: name
  contains
    procedure(area_of), deferred :: area
    procedure :: twice
  end type
  abstract interface
    function area_of(self) result(value)
      import
      class(figure), intent(in) :: self
      real(8) :: value
    end function
  end interface
  type, extends(figure) :: circle
    real(8) :: radius = 1
  contains
    procedure :: area => circle_area
    final :: done
  end type
  type, extends(figure) :: square
    real(8) :: side = 2
  contains
    procedure :: area => square_area
    procedure :: twice => square_twice
  end type
  interface swap
    module procedure swap_integers, swap_reals
  end interface
  integer :: counter = 0
contains
  subroutine done(self)
    type(circle), intent(inout) :: self
    counter = counter + 1
  end subroutine
  function circle_area(self) result(value)
    class(circle), intent(in) :: self
    real(8) :: value
    value = 3.0d0 * self%radius ** 2
  end function
  function square_area(self) result(value)
    class(square), intent(in) :: self
    real(8) :: value
    value = self%side ** 2
  end function
  function twice(self) result(value)
    class(figure), intent(in) :: self
    real(8) :: value
    value = 2 * self%area()
  end function
  function square_twice(self) result(value)
    class(square), intent(in) :: self
    real(8) :: value
    value = -2 * self%area()
  end function
  subroutine describe(one)
    class(*), intent(in) :: one
    select type (one)
    type is (circle)
      print '(a,a,f8.3)', 'circle ', one%name, one%area()
    class is (figure)
      print '(a,a,f8.3)', 'shape ', one%name, one%twice()
    type is (integer)
      print '(a,i0)', 'integer ', one
    type is (character(*))
      print '(a,a)', 'text ', one
    class default
      print '(a)', 'something else'
    end select
  end subroutine
  pure function total(values) result(sum_of)
    real(8), intent(in) :: values(:, :)
    real(8) :: sum_of
    sum_of = sum(values, mask=values > 0)
  end function
  elemental subroutine swap_integers(a, b)
    integer, intent(inout) :: a, b
    integer :: c
    c = a; a = b; b = c
  end subroutine
  elemental subroutine swap_reals(a, b)
    real(8), intent(inout) :: a, b
    real(8) :: c
    c = a; a = b; b = c
  end subroutine
end module

module lists
  implicit none
  type :: node
    integer :: value = 0
    type(node), pointer :: next => null()
  end type
contains
  recursive integer function length(list) result(n)
    type(node), pointer, intent(in) :: list
    n = 0
    if (associated(list)) n = 1 + length(list%next)
  end function
end module

program language
  use, intrinsic :: iso_fortran_env, only: int64, real64, real128
  use shapes
  use lists
  implicit none
  type :: holder
    class(figure), allocatable :: item
  end type
  type(holder) :: all(3)
  type(node), pointer :: list, new
  real(real64), allocatable :: a(:, :), b(:, :), c(:)
  integer, allocatable :: order(:), empty(:)
  integer :: i, j, x(4), y(4)
  integer(int64) :: big
  real(real128) :: quad
  character(len=:), allocatable :: text
  character(len=12) :: words(3) = [character(len=12) :: 'pear', 'apple', 'fig']
  logical :: mask(3, 3)

  allocate (circle :: all(1)%item)
  allocate (square :: all(2)%item)
  all(1)%item%name = 'c'
  all(2)%item%name = 'square one'
  all(3) = all(2)
  do i = 1, 3
    call describe(all(i)%item)
    print '(f8.3)', all(i)%item%twice()
  end do
  call describe(42)
  call describe('words')
  call describe(1.5)
  deallocate (all(1)%item)
  print '(a,l2)', 'finalised', counter > 0

  allocate (a(3, 4), source=1.5d0)
  a(2, :) = [(real(i, real64), i = 1, 4)]
  b = transpose(a)
  b = matmul(a, b)
  c = reshape(b, [9])
  print '(9f7.2)', c
  print '(3f7.2)', sum(b, dim=1), maxval(b, dim=2)
  print '(2i3)', maxloc(b), shape(b(1:2, ::2))
  mask = b > 8
  print '(i3, 3l2)', count(mask), any(mask, dim=1)
  print '(5f7.2)', pack(b, mask)
  print '(f8.3)', total(b), dot_product(c, c), norm2(c)
  c = c(9:1:-2)
  print '(i3, 5f7.2)', size(c), c
  print '(4f7.2)', cshift(a(2, :), 1), eoshift(a(2, :), -1)
  print '(3f6.2)', spread([1.0, 2.0], 2, 3)
  x = [1, 2, 3, 4]; y = x * 10
  call swap(x, y)
  print '(8i4)', x, y
  where (x > 20)
    x = 0
  elsewhere
    x = -x
  end where
  forall (i = 1:4, x(i) == 0) y(i) = i * 100
  print '(8i4)', x, y
  order = [integer ::]
  do i = 1, 5
    order = [order, mod(i * 7, 5)]
  end do
  print '(5i3, i3, l2)', order, ubound(order), allocated(empty)
  call move_alloc(order, empty)
  print '(i3, l2)', size(empty), allocated(order)

  nullify (list)
  do i = 1, 5
    allocate (new)
    new = node(i * i, list)
    list => new
  end do
  print '(3i4)', length(list), list%value, list%next%next%value

  text = ''
  do i = 1, 3
    text = text // trim(words(i)) // repeat('-', i)
  end do
  print '(a,i4)', text, len(text)
  print '(5i4)', index(text, 'apple'), scan(text, '-'), verify(text, 'pear'), &
    len_trim(words(2)), iachar('A')
  print '(a,1x,a,l2)', adjustl('  left'), adjustr('right  '), 'abc' < 'abd'
  words = [words(2), words(3), words(1)]
  print '(3a6)', words
  big = huge(big)
  print '(i0,1x,i0,1x,b8.8,1x,i0)', big, shiftl(1_int64, 40), ieor(12, 10), popcnt(255)
  print '(es12.4,1x,es12.4,1x,f6.3)', epsilon(1.0), tiny(1d0), nint(2.5) + fraction(3.0)
  quad = 2
  quad = sqrt(quad)
  print '(f34.30)', quad
  block
    integer :: local
    local = 3
    outer: do i = 1, 3
      do j = 1, 3
        if (i * j == local * 2) exit outer
      end do
    end do outer
    print '(2i3)', i, j
  end block
  select case (text(1:4))
  case ('a':'o')
    print '(a)', 'early'
  case default
    print '(a)', 'late'
  end select
contains
  subroutine unused()
  end subroutine
end program

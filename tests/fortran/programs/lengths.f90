! Lengths of CHARACTER arguments and results: all forms, beside INTEGER(8) values, and with C, which
! prints, too, and so wants flushed what was printed before.
module forms
  implicit none
  type :: animal
    integer :: legs = 4
    procedure(namer), pointer, nopass :: name => null()
  contains
    procedure :: describe
    procedure :: label
    procedure, nopass :: twice
    generic :: tell => describe, tell_number
    procedure, private :: tell_number
    procedure, private :: write_animal
    generic :: write(formatted) => write_animal
  end type
  type, extends(animal) :: bird
  contains
    procedure :: describe => describe_bird
    procedure :: label => label_bird
  end type
  abstract interface
    function namer(k, s) result(r)
      integer, intent(in) :: k
      character(*), intent(in) :: s
      character(len(s) + k) :: r
    end function
    subroutine act(s, i)
      character(*), intent(in) :: s
      integer(8), value :: i
    end subroutine
    subroutine two(s, t)
      character(*), intent(in) :: s, t
    end subroutine
  end interface
  interface show
    module procedure show_one, show_two
  end interface
contains
  subroutine describe(this, s, i)
    class(animal), intent(in) :: this
    character(*), intent(in) :: s
    integer(8), value :: i
    print '(3a, 3i4)', '[', s, ']', len(s), i, this%legs
  end subroutine
  subroutine describe_bird(this, s, i)
    class(bird), intent(in) :: this
    character(*), intent(in) :: s
    integer(8), value :: i
    print '(3a, 3i4)', '<', s, '>', len(s), i, this%legs
  end subroutine
  subroutine tell_number(this, i)
    class(animal), intent(in) :: this
    integer, intent(in) :: i
    print '(2i4)', i, this%legs
  end subroutine
  function label(this, s) result(r)
    class(animal), intent(in) :: this
    character(*), intent(in) :: s
    character(:), allocatable :: r
    r = s // '!'
  end function
  function label_bird(this, s) result(r)
    class(bird), intent(in) :: this
    character(*), intent(in) :: s
    character(:), allocatable :: r
    r = s // '?' // s
  end function
  function twice(s) result(r)
    character(*), intent(in) :: s
    character(2 * len(s)) :: r
    r = s // s
  end function
  subroutine write_animal(this, unit, iotype, vlist, iostat, iomsg)
    class(animal), intent(in) :: this
    integer, intent(in) :: unit, vlist(:)
    character(*), intent(in) :: iotype
    integer, intent(out) :: iostat
    character(*), intent(inout) :: iomsg
    write(unit, '(3a, i2)', iostat=iostat, iomsg=iomsg) 'animal(', iotype, ')', this%legs
  end subroutine
  subroutine optionals(s, i, c)
    character(*), intent(in), optional :: s
    integer(8), value :: i
    character(4), intent(in), optional :: c
    if (present(s)) print '(2a, i3)', 's ', s, i
    if (present(c)) print '(2a, i3)', 'c ', c, i
  end subroutine
  subroutine arrays(a, b, n)
    character(*), intent(in) :: a(:)
    integer, intent(in) :: n
    character(*), intent(in) :: b(n)
    print '(8a)', a, b
    print '(2i3)', len(a), len(b)
  end subroutine
  elemental function up(c) result(r)
    character(*), intent(in) :: c
    character(len(c)) :: r
    integer :: i
    do i = 1, len(c)
      r(i:i) = achar(iachar(c(i:i)) - 32)
    end do
  end function
  function fixed(i) result(r)
    integer(8), value :: i
    character(5) :: r
    write(r, '(i5)') i
  end function
  function many(n) result(r)
    integer, intent(in) :: n
    character(n) :: r(2)
    r = repeat('m', n)
  end function
  subroutine show_one(s)
    character(*), intent(in) :: s
    print '(3a)', '{', s, '}'
  end subroutine
  subroutine show_two(s, t)
    character(*), intent(in) :: s, t
    print '(5a)', '{', s, ',', t, '}'
    flush(6)
  end subroutine
  function add_dots(k, s) result(r)
    integer, intent(in) :: k
    character(*), intent(in) :: s
    character(len(s) + k) :: r
    r = s // repeat('.', k)
  end function
  subroutine with_number(s, i)
    character(*), intent(in) :: s
    integer(8), value :: i
    print '(2a, i12)', s, ' with', i
  end subroutine
  subroutine take_namer(s, f)
    procedure(namer) :: f
    character(*), intent(in) :: s
    print '(3a)', '(', f(2, s), ')'
    flush(6)
  end subroutine
  subroutine take_character(f)
    character(*), external :: f
    print '(3a)', '(', f(3), ')'
    flush(6)
  end subroutine
  subroutine take_both(f, g)
    procedure(act) :: f
    procedure(two) :: g
    call f('number', 5000000000_8)
    call g('one', 'three')
  end subroutine
  subroutine take_external(f)
    external :: f
    call f('implicit', 7)
  end subroutine
  subroutine take_values(f)
    interface
      subroutine f(i, j)
        integer(8), value :: i, j
      end subroutine
    end interface
    call f(1_8, 6000000000_8)
  end subroutine
  subroutine values(i, j)
    integer(8), value :: i, j
    print '(2i12)', i, j
  end subroutine
end module

block data
  character(6) :: text
  common /texts/ text
  data text /'common'/
end block data

subroutine implicit_one(s, i)
  character(*) :: s
  integer :: i
  print '(a, 2i3)', s, len(s), i
  flush(6)
end subroutine

subroutine entries(s)
  character(*) :: s, t
  print '(2a)', 'first ', s
  return
  entry entries_two(t, s)
  print '(4a)', 'second ', t, ' ', s
end subroutine

character(*) function stars(i)
  integer :: i
  stars = repeat('*', i)
end function

character(6) function first_name(i)
  character(6) :: second_name
  integer :: i
  first_name = repeat('f', i)
  return
  entry second_name(i)
  second_name = repeat('g', i)
end function

! Called by C, which declares the lengths as int and as size_t.
subroutine from_int(s, i, t)
  character(*) :: s, t
  integer :: i
  print '(5a, 3i3)', 'from int: ', s, '|', t, '|', len(s), len(t), i
  flush(6)
end subroutine

subroutine from_size(s, i)
  character(*) :: s
  integer(8), value :: i
  print '(3a, i3, i12)', 'from size_t: ', s, '|', len(s), i
  flush(6)
end subroutine

function for_c(i) result(r)
  integer :: i
  character(8) :: r
  write(r, '(a, i4)') 'for', i
end function

program lengths
  use forms
  implicit none
  class(animal), allocatable :: pet
  procedure(namer), pointer :: names
  procedure(act), pointer :: acts
  character(3) :: words(3) = ['abc', 'def', 'ghi']
  character(8) :: stars, c_text
  character(6) :: first_name, second_name, text
  external :: first_name, second_name
  character(3) :: turned, from
  external :: stars, implicit_one, c_text
  common /texts/ text
  interface
    function c_name(k, s) result(r)
      integer, intent(in) :: k
      character(*), intent(in) :: s
      character(len(s) + k) :: r
    end function
    subroutine c_act(s, i)
      character(*), intent(in) :: s
      integer(8), value :: i
    end subroutine
    subroutine c_act2(s, i)
      character(*) :: s
      integer :: i
    end subroutine
  end interface
  turned(from) = from(3:3) // from(2:2) // from(1:1)

  print '(3a)', text, turned('xyz'), '|'
  call show('one')
  call show('one', 'two')
  allocate(pet)
  call pet%tell('pet', 1_8)
  call pet%tell(9)
  print '(3a)', pet%label('name'), '|', pet%twice('ab')
  print '(dt)', pet
  deallocate(pet)
  allocate(bird :: pet)
  pet%legs = 2
  call pet%describe('bird', 2_8)
  print '(2a)', pet%label('name'), '|'
  pet%name => add_dots
  print '(2a)', pet%name(4, 'dots'), '|'
  call optionals('given', 1_8)
  call optionals(c='four', i=2_8)
  call optionals('both', 3_8, 'four')
  call arrays(words, words, 2)
  print '(4a)', up(words), up('scalar')
  print '(4a)', fixed(123_8), many(3), '|'
  names => add_dots
  print '(2a)', names(1, 'x'), '|'
  acts => with_number
  call acts('pointer', 7000000000_8)
  call take_namer('arg', add_dots)
  call take_namer('ptr', names)
  call take_character(stars)
  call take_character(first_name)
  call take_both(with_number, show_two)
  call take_external(implicit_one)
  call take_values(values)
  print '(4a)', stars(8), first_name(2), second_name(3), '|'
  call entries('a')
  call entries_two('bb', 'ccc')
  print '(3a)', inner('inside', 3), '|', text
  flush(6)

  ! C's functions, with lengths as int and as size_t
  call c_int('hello', 5, 'world!')
  call c_size(words, 8000000000_8, 'sized', 2)
  print '(3a)', c_text(5), '|', c_name(3, 'sea')
  flush(6)
  call take_character(c_text)
  call take_namer('passed', c_name)
  call take_both(c_act, show_two)
  call take_external(c_act2)
  call call_fortran(implicit_one)
contains
  function inner(s, k) result(r)
    character(*), intent(in) :: s
    integer, intent(in) :: k
    character(len(s) + k) :: r
    r = s
    text = s
  end function
  subroutine c_int(s, i, t)
    character(*) :: s, t
    integer :: i
    external :: c_int_lengths
    call c_int_lengths(s, i, t)
  end subroutine
  subroutine c_size(a, i, s, n)
    character(*) :: a(:), s
    integer(8), value :: i
    integer :: n
    interface
      subroutine c_size_lengths(a, i, s, n)
        integer :: n
        character(*) :: a(n), s
        integer(8), value :: i
      end subroutine
    end interface
    call c_size_lengths(a, i, s, n)
  end subroutine
end program

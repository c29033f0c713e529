! ISO_C_BINDING: structures, pointers, strings, arrays and procedures across to C and back; what
! by_value.f90 has.
module c_side
  use, intrinsic :: iso_c_binding
  implicit none
  type, bind(c) :: point
    real(c_double) :: x
    integer(c_int) :: tag
    integer(c_long) :: number
  end type
  type, bind(c) :: chunk
    integer(c_size_t) :: length
    type(c_ptr) :: data = c_null_ptr
    type(c_funptr) :: f = c_null_funptr
    integer(c_int) :: tag = 3
  end type
  integer(c_int), bind(c, name='shared_counter') :: shared_counter
  abstract interface
    function combine(a, b) bind(c) result(value)
      import
      integer(c_int), value :: a, b
      integer(c_int) :: value
    end function
  end interface
  interface
    subroutine move_point(p, dx) bind(c)
      import
      type(point), intent(inout) :: p
      real(c_double), value :: dx
    end subroutine
    function text_length(text) bind(c) result(length)
      import
      character(kind=c_char), intent(in) :: text(*)
      integer(c_size_t) :: length
    end function
    function fold(values, count, f) bind(c) result(value)
      import
      integer(c_int), intent(in) :: values(*)
      integer(c_size_t), value :: count
      type(c_funptr), value :: f
      integer(c_int) :: value
    end function
    function make_values(count) bind(c) result(address)
      import
      integer(c_int), value :: count
      type(c_ptr) :: address
    end function
    function sum_at(address, count) bind(c) result(value)
      import
      type(c_ptr), value :: address
      integer(c_int), value :: count
      real(c_float) :: value
    end function
    subroutine call_back() bind(c)
    end subroutine
    subroutine work_on(chunks, count) bind(c)
      import
      type(chunk), intent(inout) :: chunks(*)
      integer(c_int), value :: count
    end subroutine
  end interface
contains
  function maximum(a, b) bind(c) result(value)
    integer(c_int), value :: a, b
    integer(c_int) :: value
    value = max(a, b)
  end function
  subroutine from_c(text, length) bind(c)
    integer(c_int), value :: length
    character(kind=c_char), intent(in) :: text(length)
    print '(a, 20a1)', 'from C: ', text
  end subroutine
end module

program interop
  use c_side
  implicit none
  type(point) :: p = point(1.5d0, 7, 100)
  real(c_float), pointer :: values(:)
  real(c_float), target :: own(3) = [1.0, 2.0, 4.0]
  type(c_ptr) :: address
  procedure(combine), pointer :: f
  type(c_funptr) :: g
  procedure(text_length), pointer :: measure
  type(chunk) :: chunks(2)
  integer(c_int), target :: numbers(3) = [10, 20, 30]
  call move_point(p, 2.0d0)
  print '(f6.2, 2i5)', p
  print '(i4)', int(text_length('twelve chars' // c_null_char))
  print '(i4)', fold([3, 9, 4], 3_c_size_t, c_funloc(maximum))
  address = make_values(4)
  call c_f_pointer(address, values, [4])
  print '(4f6.2, l2)', values, c_associated(address)
  print '(f6.2)', sum_at(c_loc(own), 3), sum_at(address, 4)
  g = c_funloc(maximum)
  call c_f_procpointer(g, f)
  print '(i4)', f(5, 6)
  shared_counter = 40
  call call_back()
  print '(i4, 2i3)', shared_counter, int([c_sizeof(1_c_int), c_sizeof(1.0_c_double)])
  print '(2i2)', c_int64_t, c_double
  call c_f_procpointer(c_funloc(text_length), measure)
  print '(i4)', int(measure('eight ch' // c_null_char))
  chunks = chunk(3, c_loc(numbers), c_funloc(maximum))
  chunks(2)%data = c_loc(numbers(2))
  chunks(2)%length = 1
  call work_on(chunks, 2)
  print '(3i4, 2i3, 3l2)', numbers, chunks%tag, c_associated(chunks(1)%data, c_loc(numbers(2))), &
    c_associated(chunks(1)%f), c_associated(chunks(2)%f)
  print '(2l2)', c_sizeof(address) == c_sizeof(1_c_intptr_t), c_sizeof(chunks(1)) == &
    c_sizeof(1_c_size_t) + c_sizeof(address) + c_sizeof(g) + c_sizeof(1_c_intptr_t)
  call by_value
end program

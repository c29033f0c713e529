! BIND(C): structures and complex numbers by value, to C and from C.
module values
  use, intrinsic :: iso_c_binding
  implicit none
  type, bind(c) :: one
    real(c_double) :: x
  end type
  type, bind(c) :: wrapped
    type(one) :: inner(1)
  end type
  type, bind(c) :: two
    integer(c_int) :: k
    real(c_double) :: x
  end type
  type, bind(c) :: small
    integer(c_int) :: k
    real(c_float) :: x
  end type
  type, bind(c) :: shorts
    integer(c_int16_t) :: k(5)
  end type
  type, bind(c) :: big
    real(c_double) :: x(3)
  end type
  type, bind(c) :: holder
    type(c_ptr) :: p
  end type
  interface
    function add_all(a, w, b, n, c, d, e, h) bind(c) result(sum)
      import
      type(one), value :: a
      type(wrapped), value :: w
      type(two), value :: b
      integer(c_int), value :: n
      type(small), value :: c
      type(shorts), value :: d
      type(big), value :: e
      type(holder), value :: h
      real(c_double) :: sum
    end function
    function add_complex(a, b, text) bind(c) result(sum)
      import
      complex(c_double_complex), value :: a
      complex(c_float_complex), value :: b
      character(kind=c_char), intent(in) :: text(*)
      complex(c_double_complex) :: sum
    end function
    function conjugate(a) bind(c) result(b)
      import
      complex(c_float_complex), value :: a
      complex(c_float_complex) :: b
    end function
    function make_one(k) bind(c) result(a)
      import
      integer(c_int), value :: k
      type(one) :: a
    end function
    function make_two(k) bind(c) result(a)
      import
      integer(c_int), value :: k
      type(two) :: a
    end function
    function make_small(k) bind(c) result(a)
      import
      integer(c_int), value :: k
      type(small) :: a
    end function
    function make_big(e) bind(c) result(a)
      import
      type(big), value :: e
      type(big) :: a
    end function
    subroutine call_values() bind(c)
    end subroutine
  end interface
contains
  function twice_one(a) bind(c) result(b)
    type(one), value :: a
    type(one) :: b
    b%x = 2 * a%x
  end function
  function swap(a, z) bind(c) result(b)
    type(two), value :: a
    complex(c_double_complex), value :: z
    type(two) :: b
    b%k = int(a%x)
    b%x = a%k + aimag(z)
    a%k = 0
  end function
  function half(e, z) bind(c) result(b)
    type(big), value :: e
    complex(c_float_complex), value :: z
    complex(c_float_complex) :: b
    b = cmplx(e%x(3), 0) * z / 2
    e%x = 0
  end function
  function times_i(z) bind(c) result(b)
    complex(c_double_complex), value :: z
    complex(c_double_complex) :: b
    b = z * (0, 1)
  end function
end module

subroutine by_value
  use values
  implicit none
  integer(c_int), target :: n = 100
  type(two) :: b = two(3, 4.5d0)
  type(big) :: e = big([1d0, 2d0, 3d0])
  type(small) :: c
  type(one) :: a
  complex(c_double_complex) :: z
  print '(f12.2)', add_all(one(1.5d0), wrapped([one(0.25d0)]), b, 7, small(8, 0.5), &
    shorts([1_c_int16_t, 2_c_int16_t, 3_c_int16_t, 4_c_int16_t, 5_c_int16_t]), e, holder(c_loc(n)))
  z = add_complex((1d0, 2d0), (3.0, 4.5), 'text' // c_null_char)
  print '(4f8.2)', z, conjugate((1.0, 2.0))
  a = make_one(5)
  b = make_two(6)
  c = make_small(7)
  print '(f8.2, 2(i4, f8.2))', a, b, c
  print '(6f8.2)', make_big(e), e
  flush(6)
  call call_values
  b = swap(two(1, 2d0), (3d0, 4d0))
  print '(i4, f8.2)', b
end subroutine

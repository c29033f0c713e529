! Fortran with C++ exceptions and containers beneath: the full level's libraries in one module with
! flang's runtime. Formatted output, allocatables and MATMUL are the runtime's part.
program full_cxx
  use, intrinsic :: iso_c_binding
  implicit none
  interface
    integer(c_int) function try_half(x, half) bind(c)
      import
      real(c_double), value :: x
      real(c_double), intent(inout) :: half
    end function
    real(c_double) function total(x, count) bind(c)
      import
      real(c_double), intent(in) :: x(*)
      integer(c_int), value :: count
    end function
  end interface
  real(c_double) :: half
  real(c_double), allocatable :: a(:, :)
  integer :: i

  half = 0
  print '(i3, f8.3)', try_half(3d0, half), half
  print '(i3, f8.3)', try_half(-4d0, half), half
  allocate(a(3, 3))
  a = reshape([(dble(i), i = 1, 9)], [3, 3])
  a = matmul(a, a)
  print '(3f8.1)', a
  print '(f8.1)', total(a, size(a))
end program

! mpi.f90 - MPI's module of Fortran 90: the constants of mpif.h, and MPI_SIZEOF. The procedures have
! implicit interfaces, so that any buffer may be passed.
module mpi
  implicit none
  public
  include 'mpif.h'

  interface MPI_SIZEOF
    module procedure size_of_integer1, size_of_integer2, size_of_integer4, size_of_integer8
    module procedure size_of_real4, size_of_real8, size_of_complex4, size_of_complex8
    module procedure size_of_logical, size_of_character
  end interface
  private :: size_of_integer1, size_of_integer2, size_of_integer4, size_of_integer8
  private :: size_of_real4, size_of_real8, size_of_complex4, size_of_complex8
  private :: size_of_logical, size_of_character
contains
  subroutine size_of_integer1(x, size, ierror)
    integer(1), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 1
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_integer2(x, size, ierror)
    integer(2), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 2
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_integer4(x, size, ierror)
    integer(4), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 4
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_integer8(x, size, ierror)
    integer(8), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 8
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_real4(x, size, ierror)
    real(4), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 4
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_real8(x, size, ierror)
    real(8), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 8
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_complex4(x, size, ierror)
    complex(4), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 8
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_complex8(x, size, ierror)
    complex(8), intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 16
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_logical(x, size, ierror)
    logical, intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 4
    ierror = MPI_SUCCESS
  end subroutine
  subroutine size_of_character(x, size, ierror)
    character, intent(in) :: x
    !dir$ ignore_tkr(r) x
    integer, intent(out) :: size, ierror
    size = 1
    ierror = MPI_SUCCESS
  end subroutine
end module mpi

! mpi.f90 - MPI's module of Fortran 90: the constants of mpif.h, MPI_SIZEOF, and what gives memory as
! an address or as type(c_ptr). The other procedures have implicit interfaces, so that any buffer may
! be passed.
module mpi
  use, intrinsic :: iso_c_binding, only: c_ptr
  implicit none
  public
  private :: c_ptr
  include 'mpif.h'

  interface MPI_SIZEOF
    module procedure size_of_integer1, size_of_integer2, size_of_integer4, size_of_integer8
    module procedure size_of_real4, size_of_real8, size_of_complex4, size_of_complex8
    module procedure size_of_logical, size_of_character
  end interface

  interface MPI_ALLOC_MEM
    subroutine MPI_ALLOC_MEM(size, info, baseptr, ierror)
      integer(4) :: size, baseptr
      integer :: info, ierror
    end subroutine
    subroutine MPI_ALLOC_MEM_CPTR(size, info, baseptr, ierror)
      import c_ptr
      integer(4) :: size
      integer :: info, ierror
      type(c_ptr) :: baseptr
    end subroutine
  end interface
  interface MPI_WIN_ALLOCATE
    subroutine MPI_WIN_ALLOCATE(size, disp_unit, info, comm, baseptr, win, ierror)
      integer(4) :: size, baseptr
      integer :: disp_unit, info, comm, win, ierror
    end subroutine
    subroutine MPI_WIN_ALLOCATE_CPTR(size, disp_unit, info, comm, baseptr, win, ierror)
      import c_ptr
      integer(4) :: size
      integer :: disp_unit, info, comm, win, ierror
      type(c_ptr) :: baseptr
    end subroutine
  end interface
  interface MPI_WIN_ALLOCATE_SHARED
    subroutine MPI_WIN_ALLOCATE_SHARED(size, disp_unit, info, comm, baseptr, win, ierror)
      integer(4) :: size, baseptr
      integer :: disp_unit, info, comm, win, ierror
    end subroutine
    subroutine MPI_WIN_ALLOCATE_SHARED_CPTR(size, disp_unit, info, comm, baseptr, win, ierror)
      import c_ptr
      integer(4) :: size
      integer :: disp_unit, info, comm, win, ierror
      type(c_ptr) :: baseptr
    end subroutine
  end interface
  interface MPI_WIN_SHARED_QUERY
    subroutine MPI_WIN_SHARED_QUERY(win, rank, size, disp_unit, baseptr, ierror)
      integer :: win, rank, disp_unit, ierror
      integer(4) :: size, baseptr
    end subroutine
    subroutine MPI_WIN_SHARED_QUERY_CPTR(win, rank, size, disp_unit, baseptr, ierror)
      import c_ptr
      integer :: win, rank, disp_unit, ierror
      integer(4) :: size
      type(c_ptr) :: baseptr
    end subroutine
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

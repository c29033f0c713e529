! Processes that a program starts: itself (argument 1), with arguments and with MPI_ARGV_NULL, of one
! command and of two. What the children were given comes back to rank 0.
program spawner
  use mpi
  implicit none
  integer :: ierr, parent, rank, other, i, codes(3), infos(2)
  character(len=200) :: command, commands(2)
  character(len=12) :: words(3), rows(2, 3)

  call MPI_INIT(ierr)
  call MPI_COMM_RANK(MPI_COMM_WORLD, rank, ierr)
  call MPI_COMM_GET_PARENT(parent, ierr)
  if (parent /= MPI_COMM_NULL) then
    call tell
  else
    call get_command_argument(1, command)
    words = [character(len=12) :: 'first', 'second', ' ']
    call MPI_COMM_SPAWN(command, words, 2, MPI_INFO_NULL, 0, MPI_COMM_WORLD, other, codes, ierr)
    if (rank == 0) call hear(2)
    call MPI_COMM_DISCONNECT(other, ierr)
    call MPI_COMM_SPAWN(command, MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, MPI_COMM_WORLD, other, &
                        MPI_ERRCODES_IGNORE, ierr)
    if (rank == 0) call hear(1)
    call MPI_COMM_DISCONNECT(other, ierr)
    commands = command
    rows(1, :) = [character(len=12) :: 'a', 'b', ' ']
    rows(2, :) = [character(len=12) :: 'c', ' ', ' ']
    infos = MPI_INFO_NULL
    call MPI_COMM_SPAWN_MULTIPLE(2, commands, rows, [1, 2], infos, 0, MPI_COMM_WORLD, other, codes, &
                                 ierr)
    if (rank == 0) call hear(3)
    if (rank == 0) print '(3i3)', codes
    call MPI_COMM_DISCONNECT(other, ierr)
  end if
  call MPI_FINALIZE(ierr)
contains
  subroutine tell
    character(len=12) :: mine(3)
    mine = ' '
    do i = 1, command_argument_count()
      call get_command_argument(i, mine(i))
    end do
    call MPI_SEND(mine, 36, MPI_CHARACTER, 0, command_argument_count(), parent, ierr)
    call MPI_COMM_DISCONNECT(parent, ierr)
  end subroutine
  subroutine hear(children)
    integer, intent(in) :: children
    integer :: child, status(MPI_STATUS_SIZE)
    character(len=12) :: theirs(3)
    do child = 0, children - 1
      call MPI_RECV(theirs, 36, MPI_CHARACTER, child, MPI_ANY_TAG, other, status, ierr)
      print '(a, 2i3, 3(1x, a))', 'child', child, status(MPI_TAG), theirs
    end do
  end subroutine
end program

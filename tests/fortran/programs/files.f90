! Formatted and unformatted files, sequential, direct and stream; internal files; NAMELIST; errors.
program files
  implicit none
  integer :: i, j, status, size, position, values(5), record
  real(8) :: x, y(3)
  logical :: exists, flag
  complex :: z
  character(len=40) :: line, name
  character(len=80) :: message
  namelist /settings/ i, x, y, name, flag, z

  open (10, file='fortran_files.txt', status='replace', action='readwrite')
  do i = 1, 4
    write (10, '(i5, f10.4, 1x, a, l2, e14.6)') i, i / 3d0, 'row', mod(i, 2) == 0, 10d0 ** i
  end do
  rewind (10)
  do
    read (10, '(i5, f10.4, 1x, a3, l2, e14.6)', iostat=status) j, x, line, flag, y(1)
    if (status /= 0) exit
    write (*, '(i3, f10.4, 1x, a3, l2, es14.6)') j, x, line, flag, y(1)
  end do
  print '(a, l2)', 'end', is_iostat_end(status)
  backspace (10)
  backspace (10)
  read (10, '(a)') line
  print '(a)', trim(line)
  inquire (10, name=name, number=j, opened=flag)
  print '(a, i3, l2)', trim(name), j, flag
  close (10, status='delete')
  inquire (file='fortran_files.txt', exist=exists)
  print '(l2)', exists

  open (11, file='fortran_files.bin', form='unformatted', status='replace')
  write (11) 1, 2.5d0, 'text', [1, 2, 3, 4, 5]
  write (11) (real(i), i = 1, 1000)
  rewind (11)
  read (11) i, x, line(1:4), values
  print '(i3, f5.2, 1x, a4, 5i3)', i, x, line(1:4), values
  read (11) x
  close (11, status='delete')

  open (12, file='fortran_direct.bin', access='direct', recl=16, form='unformatted', &
        status='replace')
  do record = 5, 1, -1
    write (12, rec=record) record, real(record, 8), record * 2
  end do
  read (12, rec=3) i, x, j
  print '(i3, f5.1, i3)', i, x, j
  inquire (12, nextrec=record)
  print '(i3)', record
  close (12, status='delete')

  open (13, file='fortran_stream.bin', access='stream', form='unformatted', status='replace')
  write (13) 'abcdefgh', 258
  inquire (13, pos=position, size=size)
  read (13, pos=3) line(1:2)
  print '(2i4, 1x, a2)', position, size, line(1:2)
  close (13, status='delete')

  write (line, '(3(i3.3, ","), f0.3)') 1, 22, 333, -0.5
  print '(a)', trim(line)
  read (line, '(i3, 1x, i3)') i, j
  print '(2i4)', i, j
  message = '  17 , 2.5e1 ''quoted text'' T (1.0,-2.0) 3*7'
  read (message, *) i, x, name, flag, z, values(1:3)
  print '(i4, f6.2, 1x, a, l2, 2f5.1, 3i2)', i, x, trim(name), flag, z, values(1:3)
  print '(1x, 2(a, :, ", "))', 'one', 'two'
  print '(g12.4, g12.4, g0, 1x, g0)', 0.001234, 1234567.0, 5, 'g'
  print '(sp, i5, ss, i5, t20, a, tl5, a)', 5, 5, 'tabbed', 'x'
  print '(o6, z6, b8, en12.3)', 64, 255, 5, 12345.678
  print '(f8.2, f8.2, dc, f8.2)', 1d10, -0.001, 3.25
  i = 0; x = 0; y = 0; name = ''; flag = .false.; z = 0

  open (14, file='fortran_settings.nml', status='replace')
  write (14, '(a)') '! a comment', '&settings', ' i = 12, x = 2.5d-3,', ' y(2) = 4., 5.', &
    ' name = "it''s"', ' flag = .true., z = (1.0, 2.0)', '/'
  rewind (14)
  read (14, nml=settings)
  close (14, status='delete')
  print '(i3, f8.4, 3f5.1, 1x, a, l2, 2f5.1)', i, x, y, trim(name), flag, z

  open (15, file='no_such_folder/file', status='old', iostat=status, iomsg=message)
  print '(l2, l2)', status /= 0, len_trim(message) > 0
  line = 'abc'
  read (line, '(i3)', iostat=status) i
  print '(l2)', status > 0
  write (*, '(a)', advance='no') 'no '
  write (*, '(a)') 'advance'
end program

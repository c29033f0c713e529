! Calls of C functions that know nothing of lengths, or have results.
subroutine calls_of_c()
    implicit none
    external report, count_letters, next_number
    integer :: n
    call count_letters('three letters?', n, 'r')
    call report('count_letters', n)
    call next_number(n)
    call report('next_number', n)
end subroutine

subroutine calls_back(f, n)
    implicit none
    integer :: f, n
    external :: f
    n = f(n) + 1
end subroutine

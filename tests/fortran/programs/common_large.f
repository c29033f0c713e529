C     The blank COMMON block as another file knows it, larger; what lies behind must not suffer.
      SUBROUTINE LARGE
      INTEGER B(1002), GUARD(4), K, S
      COMMON B
      COMMON /BEHIND/ GUARD
      GUARD(1) = 77
      DO 10 K = 3, 1002
 10   B(K) = K
      S = 0
      DO 20 K = 3, 1002
 20   S = S + B(K)
      WRITE (*, '(I8, I4, 2I3)') S, GUARD(1), B(1), B(2)
      END

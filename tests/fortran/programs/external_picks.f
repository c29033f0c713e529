C     What external.f passes and calls.
      LOGICAL FUNCTION PICK(I, K)
      INTEGER I, K
      PICK = MOD(I, K) .EQ. 1
      END

      SUBROUTINE TWICE(N)
      INTEGER N
      N = 2 * N
      END

C     External procedures that are passed as arguments before they are
C     called, as LAPACK's testers do: the units know no argument of them.
      PROGRAM EXTERN
      LOGICAL PICK
      EXTERNAL PICK, TWICE
      INTEGER I, N
      CALL COUNT(PICK, TWICE, 7, N)
      PRINT '(I4)', N
      DO I = 1, 7
        IF (PICK(I, 3)) PRINT '(I4)', I
      END DO
      CALL TWICE(N)
      PRINT '(I4)', N
      END

      SUBROUTINE COUNT(CHOOSE, CHANGE, M, N)
      LOGICAL CHOOSE
      EXTERNAL CHOOSE, CHANGE
      INTEGER M, N, I
      N = 0
      DO I = 1, M
        IF (CHOOSE(I, 3)) N = N + 1
      END DO
      CALL CHANGE(N)
      END

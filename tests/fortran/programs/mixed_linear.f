C     Procedures with the arguments that BLAS and LAPACK have.
      SUBROUTINE DGEMM(TRANSA, TRANSB, M, N, K, ALPHA, A, LDA, B, LDB,
     $                 BETA, C, LDC)
      CHARACTER TRANSA, TRANSB
      INTEGER M, N, K, LDA, LDB, LDC, I, J, L
      DOUBLE PRECISION ALPHA, BETA, A(LDA, *), B(LDB, *), C(LDC, *), S
      LOGICAL LSAME
      EXTERNAL LSAME
      DO J = 1, N
        DO I = 1, M
          S = 0
          DO L = 1, K
            S = S + MERGE(A(I, L), A(L, I), LSAME(TRANSA, 'N'))
     $            * MERGE(B(L, J), B(J, L), LSAME(TRANSB, 'N'))
          END DO
          C(I, J) = ALPHA * S + BETA * C(I, J)
        END DO
      END DO
      END
      LOGICAL FUNCTION LSAME(A, B)
      CHARACTER A, B
      LSAME = IOR(ICHAR(A), 32) .EQ. IOR(ICHAR(B), 32)
      END
      SUBROUTINE DPOTRF(UPLO, N, A, LDA, INFO)
      CHARACTER UPLO
      INTEGER N, LDA, INFO, I, J, K
      DOUBLE PRECISION A(LDA, *)
      LOGICAL LSAME
      EXTERNAL LSAME, XERROR
      INFO = 0
      IF (.NOT. LSAME(UPLO, 'L')) INFO = -1
      IF (N .LT. 0) INFO = -2
      IF (INFO .NE. 0) THEN
        CALL XERROR('DPOTRF', -INFO)
        RETURN
      END IF
      DO J = 1, N
        DO K = 1, J - 1
          DO I = J, N
            A(I, J) = A(I, J) - A(I, K) * A(J, K)
          END DO
        END DO
        IF (A(J, J) .LE. 0) THEN
          INFO = J
          RETURN
        END IF
        A(J, J) = SQRT(A(J, J))
        DO I = J + 1, N
          A(I, J) = A(I, J) / A(J, J)
        END DO
      END DO
      END
      DOUBLE PRECISION FUNCTION DLANGE(NORM, M, N, A, LDA, WORK)
      CHARACTER NORM
      INTEGER M, N, LDA, I, J
      DOUBLE PRECISION A(LDA, *), WORK(*)
      LOGICAL LSAME
      EXTERNAL LSAME
      DLANGE = 0
      DO J = 1, N
        DO I = 1, M
          IF (LSAME(NORM, 'M')) THEN
            DLANGE = MAX(DLANGE, ABS(A(I, J)))
          ELSE
            DLANGE = DLANGE + A(I, J)**2
          END IF
        END DO
      END DO
      END
C     The mean of the diagonal, or its sum.
      DOUBLE PRECISION FUNCTION DDIAG(WHAT, N, A)
      CHARACTER WHAT
      INTEGER N, I
      DOUBLE PRECISION A(N, N)
      DDIAG = 0
      DO I = 1, N
        DDIAG = DDIAG + A(I, I)
      END DO
      IF (WHAT .EQ. 'M') DDIAG = DDIAG / N
      END
C     How long a text is told to be.
      SUBROUTINE LENGTH(TEXT, N)
      CHARACTER*(*) TEXT
      INTEGER N
      N = LEN(TEXT)
      END

C     COMMON blocks: blank ones of various lengths, BLOCK DATA; EQUIVALENCE, ENTRY, computed GOTO,
C     statement functions, COMPLEX intrinsics, characters of old.
      PROGRAM COMMONS
      INTEGER I, J, K
      COMMON I, J
      REAL A
      DOUBLE PRECISION D
      CHARACTER*8 NAME
      COMMON /DATA/ D, A(5)
      COMMON /NAMES/ NAME
      INTEGER IA(4)
      REAL RA(4)
      EQUIVALENCE (IA, RA)
      COMPLEX Z
      DOUBLE COMPLEX W
      REAL SQ
      INTEGER ADD, FORMER, OTHER
      SQ(X) = X * X
      I = 3
      J = 4
      CALL FILL
      CALL LARGE
      WRITE (*, 10) I, J, D, A, NAME
 10   FORMAT (1X, 2I5, F8.3, 5F6.2, ' [', A, ']')
      RA(1) = 1.0
      WRITE (*, '(Z8.8)') IA(1)
      DO 30 K = 1, 4
      GO TO (21, 22, 23), K
      WRITE (*, *) 'FELL THROUGH'
      GO TO 30
 21   WRITE (*, '(A, F6.2)') ' ONE', SQ(3.0)
      GO TO 30
 22   WRITE (*, '(A)') ' TWO'
      GO TO 30
 23   WRITE (*, '(A)') ' THREE'
 30   CONTINUE
      Z = CMPLX(1.0, 2.0)
      W = DCMPLX(0.5D0, -1.5D0)
      WRITE (*, '(8F9.4)') EXP(Z), SQRT(Z), LOG(Z), Z ** 3
      WRITE (*, '(8F9.4)') EXP(W), SQRT(W), LOG(W), W ** W
      WRITE (*, '(6F9.4)') SIN(W), COS(W), Z / (2.0, 1.0)
      WRITE (*, '(4F9.4)') ABS(Z), ABS(W), AIMAG(CONJG(Z)), TAN(Z)
      WRITE (*, '(3I5)') ADD(2, 3), FORMER(7), OTHER(7)
      END

      SUBROUTINE FILL
      DOUBLE PRECISION D
      REAL A
      COMMON /DATA/ D, A(5)
      INTEGER K
      DO 10 K = 2, 5
 10   A(K) = A(1) * K
      D = D + 1.0D0
      END

      INTEGER FUNCTION ADD(I, J)
      INTEGER I, J, FORMER, OTHER, K
      ADD = I + J
      RETURN
      ENTRY FORMER(K)
      FORMER = K + 1
      RETURN
      ENTRY OTHER(K)
      OTHER = K + 2
      END

      BLOCK DATA INIT
      DOUBLE PRECISION D
      REAL A
      COMMON /DATA/ D, A(5)
      CHARACTER*8 NAME
      COMMON /NAMES/ NAME
      DATA D, A(1) /2.5D0, 1.5/, NAME /'COMMONS'/
      END

/*
 * complex.c - the C library's complex functions, and flang's, for Fortran: parts come as scalars,
 * and results go where the first argument points to, which is how LLVM lowers flang's calls for
 * WebAssembly.
 */
#include <complex.h>
#include <math.h>
#include <stdint.h>

#define FUNCTION(name, real, type)                                                                 \
    void mpiwasm_fortran_##name(real result[2], real re, real im) {                                \
        type value = name(__builtin_complex(re, im));                                              \
        result[0] = __real__ value;                                                                \
        result[1] = __imag__ value;                                                                \
    }
#define REAL(name, real)                                                                           \
    real mpiwasm_fortran_##name(real re, real im) {                                                \
        return name(__builtin_complex(re, im));                                                    \
    }
#define BOTH(name) FUNCTION(name, double, double complex) FUNCTION(name##f, float, float complex)

BOTH(cacos)
BOTH(cacosh)
BOTH(casin)
BOTH(casinh)
BOTH(catan)
BOTH(catanh)
BOTH(ccos)
BOTH(ccosh)
BOTH(cexp)
BOTH(clog)
BOTH(csin)
BOTH(csinh)
BOTH(csqrt)
BOTH(ctan)
BOTH(ctanh)
REAL(carg, double)
REAL(cargf, float)

/* Without a complex number in memory. */
double mpiwasm_fortran_cabs(double re, double im) {
    return hypot(re, im);
}

float mpiwasm_fortran_cabsf(float re, float im) {
    return hypotf(re, im);
}

void mpiwasm_fortran_cpow(double result[2], double re, double im, double to_re, double to_im) {
    double complex value = cpow(__builtin_complex(re, im), __builtin_complex(to_re, to_im));
    result[0] = __real__ value;
    result[1] = __imag__ value;
}

void mpiwasm_fortran_cpowf(float result[2], float re, float im, float to_re, float to_im) {
    float complex value = cpowf(__builtin_complex(re, im), __builtin_complex(to_re, to_im));
    result[0] = __real__ value;
    result[1] = __imag__ value;
}

#define POWER(name, real, type, integer)                                                           \
    type name(type base, integer exponent);                                                        \
    void mpiwasm_fortran_##name(real result[2], real re, real im, integer exponent) {              \
        type value = name(__builtin_complex(re, im), exponent);                                    \
        result[0] = __real__ value;                                                                \
        result[1] = __imag__ value;                                                                \
    }

POWER(_FortranAcpowi, float, float complex, int32_t)
POWER(_FortranAcpowk, float, float complex, int64_t)
POWER(_FortranAzpowi, double, double complex, int32_t)
POWER(_FortranAzpowk, double, double complex, int64_t)

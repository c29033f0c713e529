/*
 * setjmp.h - enough to compile and run what never jumps: setjmp returns 0, longjmp ends the program
 * with a message.  Real jumps need WebAssembly's exceptions, which this version lacks.
 */
#ifndef MPIWASM_COMPAT_SETJMP_H
#define MPIWASM_COMPAT_SETJMP_H

#ifdef __cplusplus
extern "C" {
#endif

typedef int jmp_buf[1];
typedef jmp_buf sigjmp_buf;

#define setjmp(place) ((void)(place), 0)
#define _setjmp(place) setjmp(place)
#define sigsetjmp(place, mask) ((void)(mask), setjmp(place))
__attribute__((noreturn)) void longjmp(jmp_buf place, int value);
#define _longjmp longjmp
#define siglongjmp longjmp

#ifdef __cplusplus
}
#endif

#endif

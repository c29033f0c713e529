/*
 * setjmp.h - jumps as exceptions, for what is compiled with -mllvm -wasm-enable-sjlj (jumps.c has
 * the library part).  Without, enough to compile and run what never jumps: setjmp returns 0,
 * longjmp ends the program with a message.
 */
#ifndef MPIWASM_COMPAT_SETJMP_H
#define MPIWASM_COMPAT_SETJMP_H

#ifdef __cplusplus
extern "C" {
#endif

struct __mpiwasm_jump {
    void *frame; /* of the call of the function that called setjmp */
    unsigned label;
    struct {
        void *place;
        int value;
    } thrown; /* by longjmp; compiled code reads it */
};
typedef struct __mpiwasm_jump jmp_buf[1];
typedef jmp_buf sigjmp_buf;

#if defined(__wasm_exception_handling__)
__attribute__((returns_twice)) int setjmp(jmp_buf place);
#else
#define setjmp(place) ((void)(place), 0)
#endif
#define _setjmp(place) setjmp(place)
#define sigsetjmp(place, mask) ((void)(mask), setjmp(place))
__attribute__((noreturn)) void longjmp(jmp_buf place, int value);
#define _longjmp longjmp
#define siglongjmp longjmp

#ifdef __cplusplus
}
#endif

#endif

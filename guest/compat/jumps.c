/*
 * jumps.c - what the compiler calls for setjmp and longjmp with -mllvm -wasm-enable-sjlj: a jump is
 * an exception with the tag __c_longjmp, caught in each function that called setjmp, which goes on
 * where the buffer says if it is the one, and else throws on.
 */
#include <setjmp.h>

__asm__(".tagtype __c_longjmp i32\n"
        ".globl __c_longjmp\n"
        "__c_longjmp:\n");

enum { TAG_C_LONGJMP = 1 }; /* the compiler's number for it */

void __wasm_setjmp(struct __mpiwasm_jump *jump, unsigned label, void *frame) {
    jump->frame = frame;
    jump->label = label;
}

unsigned __wasm_setjmp_test(struct __mpiwasm_jump *jump, void *frame) {
    return jump->frame == frame ? jump->label : 0;
}

__attribute__((noreturn)) void __wasm_longjmp(struct __mpiwasm_jump *jump, int value) {
    jump->thrown.place = jump;
    jump->thrown.value = value == 0 ? 1 : value;
    __builtin_wasm_throw(TAG_C_LONGJMP, &jump->thrown);
}

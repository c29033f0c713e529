/*
 * jumps.c - setjmp and longjmp as compilers make them for WebAssembly, out of exceptions with the
 * tag
 * __c_longjmp: to the right one of two places, through frames in between, from within a function to
 * itself, and often.
 */
#include <setjmp.h>
#include <stdio.h>

static jmp_buf outer, inner;

__attribute__((noinline)) static void jump(int depth, int value) {
    if (depth == 0) longjmp(value < 100 ? inner : outer, value);
    jump(depth - 1, value);
    printf("never here\n");
}

__attribute__((noinline)) static int between(int value) {
    int back = setjmp(inner);
    if (back != 0) return back + 1000;
    jump(10, value);
    return -1;
}

int main(int argc, char **argv) {
    static volatile int rounds;
    int back = setjmp(outer);
    printf("outer: %d\n", back);
    if (rounds == 0) printf("inner: %d\n", between(5));
    if (++rounds < 4) {
        printf("inner: %d\n", between(100 * rounds));
    }
    static volatile int count;
    if (setjmp(inner) < 50000) longjmp(inner, ++count);
    printf("%d jumps\n", count);
    if (argc > 1) longjmp(outer, 0);
    return 0;
}

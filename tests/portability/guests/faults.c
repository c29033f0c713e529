/* Ends in the way that its argument names; what mpiwasm then says is the same on every CPU. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_last_digit(const void *left, const void *right) {
    int a = *(const int *)left % 10, b = *(const int *)right % 10;
    return a < b ? -1 : a > b;
}

static int recurse(int depth) {
    volatile char room[1000];
    room[depth % 1000] = (char)depth;
    return recurse(depth + 1) + room[depth % 1000];
}

static int divide(volatile int *by) {
    return 100 / *by;
}

typedef int other(double);

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    volatile int zero = 0;
    if (strcmp(how, "beyond") == 0) return *(volatile int *)0xf0000000u;
    if (strcmp(how, "stack") == 0) return recurse(0);
    if (strcmp(how, "divide") == 0) return divide(&zero);
    if (strcmp(how, "call") == 0) {
        other *volatile wrong = (other *)(void *)by_last_digit;
        return wrong(1.5);
    }
    if (strcmp(how, "null") == 0) return ((int (*)(void))(size_t)zero)();
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "exit") == 0) exit(7);
    int numbers[] = {15, 7, 31, 28, 90, 42};
    qsort(numbers, 6, sizeof *numbers, by_last_digit);
    jmp_buf place;
    volatile int jumps = 0;
    if (setjmp(place) < 5) longjmp(place, ++jumps);
    printf("%d %d %d, %d jumps\n", numbers[0], numbers[1], numbers[5], jumps);
    return 0;
}

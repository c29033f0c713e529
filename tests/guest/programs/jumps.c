/* setjmp and longjmp as unmodified codes use them; prints what a native build prints. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf outer;
static int calls;

static void deep(int left) {
    if (left > 0) {
        deep(left - 1);
        calls++; /* never: it jumped */
        return;
    }
    longjmp(outer, 3);
}

static int parse(const char *text) {
    jmp_buf inner;
    volatile int steps = 0;
    int code = setjmp(inner);
    steps++;
    if (code == 0) {
        if (!strcmp(text, "zero")) longjmp(inner, 0); /* arrives as 1 */
        if (!strcmp(text, "far")) deep(10);
        if (steps < 4) longjmp(inner, 10 + steps);
    }
    if (code > 10 && steps < 4) longjmp(inner, 10 + steps);
    return code * 100 + steps;
}

int main(void) {
    sigjmp_buf place;
    volatile int tries = 0;
    printf("%d\n", parse("near"));
    printf("%d\n", parse("zero"));
    int code = setjmp(outer);
    if (code == 0) parse("far");
    printf("%d %d\n", code, calls);
    if (sigsetjmp(place, 1) < 5) siglongjmp(place, ++tries);
    printf("%d\n", tries);
    for (volatile int i = 0; i < 3; i++)
        if (!setjmp(outer)) longjmp(outer, 1);
    printf("%Lf %.20Lg %5.1Le\n", 1.5L, 0.125L, -2.5e100L);
    long double read;
    sscanf("6.25", "%Lf", &read);
    printf("%Lg %g\n", read, (double)strtold("1e3", NULL));
    return 0;
}

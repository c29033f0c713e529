#include <stdio.h>

int main(void) {
    printf("%d", (int)sizeof(long double));
    return 3;
}

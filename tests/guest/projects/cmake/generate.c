/* Writes a header: built and run while the project is built. */
#include <stdio.h>

int main(void) {
    printf("#define POINTER_BYTES %d\n", (int)sizeof(void *));
    return 0;
}

/* Arguments and exit codes. */
//! run:
//! run: 0 one
//! run: 1
//! run: 77 "with a space" ''
//! run: 255
//! run: 3 atexit
//! run: 4 _Exit
//! run: 0 abort
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bye(void) {
    puts("bye");
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        printf("%d '%s'\n", i, argv[i]);
    }
    printf("%d\n", argv[argc] == NULL);
    atexit(bye);
    const char *how = argc > 2 ? argv[2] : "";
    fflush(stdout);
    if (strcmp(how, "abort") == 0) abort();
    if (strcmp(how, "_Exit") == 0) _Exit(atoi(argv[1]));
    if (strcmp(how, "atexit") == 0) exit(atoi(argv[1]));
    return argc > 1 ? atoi(argv[1]) : 0;
}

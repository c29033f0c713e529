/* The guest sees the variables it was given and no others. */
//! native: no
//! options: --env COLOUR=green --env EMPTY= --env PAIR=a=b
//> COLOUR green
//> EMPTY []
//> PAIR a=b
//> HOME -
//> PATH -
//> WASI_TEST_SECRET -
//> 0 blue
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? *value ? value : "[]" : "-";
}

int main(void) {
    static const char *const names[] = {"COLOUR", "EMPTY", "PAIR",
                                        "HOME",   "PATH",  "WASI_TEST_SECRET"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        printf("%s %s\n", names[i], variable(names[i]));
    }
    for (char **at = environ; *at; at++) {
        if (strstr(*at, "secret") || strstr(*at, "SECRET")) puts(*at);
    }
    int set = setenv("COLOUR", "blue", 1);
    printf("%d %s\n", set, variable("COLOUR"));
    return 0;
}

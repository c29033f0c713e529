/* proc_raise, which the C library does not offer: by its number, as the specification has it. */
//! native: no
//! run: 0
//! run: 16
//! run: 18
//! run: 31
//! run: 6
//! run: 9
//! exit: 0
//! exit: 0
//! exit: 0
//! exit: 0
//! exit: 134
//! exit: 134
//> raising 0
//> errno 0
//> raising 16
//> errno 0
//> raising 18
//> errno 58
//> raising 31
//> errno 28
//> raising 6
//> raising 9
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) uint32_t
proc_raise(uint32_t signal);

int main(int argc, char **argv) {
    uint32_t signal = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
    printf("raising %u\n", signal);
    fflush(stdout);
    printf("errno %u\n", proc_raise(signal));
    return 0;
}

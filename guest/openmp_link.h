/*
 * openmp_link.h - linking a program with OpenMP: mpiwasmcc under the name "mpiwasm-ld".
 */
#ifndef MPIWASM_GUEST_OPENMP_LINK_H
#define MPIWASM_GUEST_OPENMP_LINK_H

/* What clang runs as its linker: wasm-ld's command line, with the wasm-ld of `clang`. Returns the
 * exit code. */
int openmp_link(int argc, char **argv, const char *clang);

#endif

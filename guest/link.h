/*
 * link.h - mpiwasmcc under the name "mpiwasm-ld": a linker in front of wasm-ld.
 */
#ifndef MPIWASM_GUEST_LINK_H
#define MPIWASM_GUEST_LINK_H

/* How lines begin that only `mpiwasmcc -v` shows. */
#define LINK_NOTE "mpiwasm-ld: note: "

/* What clang runs as its linker: wasm-ld's command line, with the wasm-ld of `clang`. Returns the
 * exit code. */
int link_run(int argc, char **argv, const char *clang);

#endif

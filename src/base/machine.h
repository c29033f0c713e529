/*
 * machine.h - the processor architectures that artifacts are made for and mpiwasm runs on.
 *
 * All of them are little-endian with 64-bit addresses.
 */
#ifndef MPIWASM_BASE_MACHINE_H
#define MPIWASM_BASE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum machine { MACHINE_X86_64, MACHINE_AARCH64, MACHINE_PPC64LE, MACHINE_RISCV64, MACHINE_COUNT };

/* The one that this code was compiled for. */
#if defined(__x86_64__)
#define MACHINE_HOST MACHINE_X86_64
#elif defined(__aarch64__)
#define MACHINE_HOST MACHINE_AARCH64
#elif defined(__powerpc64__)
#define MACHINE_HOST MACHINE_PPC64LE
#elif defined(__riscv)
#define MACHINE_HOST MACHINE_RISCV64
#else
#error "which machine is this?"
#endif

/* "x86-64", "aarch64", "ppc64le", "riscv64" */
const char *machine_name(enum machine machine);

/* By the names of machine_name, and "x86_64". */
bool machine_parse(const char *name, enum machine *out);

/* The machine in an ELF header's e_machine; false: another one. */
bool machine_from_elf(uint16_t e_machine, enum machine *out);

#endif

/*
 * machine.c - names and numbers of processor architectures; see machine.h.
 */
#include "base/machine.h"

#include <elf.h>
#include <string.h>

static const struct {
    const char *name;
    uint16_t elf;
} machines[MACHINE_COUNT] = {
    [MACHINE_X86_64] = {"x86-64", EM_X86_64},
    [MACHINE_AARCH64] = {"aarch64", EM_AARCH64},
    [MACHINE_PPC64LE] = {"ppc64le", EM_PPC64},
    [MACHINE_RISCV64] = {"riscv64", EM_RISCV},
};

const char *machine_name(enum machine machine) {
    return machines[machine].name;
}

bool machine_parse(const char *name, enum machine *out) {
    if (strcmp(name, "x86_64") == 0) name = machines[MACHINE_X86_64].name;
    for (int i = 0; i < MACHINE_COUNT; i++)
        if (strcmp(name, machines[i].name) == 0) {
            *out = (enum machine)i;
            return true;
        }
    return false;
}

bool machine_from_elf(uint16_t e_machine, enum machine *out) {
    for (int i = 0; i < MACHINE_COUNT; i++)
        if (e_machine == machines[i].elf) {
            *out = (enum machine)i;
            return true;
        }
    return false;
}

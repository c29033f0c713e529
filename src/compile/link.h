/*
 * link.h - relocatable objects into one shared object, by the system's ELF linker.
 */
#ifndef MPIWASM_COMPILE_LINK_H
#define MPIWASM_COMPILE_LINK_H

#include "base/error.h"

#include <stddef.h>

struct link_object {
    const void *bytes;
    size_t size;
};

/*
 * Link the objects into the shared object `output` (overwritten, not atomically). The linker is
 * $MPIWASM_LD if set, else the one found when mpiwasm was built, else the first of the usual names
 * in $PATH. ERROR_COMPILE with what the linker said, or what to install if there is none.
 */
bool link_shared_object(const struct link_object *objects, size_t count, const char *output,
                        struct error *err);

#endif

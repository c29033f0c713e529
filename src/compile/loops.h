/*
 * loops.h - natural loops of an LLVM function, which the C API does not offer.
 */
#ifndef MPIWASM_COMPILE_LOOPS_H
#define MPIWASM_COMPILE_LOOPS_H

#include "base/arena.h"
#include "compile/llvm_compat.h"

#include <stdbool.h>
#include <stdint.h>

/* A block of the function that can be reached from its entry. */
struct loops_block {
    LLVMBasicBlockRef block;
    uint32_t *predecessors, predecessor_count;
    uint32_t dominator; /* immediate; its own for the entry. Always a lower number */
};

/* A loop in simplified form: one way in, one way back. */
struct loop {
    uint32_t preheader, header, latch;
    uint32_t *blocks, block_count; /* header first */
};

struct loops {
    struct loops_block *blocks; /* in reverse postorder: the entry is number 0 */
    uint32_t block_count;
    struct loop *loops; /* an outer one before those inside */
    uint32_t loop_count;
    struct loops_table {
        LLVMBasicBlockRef key;
        uint32_t number;
    } *table; /* block to number */
    uint32_t table_mask;
};

/*
 * Find the loops of moderate size that have no irreducible control flow and the simplified form
 * that LLVM's pass loop-simplify establishes. All memory comes from the arena.
 */
void loops_find(struct loops *loops, LLVMValueRef function, struct arena *arena);

/* The number of a block, UINT32_MAX if it cannot be reached. */
uint32_t loops_number(const struct loops *loops, LLVMBasicBlockRef block);
bool loops_dominates(const struct loops *loops, uint32_t dominator, uint32_t block);
bool loops_contains(const struct loop *loop, uint32_t block);

#endif

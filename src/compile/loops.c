/*
 * loops.c - control flow graph, dominators and loops; see loops.h.
 *
 * Dominators by the iterative algorithm of Cooper, Harvey and Kennedy over the reverse postorder;
 * a natural loop per edge that goes back to a block which dominates its source.
 */
#include "compile/loops.h"

#include <string.h>

enum { LOOP_BLOCK_MAX = 128 }; /* a bigger loop is not a hot one */

static uint32_t slot_of(const struct loops *loops, LLVMBasicBlockRef block) {
    uint32_t slot = (uint32_t)(((uintptr_t)block >> 4) * UINT32_C(2654435761)) & loops->table_mask;
    while (loops->table[slot].key != NULL && loops->table[slot].key != block)
        slot = (slot + 1) & loops->table_mask;
    return slot;
}

uint32_t loops_number(const struct loops *loops, LLVMBasicBlockRef block) {
    uint32_t slot = slot_of(loops, block);
    return loops->table[slot].key == block ? loops->table[slot].number : UINT32_MAX;
}

static unsigned successor_count(LLVMBasicBlockRef block) {
    LLVMValueRef terminator = LLVMGetBasicBlockTerminator(block);
    return terminator == NULL ? 0 : LLVMGetNumSuccessors(terminator);
}

static LLVMBasicBlockRef successor(LLVMBasicBlockRef block, unsigned index) {
    return LLVMGetSuccessor(LLVMGetBasicBlockTerminator(block), index);
}

/* Depth first without recursion; numbers count down, so that they end up in reverse postorder. */
static void number_blocks(struct loops *loops, LLVMValueRef function, struct arena *arena) {
    uint32_t count = LLVMCountBasicBlocks(function), size = 4, depth = 0, number = count;
    while (size < 2 * count)
        size *= 2;
    loops->table = arena_array(arena, size, sizeof *loops->table);
    loops->table_mask = size - 1;
    struct {
        LLVMBasicBlockRef block;
        unsigned next;
    } *stack = arena_array(arena, count, sizeof *stack);
    LLVMBasicBlockRef *order = arena_array(arena, count, sizeof *order);
    LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(function);
    loops->table[slot_of(loops, entry)].key = entry;
    stack[depth++].block = entry;
    while (depth > 0) {
        LLVMBasicBlockRef block = stack[depth - 1].block;
        if (stack[depth - 1].next == successor_count(block)) {
            order[--number] = block;
            depth--;
            continue;
        }
        LLVMBasicBlockRef next = successor(block, stack[depth - 1].next++);
        uint32_t slot = slot_of(loops, next);
        if (loops->table[slot].key != NULL) continue;
        loops->table[slot].key = next;
        stack[depth].block = next;
        stack[depth++].next = 0;
    }
    loops->block_count = count - number;
    loops->blocks = arena_array(arena, loops->block_count, sizeof *loops->blocks);
    for (uint32_t i = 0; i < loops->block_count; i++) {
        loops->blocks[i].block = order[number + i];
        loops->table[slot_of(loops, order[number + i])].number = i;
    }
}

static void find_predecessors(struct loops *loops, struct arena *arena) {
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; pass == 1 && i < loops->block_count; i++) {
            struct loops_block *block = &loops->blocks[i];
            block->predecessors =
                arena_array(arena, block->predecessor_count, sizeof *block->predecessors);
            block->predecessor_count = 0;
        }
        for (uint32_t i = 0; i < loops->block_count; i++)
            for (unsigned j = 0; j < successor_count(loops->blocks[i].block); j++) {
                uint32_t to = loops_number(loops, successor(loops->blocks[i].block, j));
                struct loops_block *block = &loops->blocks[to];
                if (pass == 1) block->predecessors[block->predecessor_count] = i;
                block->predecessor_count++;
            }
    }
}

static uint32_t intersect(const struct loops *loops, uint32_t a, uint32_t b) {
    while (a != b) {
        while (a > b)
            a = loops->blocks[a].dominator;
        while (b > a)
            b = loops->blocks[b].dominator;
    }
    return a;
}

static void find_dominators(struct loops *loops) {
    for (uint32_t i = 0; i < loops->block_count; i++)
        loops->blocks[i].dominator = i == 0 ? 0 : UINT32_MAX;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 1; i < loops->block_count; i++) {
            const struct loops_block *block = &loops->blocks[i];
            uint32_t dominator = UINT32_MAX;
            for (uint32_t j = 0; j < block->predecessor_count; j++) {
                uint32_t from = block->predecessors[j];
                if (loops->blocks[from].dominator == UINT32_MAX) continue;
                dominator = dominator == UINT32_MAX ? from : intersect(loops, dominator, from);
            }
            if (loops->blocks[i].dominator == dominator) continue;
            loops->blocks[i].dominator = dominator;
            changed = true;
        }
    }
}

bool loops_dominates(const struct loops *loops, uint32_t dominator, uint32_t block) {
    while (block > dominator)
        block = loops->blocks[block].dominator;
    return block == dominator;
}

bool loops_contains(const struct loop *loop, uint32_t block) {
    for (uint32_t i = 0; i < loop->block_count; i++)
        if (loop->blocks[i] == block) return true;
    return false;
}

/*
 * The blocks from which the latch is reached without passing the header. False if there are more
 * than LOOP_BLOCK_MAX. `seen` has a stamp per block, which is the header where it is a member.
 */
static bool find_members(const struct loops *loops, struct loop *loop, uint32_t *seen,
                         struct arena *arena) {
    uint32_t members[LOOP_BLOCK_MAX], count = 0;
    members[count++] = loop->header;
    seen[loop->header] = loop->header;
    if (loop->latch != loop->header) members[count++] = loop->latch;
    seen[loop->latch] = loop->header;
    for (uint32_t i = 1; i < count; i++) {
        const struct loops_block *block = &loops->blocks[members[i]];
        for (uint32_t j = 0; j < block->predecessor_count; j++) {
            uint32_t from = block->predecessors[j];
            if (seen[from] == loop->header) continue;
            if (count == LOOP_BLOCK_MAX) return false;
            seen[from] = loop->header;
            members[count++] = from;
        }
    }
    loop->blocks = arena_array(arena, count, sizeof *loop->blocks);
    memcpy(loop->blocks, members, count * sizeof *members);
    loop->block_count = count;
    return true;
}

/* Forward edges lead to higher numbers; every other one must close a loop, here or inside. */
static bool is_reducible(const struct loops *loops, const struct loop *loop) {
    for (uint32_t i = 0; i < loop->block_count; i++) {
        LLVMBasicBlockRef block = loops->blocks[loop->blocks[i]].block;
        for (unsigned j = 0; j < successor_count(block); j++) {
            uint32_t to = loops_number(loops, successor(block, j));
            if (to <= loop->blocks[i] && !loops_dominates(loops, to, loop->blocks[i])) return false;
        }
    }
    return true;
}

static bool make_loop(const struct loops *loops, uint32_t header, struct loop *loop, uint32_t *seen,
                      struct arena *arena) {
    const struct loops_block *block = &loops->blocks[header];
    *loop = (struct loop){.header = header};
    if (block->predecessor_count != 2) return false;
    uint32_t a = block->predecessors[0], b = block->predecessors[1];
    loop->latch = a >= header ? a : b;
    loop->preheader = a >= header ? b : a;
    if (loop->preheader >= header || !loops_dominates(loops, header, loop->latch) ||
        successor_count(loops->blocks[loop->preheader].block) != 1)
        return false;
    return find_members(loops, loop, seen, arena) && is_reducible(loops, loop);
}

void loops_find(struct loops *loops, LLVMValueRef function, struct arena *arena) {
    *loops = (struct loops){0};
    number_blocks(loops, function, arena);
    find_predecessors(loops, arena);
    find_dominators(loops);
    uint32_t *seen = arena_array(arena, loops->block_count, sizeof *seen);
    for (uint32_t header = 1; header < loops->block_count; header++) {
        bool has_back_edge = false;
        for (uint32_t i = 0; i < loops->blocks[header].predecessor_count; i++)
            has_back_edge |= loops->blocks[header].predecessors[i] >= header;
        struct loop loop;
        if (!has_back_edge || !make_loop(loops, header, &loop, seen, arena)) continue;
        if ((loops->loop_count & (loops->loop_count - 1)) == 0) { /* grow at powers of two */
            struct loop *grown =
                arena_array(arena, 2 * (size_t)loops->loop_count + 1, sizeof *grown);
            for (uint32_t i = 0; i < loops->loop_count; i++)
                grown[i] = loops->loops[i];
            loops->loops = grown;
        }
        loops->loops[loops->loop_count++] = loop;
    }
}

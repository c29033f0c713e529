/*
 * nested.c - the environments of internal procedures that are passed as arguments: the part that
 * runs. guest/fortran_nested.c makes the tables and the calls of these functions.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { THUNKS = 64 };

struct nested {
    uint64_t taken; /* a bit for each number */
    const char *name;
    void *environments[THUNKS];
    void *thunks[THUNKS];
};

#ifdef __wasm_atomics__
#define TAKEN_LOAD(table) __atomic_load_n(&(table)->taken, __ATOMIC_RELAXED)
#define TAKEN_CHANGE(table, from, to)                                                              \
    __atomic_compare_exchange_n(&(table)->taken, &(from), to, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)
#else
#define TAKEN_LOAD(table) (table)->taken
#define TAKEN_CHANGE(table, from, to) ((table)->taken = (to), 1)
#endif

/* The number of a function that passes `environment` to the table's procedure: `k` again, which is
 * the caller's already, or if that is -1, a free one. */
int mpiwasm_nested_take(struct nested *table, int k, void *environment);
int mpiwasm_nested_take(struct nested *table, int k, void *environment) {
    if (k < 0) {
        uint64_t taken = TAKEN_LOAD(table);
        do {
            if (taken == UINT64_MAX) {
                fprintf(stderr,
                        "Fortran: internal procedure %s is passed as an argument by more than %d "
                        "calls at a time of its host\n",
                        table->name, THUNKS);
                abort();
            }
            k = __builtin_ctzll(~taken);
        } while (!TAKEN_CHANGE(table, taken, taken | UINT64_C(1) << k));
    }
    table->environments[k] = environment;
    return k;
}

/* Give it back, if it is one. */
void mpiwasm_nested_give(struct nested *table, int k);
void mpiwasm_nested_give(struct nested *table, int k) {
    if (k < 0) return;
    uint64_t taken = TAKEN_LOAD(table);
    while (!TAKEN_CHANGE(table, taken, taken & ~(UINT64_C(1) << k))) {
    }
}

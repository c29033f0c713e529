/*
 * mpi_layer.c - what every call of the layer uses: memory of calls, guest memory, special values
 * of ranks and tags, callbacks into the guest.
 */
#include "mpi/mpi_layer.h"

#include "base/sanitizer.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_memory.h"

#include <stdio.h>
#include <stdlib.h>

struct mpilayer *mpilayer_current;

/* ---- memory of calls ---- */

/* Small blocks are kept and given out again: asking the C library costs more than all checks of a
 * collective call. Not where a sanitizer shall see who goes beyond a block or uses it too late. */
enum {
    SMALL_BLOCK = 512, /* bytes */
    SPARE_BLOCKS = HAS_ASAN ? 0 : 64,
};
static struct mpilayer_block *spare_blocks;
static int spare_count;

static struct mpilayer_block *block_new(size_t size) {
    struct mpilayer_block *block = spare_blocks;
    if (size > SMALL_BLOCK || SPARE_BLOCKS == 0) {
        return size <= SIZE_MAX - sizeof *block ? calloc(1, sizeof *block + size) : NULL;
    }
    if (block != NULL) {
        spare_blocks = block->next;
        spare_count--;
    } else if ((block = malloc(sizeof *block + SMALL_BLOCK)) == NULL) {
        return NULL;
    }
    block->small = true;
    memset(block->data, 0, size);
    return block;
}

static void block_free(struct mpilayer_block *block) {
    if (!block->small || spare_count >= SPARE_BLOCKS) {
        free(block);
        return;
    }
    block->next = spare_blocks;
    spare_blocks = block;
    spare_count++;
}

void mpilayer_blocks_free(struct mpilayer_block *blocks) {
    while (blocks != NULL) {
        struct mpilayer_block *next = blocks->next;
        if (blocks->finish != NULL) {
            blocks->finish(blocks);
        }
        block_free(blocks);
        blocks = next;
    }
}

void *mpilayer_call_allocate_with(struct mpilayer_call *call, size_t size,
                                  void (*finish)(struct mpilayer_block *block)) {
    struct mpilayer_block *block = block_new(size);
    if (block == NULL) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        return NULL;
    }
    block->finish = finish;
    block->size = sizeof *block + size;
    block->next = call->blocks;
    call->blocks = block;
    return block->data;
}

void *mpilayer_call_allocate(struct mpilayer_call *call, size_t size) {
    return mpilayer_call_allocate_with(call, size, NULL);
}

/* ---- memory that stays ---- */

bool mpilayer_kept_check(struct mpilayer_call *call, uint64_t bytes) {
    return mpilayer_kept_fits(call->layer, bytes) ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL,
                              "datatypes, pending operations, groups and attributes take up more "
                              "than %llu MiB outside the program's memory",
                              (unsigned long long)(call->layer->kept_at_most >> 20));
}

uint64_t mpilayer_call_bytes(const struct mpilayer_call *call) {
    uint64_t bytes = 0;
    for (const struct mpilayer_block *block = call->blocks; block != NULL; block = block->next) {
        if (__builtin_add_overflow(bytes, block->size, &bytes)) {
            return UINT64_MAX;
        }
    }
    return bytes;
}

bool mpilayer_call_charge(struct mpilayer_call *call, uint64_t bytes) {
    if (mpilayer_call_allocate(call, 0) == NULL) {
        return false;
    }
    call->blocks->size = bytes;
    return true;
}

/* ---- guest memory ---- */

bool mpilayer_array_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                        int64_t count, size_t size, void *out) {
    uint64_t bytes = count > 0 ? (uint64_t)count * size : 0; /* both are below 2^32 */
    void *copy;
    if (bytes > 0 && !mpilayer_memory_check(call, argument, address, bytes)) {
        return false;
    }
    copy = mpilayer_call_allocate(call, bytes);
    if (copy == NULL) {
        return false;
    }
    if (bytes > 0) {
        memcpy(copy, mpilayer_pointer(call->layer, address), bytes);
    }
    *(void **)out = copy;
    return true;
}

bool mpilayer_string_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                         char *buffer, size_t limit, int error_class) {
    uint64_t size = *call->layer->guest->memory_size;
    if (address == 0 || address >= size) {
        return mpilayer_call_fail(call, error_class, argument,
                                  address == 0 ? "null pointer" : "outside the program's memory");
    }
    size_t most = size - address < limit ? size - address : limit;
    const char *text = mpilayer_pointer(call->layer, address);
    const char *end = memchr(text, '\0', most);
    if (end == NULL) {
        return mpilayer_call_fail(call, error_class, argument,
                                  "a string of more than %zu characters or without end", most - 1);
    }
    memcpy(buffer, text, (size_t)(end - text));
    buffer[end - text] = '\0'; /* whoever shares the memory may have changed it meanwhile */
    return true;
}

bool mpilayer_name_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                       char name[GUEST_MPI_MAX_OBJECT_NAME]) {
    uint64_t size = *call->layer->guest->memory_size;
    if (!mpilayer_memory_check(call, argument, address, 1)) {
        return false;
    }
    size_t most = GUEST_MPI_MAX_OBJECT_NAME - 1;
    most = size - address < most ? size - address : most;
    size_t length = strnlen(mpilayer_pointer(call->layer, address), most);
    memcpy(name, mpilayer_pointer(call->layer, address), length);
    name[length] = '\0';
    return true;
}

bool mpilayer_name_put(struct mpilayer_call *call, uint32_t address, uint32_t resultlen,
                       const char *name) {
    if (!mpilayer_memory_check(call, "name", address, GUEST_MPI_MAX_OBJECT_NAME) ||
        !mpilayer_memory_check(call, "resultlen", resultlen, 4)) {
        return false;
    }
    size_t length = strnlen(name, GUEST_MPI_MAX_OBJECT_NAME - 1);
    char *out = mpilayer_pointer(call->layer, address);
    memcpy(out, name, length);
    out[length] = '\0';
    mpilayer_store_i32(call->layer, resultlen, (int32_t)length);
    return true;
}

bool mpilayer_cells(struct mpilayer_call *call) {
    struct mpilayer *layer = call->layer;
    if (layer->cells == 0) {
        uint64_t address = mpilayer_guest_allocate(layer, MPILAYER_CELL_SIZE, 16);
        if (layer->cells != 0) return true; /* another thread's */
        if (address == 0) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL,
                                      "the program's memory is used up");
        }
        memset(layer->guest->memory + address, 0, MPILAYER_CELL_SIZE);
        layer->cells = (uint32_t)address;
    }
    return true;
}

uint32_t mpilayer_cell_take(struct mpilayer *layer, uint64_t *taken) {
    if (*taken == UINT64_MAX)
        mpilayer_abort(layer, NULL, 1, "callbacks call each other without end");
    uint32_t number = (uint32_t)__builtin_ctzll(~*taken);
    *taken |= UINT64_C(1) << number;
    return taken == &layer->cells_taken ? layer->cells + MPILAYER_CELL_CALLBACK + 32 * number
                                        : layer->cells + MPILAYER_CELL_ERRHANDLER + 8 * number;
}

void mpilayer_cell_give(struct mpilayer *layer, uint64_t *taken, uint32_t cell) {
    uint32_t number = taken == &layer->cells_taken
                          ? (cell - layer->cells - MPILAYER_CELL_CALLBACK) / 32
                          : (cell - layer->cells - MPILAYER_CELL_ERRHANDLER) / 8;
    *taken &= ~(UINT64_C(1) << number);
}

/* ---- special values ---- */

bool mpilayer_rank_special(struct mpilayer_call *call, const char *argument, int32_t rank,
                           bool any_source, int *out) {
    if (rank == GUEST_MPI_PROC_NULL) {
        *out = MPI_PROC_NULL;
        return true;
    }
    if (rank == GUEST_MPI_ANY_SOURCE && any_source) {
        *out = MPI_ANY_SOURCE;
        return true;
    }
    return mpilayer_call_fail(call, GUEST_MPI_ERR_RANK, argument, "%d is not in [0, %d)", rank,
                              call->comm->remote_size);
}

bool mpilayer_tag_special(struct mpilayer_call *call, const char *argument, int32_t tag,
                          bool any_tag, int *out) {
    if (tag == GUEST_MPI_ANY_TAG && any_tag) {
        *out = MPI_ANY_TAG;
        return true;
    }
    return mpilayer_call_fail(call, GUEST_MPI_ERR_TAG, argument, "%d is not in [0, %d]", tag,
                              call->layer->tag_ub);
}

int32_t mpilayer_rank_to_guest(int rank) {
    if (rank >= 0) {
        return rank;
    }
    return rank == MPI_PROC_NULL    ? GUEST_MPI_PROC_NULL
           : rank == MPI_ANY_SOURCE ? GUEST_MPI_ANY_SOURCE
           : rank == MPI_ROOT       ? GUEST_MPI_ROOT
                                    : GUEST_MPI_UNDEFINED;
}

int32_t mpilayer_undefined_to_guest(int value) {
    return value == MPI_UNDEFINED ? GUEST_MPI_UNDEFINED : value;
}

/* ---- callbacks ---- */

bool mpilayer_callback_matches(struct mpilayer *layer, uint32_t index, const char *signature) {
    char actual[32];
    return layer->guest->operations->function_signature(layer->guest, index, actual,
                                                        sizeof actual) &&
           strcmp(actual, signature) == 0;
}

enum mpilayer_callback_end mpilayer_callback_try(struct mpilayer *layer, const char *what,
                                                 uint32_t index, const char *signature,
                                                 union wasm_value *slots) {
    if (!mpilayer_callback_matches(layer, index, signature)) return MPILAYER_CALLBACK_IS_NONE;
    if (layer->callback_depth >= MPILAYER_CELL_COUNT && !mpilayer_is_multiple) {
        mpilayer_abort(layer, NULL, 1, "%s: callbacks call each other without end", what);
    }
    layer->callback_depth++;
    bool dropped = mpilayer_outside_begin();
    bool ok = layer->guest->operations->call_function(layer->guest, index, slots);
    mpilayer_outside_end(dropped);
    layer->callback_depth--;
    return ok ? MPILAYER_CALLBACK_RETURNED : MPILAYER_CALLBACK_UNWINDS;
}

void mpilayer_callback_unwind(struct mpilayer *layer) {
    mpilayer_thread_unwind(layer);
    layer->guest->operations->resume_unwind(layer->guest);
}

bool mpilayer_callback_call(struct mpilayer *layer, const char *what, uint32_t index,
                            const char *signature, union wasm_value *slots, bool inside_mpi) {
    switch (mpilayer_callback_try(layer, what, index, signature, slots)) {
    case MPILAYER_CALLBACK_RETURNED: return true;
    case MPILAYER_CALLBACK_IS_NONE:
        if (inside_mpi) {
            mpilayer_abort(layer, NULL, 1, "%s: function %u has another type than %s", what, index,
                           signature);
        }
        return false;
    case MPILAYER_CALLBACK_UNWINDS:
        if (inside_mpi) {
            /* Unwinding through MPI's frames would leave its state undefined. */
            mpilayer_abort_job(layer, NULL, layer->guest->operations->report_pending(layer->guest));
        }
        mpilayer_callback_unwind(layer);
    }
    return false;
}

/*
 * data_test.c - datatypes and buffers at the edges: memory of almost 4 GiB, addresses beyond 2 GiB
 * (which are negative displacements), spans that leave the memory at either end, sizes that do not
 * fit into 64 bits, nesting without end, callbacks that see the datatype they were called with,
 * what hosts do wrong with datatypes of many blocks and with those of no items.
 *
 *   data_test PLUGIN        one process, without a launcher
 */
#include "../unit/check.h"
#include "fake_guest.h"
#include "mpi/mpi_constants.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>

static struct fake_guest fake;
static const uint64_t memory_size = (UINT64_C(4) << 30) - 65536;
static uint32_t cell, lengths, displacements, types; /* scratch of the calls */

enum { HIGH = 0x90000000, LOW = 0x20000, TAG = 5 };

#define CALL(name, ...) FAKE_CALL(&fake, "MPI_" name, __VA_ARGS__)

/* A program's memory as a module compiled for wasm32 can have it, with guards around. */
static void enlarge_memory(void) {
    size_t guard = 1 << 20;
    uint8_t *memory = mmap(NULL, memory_size + 2 * guard, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED ||
        mprotect(memory + guard, memory_size, PROT_READ | PROT_WRITE) != 0) {
        perror("4 GiB of address space");
        exit(77); /* skipped */
    }
    fake.guest.memory = memory + guard;
    fake.size = memory_size;
}

static uint32_t made(int code) {
    CHECK(code == GUEST_MPI_SUCCESS);
    return (uint32_t)fake_guest_load(&fake, cell);
}

static void commit(uint32_t type) {
    fake_guest_store(&fake, cell, (int32_t)type);
    CHECK(CALL("Type_commit", cell) == GUEST_MPI_SUCCESS);
}

static void release(uint32_t type) {
    fake_guest_store(&fake, cell, (int32_t)type);
    CHECK(CALL("Type_free", cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == GUEST_MPI_DATATYPE_NULL);
}

/* Does MPI_Bcast within one process take the buffer? (It moves nothing.) */
static int32_t broadcast(uint32_t address, int32_t count, uint32_t type) {
    return CALL("Bcast", address, count, type, 0, GUEST_MPI_COMM_SELF);
}

static uint32_t hindexed(int count, const int32_t *length, const uint32_t *address,
                         uint32_t element) {
    for (int i = 0; i < count; i++) {
        fake_guest_store(&fake, lengths + 4 * (uint32_t)i, length[i]);
        fake_guest_store(&fake, displacements + 4 * (uint32_t)i, (int32_t)address[i]);
    }
    uint32_t type =
        made(CALL("Type_create_hindexed", count, lengths, displacements, element, cell));
    commit(type);
    return type;
}

static void ranges(void) {
    const uint32_t last = (uint32_t)(memory_size - 4);
    CHECK(broadcast(last, 1, GUEST_MPI_INT) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(last + 1, 1, GUEST_MPI_INT) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(last, 2, GUEST_MPI_INT) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(8, INT_MAX, GUEST_MPI_CHAR) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(8, INT_MAX, GUEST_MPI_DOUBLE) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(0, 1, GUEST_MPI_INT) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(GUEST_MPI_IN_PLACE, 1, GUEST_MPI_INT) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(0, 0, GUEST_MPI_INT) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(0xffffffff, 0, GUEST_MPI_INT) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(8, -1, GUEST_MPI_INT) == GUEST_MPI_ERR_COUNT);

    /* Backwards: an extent below zero, from the first items of the memory. */
    uint32_t back = made(CALL("Type_create_resized", GUEST_MPI_INT, 0, -8, cell));
    commit(back);
    CHECK(broadcast(80, 11, back) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(80, 12, back) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(last, 1, back) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(last + 1, 1, back) == GUEST_MPI_ERR_BUFFER);
    release(back);

    /* Gaps at the end need not exist: only the data. */
    uint32_t vector = made(CALL("Type_vector", 2, 1, 100, GUEST_MPI_INT, cell));
    commit(vector);
    CHECK(broadcast(last - 400, 1, vector) == GUEST_MPI_SUCCESS);
    CHECK(broadcast(last - 399, 1, vector) == GUEST_MPI_ERR_BUFFER);
    release(vector);

    /* Not committed; no data at all. */
    uint32_t plain = made(CALL("Type_contiguous", 2, GUEST_MPI_INT, cell));
    CHECK(broadcast(80, 1, plain) == GUEST_MPI_ERR_TYPE);
    release(plain);
    uint32_t empty = made(CALL("Type_contiguous", 0, GUEST_MPI_INT, cell));
    commit(empty);
    CHECK(broadcast(0, 3, empty) == GUEST_MPI_SUCCESS);
    release(empty);
    CHECK(broadcast(80, 1, empty) == GUEST_MPI_ERR_TYPE);
    CHECK(broadcast(80, 1, GUEST_MPI_LB) == GUEST_MPI_ERR_TYPE);
}

/* Send what the absolute datatype picks to a plain buffer, or the other way round. */
static void move(bool out, uint32_t type, uint32_t plain, int count) {
    CHECK(CALL("Sendrecv", out ? GUEST_MPI_BOTTOM : plain, out ? 1 : count,
               out ? type : GUEST_MPI_INT, 0, TAG, out ? plain : GUEST_MPI_BOTTOM, out ? count : 1,
               out ? GUEST_MPI_INT : type, 0, TAG, GUEST_MPI_COMM_SELF,
               GUEST_MPI_STATUS_IGNORE) == GUEST_MPI_SUCCESS);
}

static void bottom(void) {
    static const int32_t two[] = {1, 2, 1};
    static const struct {
        uint32_t addresses[3];
        const char *name;
    } cases[] = {
        {{LOW, LOW + 64, LOW + 32}, "low"},
        {{HIGH, HIGH + 0x20000000, HIGH + 100}, "high"},
        {{HIGH, LOW, HIGH + 0x40000000}, "both"},
    };
    uint32_t plain = fake_guest_allocate(&fake, 64);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const uint32_t *at = cases[c].addresses;
        const uint32_t cells[] = {at[0], at[1], at[1] + 4, at[2]};
        check_context = cases[c].name;
        uint32_t type = hindexed(3, two, at, GUEST_MPI_INT);
        for (int round = 0; round < 2; round++) { /* the second uses what the first made */
            for (int i = 0; i < 4; i++) {
                fake_guest_store(&fake, cells[i], 100 * round + i + 1);
                fake_guest_store(&fake, plain + 4 * (uint32_t)i, 0);
            }
            move(true, type, plain, 4);
            for (int i = 0; i < 4; i++) {
                CHECK(fake_guest_load(&fake, plain + 4 * (uint32_t)i) == 100 * round + i + 1);
                fake_guest_store(&fake, plain + 4 * (uint32_t)i, -i - round);
            }
            move(false, type, plain, 4);
            for (int i = 0; i < 4; i++)
                CHECK(fake_guest_load(&fake, cells[i]) == -i - round);
        }
        /* Within other datatypes. */
        uint32_t copy = made(CALL("Type_dup", type, cell));
        uint32_t single = made(CALL("Type_contiguous", 1, copy, cell));
        commit(single);
        release(type);
        release(copy);
        for (int i = 0; i < 4; i++)
            fake_guest_store(&fake, cells[i], 7 * i);
        move(true, single, plain, 4);
        for (int i = 0; i < 4; i++)
            CHECK(fake_guest_load(&fake, plain + 4 * (uint32_t)i) == 7 * i);
        release(single);
    }
    check_context = NULL;
    /* Beyond the end of the memory, from either side. */
    static const int32_t ones[] = {1, 1};
    const uint32_t beyond[] = {LOW, (uint32_t)memory_size};
    uint32_t type = hindexed(2, ones, beyond, GUEST_MPI_INT);
    CHECK(broadcast(GUEST_MPI_BOTTOM, 1, type) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(LOW, 1, type) == GUEST_MPI_SUCCESS); /* 64 KiB before: relative to LOW */
    release(type);
    const uint32_t straddling[] = {0xfffffffe, LOW};
    type = hindexed(2, ones, straddling, GUEST_MPI_INT);
    CHECK(broadcast(GUEST_MPI_BOTTOM, 1, type) == GUEST_MPI_ERR_BUFFER);
    release(type);

    /* In vectors of blocks, too. */
    uint32_t counts = fake_guest_allocate(&fake, 16), offsets = fake_guest_allocate(&fake, 16),
             handles = fake_guest_allocate(&fake, 16);
    fake_guest_store(&fake, counts, 1);
    fake_guest_store(&fake, handles, GUEST_MPI_INT);
    fake_guest_store(&fake, offsets, (int32_t)HIGH);
    fake_guest_store(&fake, HIGH, 4711);
    CHECK(CALL("Alltoallw", GUEST_MPI_BOTTOM, counts, offsets, handles, plain, counts, cell + 64,
               handles, GUEST_MPI_COMM_SELF) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, plain) == 4711);
    fake_guest_store(&fake, offsets, 12); /* bytes, not items */
    fake_guest_store(&fake, plain + 12, 4712);
    CHECK(CALL("Alltoallw", plain, counts, offsets, handles, plain, counts, cell + 64, handles,
               GUEST_MPI_COMM_SELF) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, plain) == 4712);
    fake_guest_store(&fake, offsets, -8);
    CHECK(CALL("Alltoallw", plain, counts, cell + 64, handles, (uint32_t)4, counts, offsets,
               handles, GUEST_MPI_COMM_SELF) == GUEST_MPI_ERR_BUFFER);
    fake_guest_store(&fake, offsets, INT_MAX);
    CHECK(CALL("Alltoallv", plain, counts, cell + 64, GUEST_MPI_INT, plain, counts, offsets,
               GUEST_MPI_INT, GUEST_MPI_COMM_SELF) == GUEST_MPI_ERR_BUFFER);
    fake_guest_store(&fake, counts, -1);
    CHECK(CALL("Alltoallv", plain, counts, cell + 64, GUEST_MPI_INT, plain, counts, cell + 64,
               GUEST_MPI_INT, GUEST_MPI_COMM_SELF) == GUEST_MPI_ERR_COUNT);
}

static int64_t load_count(uint32_t address) {
    int64_t value;
    memcpy(&value, fake.guest.memory + address, sizeof value);
    return value;
}

static void sizes(void) {
    static const struct {
        uint32_t handle;
        int size, extent;
    } named[] = {
        {GUEST_MPI_LONG, 4, 4},
        {GUEST_MPI_UNSIGNED_LONG, 4, 4},
        {GUEST_MPI_AINT, 4, 4},
        {GUEST_MPI_COUNT, 8, 8},
        {GUEST_MPI_OFFSET, 8, 8},
        {GUEST_MPI_LONG_DOUBLE, 16, 16},
        {GUEST_MPI_C_LONG_DOUBLE_COMPLEX, 32, 32},
        {GUEST_MPI_LONG_INT, 8, 8},
        {GUEST_MPI_SHORT_INT, 6, 8},
        {GUEST_MPI_DOUBLE_INT, 12, 16},
        {GUEST_MPI_LONG_DOUBLE_INT, 20, 32},
        {GUEST_MPI_WCHAR, 4, 4},
        {GUEST_MPI_C_BOOL, 1, 1},
        {GUEST_MPI_INTEGER, 4, 4},
        {GUEST_MPI_DOUBLE_PRECISION, 8, 8},
        {GUEST_MPI_2DOUBLE_PRECISION, 16, 16},
        {GUEST_MPI_INTEGER16, 16, 16},
        {GUEST_MPI_COMPLEX32, 32, 32},
        {GUEST_MPI_REAL2, 2, 2},
    };
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        char text[32];
        snprintf(text, sizeof text, "datatype 0x%x", named[i].handle);
        check_context = text;
        CHECK(CALL("Type_size", named[i].handle, cell) == GUEST_MPI_SUCCESS);
        CHECK(fake_guest_load(&fake, cell) == named[i].size);
        CHECK(CALL("Type_get_extent", named[i].handle, cell, cell + 8) == GUEST_MPI_SUCCESS);
        CHECK(fake_guest_load(&fake, cell) == 0);
        CHECK(fake_guest_load(&fake, cell + 8) == named[i].extent);
        fake_guest_store(&fake, cell, (int32_t)named[i].handle);
        CHECK(CALL("Type_free", cell) == GUEST_MPI_ERR_TYPE);
    }
    check_context = NULL;

    /* Too large for an int, then for 64 bits. */
    uint32_t big = made(CALL("Type_contiguous", INT_MAX, GUEST_MPI_DOUBLE, cell));
    CHECK(CALL("Type_size", big, cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == GUEST_MPI_UNDEFINED);
    CHECK(CALL("Type_size_x", big, cell) == GUEST_MPI_SUCCESS);
    CHECK(load_count(cell) == INT64_C(8) * INT_MAX);
    commit(big);
    CHECK(broadcast(8, 1, big) == GUEST_MPI_ERR_BUFFER);
    CHECK(broadcast(8, INT_MAX, big) == GUEST_MPI_ERR_BUFFER);
    CHECK(CALL("Type_contiguous", INT_MAX, big, cell) == GUEST_MPI_ERR_ARG);
    CHECK(CALL("Type_vector", INT_MAX, INT_MAX, INT_MAX, big, cell) == GUEST_MPI_ERR_ARG);
    CHECK(CALL("Type_create_hvector", INT_MAX, INT_MAX, INT_MIN, GUEST_MPI_INT, cell) ==
          GUEST_MPI_ERR_ARG);
    release(big);

    /* Nesting ends somewhere. */
    uint32_t type = made(CALL("Type_contiguous", 1, GUEST_MPI_INT, cell));
    int depth = 1, code = GUEST_MPI_SUCCESS;
    while (code == GUEST_MPI_SUCCESS && depth < 100000) {
        code = CALL("Type_contiguous", 1, type, cell);
        if (code == GUEST_MPI_SUCCESS) {
            uint32_t outer = (uint32_t)fake_guest_load(&fake, cell);
            release(type);
            type = outer;
            depth++;
        }
    }
    CHECK(depth >= 100 && depth < 10000);
    CHECK(code == GUEST_MPI_ERR_TYPE);
    release(type);
}

/* Bounds as the standard has them, whatever the host thinks. */
static void bounds(void) {
    int32_t one = 1;
    fake_guest_store(&fake, lengths, one);
    fake_guest_store(&fake, lengths + 4, one);
    fake_guest_store(&fake, lengths + 8, one);
    /* An explicit bound of a part is the whole's. */
    uint32_t resized = made(CALL("Type_create_resized", GUEST_MPI_INT, 0, 100, cell));
    fake_guest_store(&fake, types, (int32_t)resized);
    fake_guest_store(&fake, types + 4, GUEST_MPI_INT);
    fake_guest_store(&fake, displacements, 0);
    fake_guest_store(&fake, displacements + 4, 200);
    uint32_t type = made(CALL("Type_create_struct", 2, lengths, displacements, types, cell));
    CALL("Type_get_extent", type, cell, cell + 8);
    CHECK(fake_guest_load(&fake, cell) == 0 && fake_guest_load(&fake, cell + 8) == 100);
    release(type);
    release(resized);
    /* MPI-1's markers. */
    fake_guest_store(&fake, types, GUEST_MPI_LB);
    fake_guest_store(&fake, types + 4, GUEST_MPI_INT);
    fake_guest_store(&fake, types + 8, GUEST_MPI_UB);
    fake_guest_store(&fake, displacements, -8);
    fake_guest_store(&fake, displacements + 4, 4);
    fake_guest_store(&fake, displacements + 8, 50);
    type = made(CALL("Type_struct", 3, lengths, displacements, types, cell));
    CHECK(CALL("Type_lb", type, cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == -8);
    CHECK(CALL("Type_ub", type, cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == 50);
    CHECK(CALL("Type_extent", type, cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == 58);
    CHECK(CALL("Type_get_true_extent", type, cell, cell + 8) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == 4 && fake_guest_load(&fake, cell + 8) == 4);
    release(type);
    CHECK(CALL("Type_contiguous", 1, GUEST_MPI_UB, cell) == GUEST_MPI_ERR_TYPE);
    /* long double is aligned to 16 bytes in structs. */
    fake_guest_store(&fake, types, GUEST_MPI_LONG_DOUBLE);
    fake_guest_store(&fake, types + 4, GUEST_MPI_INT);
    fake_guest_store(&fake, displacements, 0);
    fake_guest_store(&fake, displacements + 4, 16);
    type = made(CALL("Type_create_struct", 2, lengths, displacements, types, cell));
    CALL("Type_get_extent", type, cell, cell + 8);
    CHECK(fake_guest_load(&fake, cell + 8) == 32);
    release(type);
}

/* external32 of what has another size there. */
static void external(void) {
    uint32_t name = fake_guest_allocate(&fake, 16), packed = fake_guest_allocate(&fake, 64),
             data = fake_guest_allocate(&fake, 64), position = fake_guest_allocate(&fake, 16);
    memcpy(fake.guest.memory + name, "external32", 11);
    fake_guest_store(&fake, data, -2);
    fake_guest_store(&fake, position, 0);
    CHECK(CALL("Pack_external_size", name, 1, GUEST_MPI_AINT, cell) == GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, cell) == 8);
    CHECK(CALL("Pack_external", name, data, 1, GUEST_MPI_AINT, packed, 64, position) ==
          GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, position) == 8);
    CHECK(memcmp(fake.guest.memory + packed, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8) == 0);
    fake_guest_store(&fake, position, 0);
    CHECK(CALL("Unpack_external", name, packed, 64, position, data + 8, 1, GUEST_MPI_AINT) ==
          GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, data + 8) == -2);
    fake_guest_store(&fake, data, 0x20ac); /* a wide character */
    fake_guest_store(&fake, position, 0);
    CHECK(CALL("Pack_external", name, data, 1, GUEST_MPI_WCHAR, packed, 64, position) ==
          GUEST_MPI_SUCCESS);
    CHECK(fake_guest_load(&fake, position) == 2);
    CHECK(memcmp(fake.guest.memory + packed, "\x20\xac", 2) == 0);
    fake_guest_store(&fake, position, 60);
    CHECK(CALL("Pack_external", name, data, 1, GUEST_MPI_DOUBLE, packed, 64, position) ==
          GUEST_MPI_ERR_TRUNCATE);
    fake_guest_store(&fake, position, -1);
    CHECK(CALL("Pack", data, 1, GUEST_MPI_INT, packed, 64, position, GUEST_MPI_COMM_SELF) ==
          GUEST_MPI_ERR_ARG);
    fake_guest_store(&fake, position, 62);
    CHECK(CALL("Unpack", packed, 64, position, data, 1, GUEST_MPI_INT, GUEST_MPI_COMM_SELF) ==
          GUEST_MPI_ERR_TRUNCATE);
}

/* ---- operators ---- */

static uint32_t seen_type;
static int seen_length, calls;

static void operator_add(struct fake_guest *guest, union wasm_value *slots) {
    seen_length = fake_guest_load(guest, slots[2].u32);
    seen_type = (uint32_t)fake_guest_load(guest, slots[3].u32);
    calls++;
    for (int i = 0; i < seen_length; i++) {
        uint32_t at = 4 * (uint32_t)i;
        fake_guest_store(guest, slots[1].u32 + at,
                         fake_guest_load(guest, slots[0].u32 + at) +
                             fake_guest_load(guest, slots[1].u32 + at));
    }
}

static void operators(void) {
    uint32_t in = fake_guest_allocate(&fake, 64), inout = fake_guest_allocate(&fake, 64),
             op_cell = fake_guest_allocate(&fake, 16);
    fake_guest_define(20, ":iiii", operator_add);
    fake_guest_define(21, "i:iiii", operator_add);
    fake_guest_define(22, ":iii", operator_add);
    CHECK(CALL("Op_create", 22, 1, op_cell) == GUEST_MPI_ERR_ARG);
    CHECK(CALL("Op_create", 0, 1, op_cell) == GUEST_MPI_ERR_ARG);
    for (uint32_t function = 20; function <= 21; function++) {
        CHECK(CALL("Op_create", function, 1, op_cell) == GUEST_MPI_SUCCESS);
        uint32_t op = (uint32_t)fake_guest_load(&fake, op_cell);
        static const uint32_t same_host[] = {GUEST_MPI_INT, GUEST_MPI_LONG, GUEST_MPI_INTEGER,
                                             GUEST_MPI_AINT, GUEST_MPI_INT};
        for (int i = 0; i < 5; i++) {
            fake_guest_store(&fake, in, 40);
            fake_guest_store(&fake, inout, i);
            CHECK(CALL("Reduce_local", in, inout, 1, same_host[i], op) == GUEST_MPI_SUCCESS);
            CHECK(fake_guest_load(&fake, inout) == 40 + i);
            CHECK(seen_type == same_host[i] && seen_length == 1);
        }
        CHECK(CALL("Op_free", op_cell) == GUEST_MPI_SUCCESS);
        CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_INT, op) == GUEST_MPI_ERR_OP);
    }
    /* Many operators on one function share what there is few of; those on many do not. */
    for (int i = 0; i < 1000; i++)
        CHECK(CALL("Op_create", 20, 1, op_cell) == GUEST_MPI_SUCCESS);
    fake_guest_store(&fake, op_cell, GUEST_MPI_SUM);
    CHECK(CALL("Op_free", op_cell) == GUEST_MPI_ERR_OP);

    /* What a carrier has no operator for, though its host type would. */
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_LOGICAL, GUEST_MPI_SUM) == GUEST_MPI_ERR_OP);
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_LONG_DOUBLE, GUEST_MPI_BAND) ==
          GUEST_MPI_ERR_OP);
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_REAL2, GUEST_MPI_SUM) == GUEST_MPI_ERR_OP);
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_2REAL, GUEST_MPI_SUM) == GUEST_MPI_ERR_OP);

    /* 128-bit integers, carried by a pair of doubles. */
    __int128 a = ((__int128)1 << 100) + 5, b = ((__int128)1 << 99) - 7, result;
    memcpy(fake.guest.memory + in, &a, sizeof a);
    memcpy(fake.guest.memory + inout, &b, sizeof b);
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_INTEGER16, GUEST_MPI_SUM) ==
          GUEST_MPI_SUCCESS);
    memcpy(&result, fake.guest.memory + inout, sizeof result);
    CHECK(result == a + b);
    /* A pair of floats: the index is a float. */
    float pair[4] = {2.5f, 7, 2.5f, 3};
    memcpy(fake.guest.memory + in, pair, 8);
    memcpy(fake.guest.memory + inout, pair + 2, 8);
    CHECK(CALL("Reduce_local", in, inout, 1, GUEST_MPI_2REAL, GUEST_MPI_MAXLOC) ==
          GUEST_MPI_SUCCESS);
    memcpy(pair, fake.guest.memory + inout, 8);
    CHECK(pair[0] == 2.5f && pair[1] == 3);
}

/* Open MPI copies with as much of the stack as a datatype has loops, all that it lists counted. */
static void loops(void) {
    enum { BLOCKS = 100, LAST_BLOCKS = 20, LEVELS = 3 };
    static const uint32_t parts[] = {GUEST_MPI_CHAR, GUEST_MPI_DOUBLE};
    uint32_t counts = fake_guest_allocate(&fake, 4 * BLOCKS);
    uint32_t places = fake_guest_allocate(&fake, 4 * BLOCKS);
    for (uint32_t i = 0; i < 2; i++) {
        fake_guest_store(&fake, lengths + 4 * i, 1);
        fake_guest_store(&fake, displacements + 4 * i, (int32_t)(8 * i));
        fake_guest_store(&fake, types + 4 * i, (int32_t)parts[i]);
    }
    uint32_t type = made(CALL("Type_create_struct", 2, lengths, displacements, types, cell));
    for (uint32_t i = 0; i < BLOCKS; i++) {
        fake_guest_store(&fake, counts + 4 * i, 2);
        fake_guest_store(&fake, places + 4 * i, (int32_t)(3 * i));
    }
    for (int level = 1; level <= LEVELS; level++) {
        uint32_t inner = type;
        int32_t code = CALL("Type_indexed", level < LEVELS ? BLOCKS : LAST_BLOCKS, counts, places,
                            inner, cell);
        if (level == LEVELS && code == GUEST_MPI_ERR_NO_MEM) {
            break; /* it is told so */
        }
        type = made(code);
        release(inner);
    }
    commit(type);
    fake_guest_store(&fake, LOW, 'x');
    fake_guest_store(&fake, HIGH, 0);
    CHECK(CALL("Allgather", LOW, 1, type, HIGH, 1, type, GUEST_MPI_COMM_SELF) == GUEST_MPI_SUCCESS);
    CHECK((fake_guest_load(&fake, HIGH) & 0xff) == 'x');
    release(type);
}

/* Open MPI copies a long message to where the receive's data would begin, also if it has none: not
 * to where only a datatype of no items leads. */
static void nothing(void) {
    enum { LONGEST = 1 << 20 };
    static uint8_t kept[LONGEST];
    const uint32_t data = LOW, place = HIGH, request = fake_guest_allocate(&fake, 16);
    uint32_t wide_counts = fake_guest_allocate(&fake, 16);
    uint32_t wide_places = fake_guest_allocate(&fake, 16);
    int64_t distance = kept - (fake.guest.memory + place), one = 1;
    memcpy(fake.guest.memory + wide_counts, &one, sizeof one);
    memcpy(fake.guest.memory + wide_places, &distance, sizeof distance);
    uint32_t type =
        made(CALL("Type_create_hindexed_c", 1, wide_counts, wide_places, GUEST_MPI_BYTE, cell));
    commit(type);
    uint32_t empty = made(CALL("Type_create_hindexed_c", 0, wide_counts, wide_places, type, cell));
    commit(empty);
    memset(fake.guest.memory + data, 0, LONGEST);
    for (int32_t i = 0; i < 33; i++) {
        int32_t size = 1 << i / 3 * 2, count = i % 3 == 2;
        memset(kept, 0x5a, sizeof kept);
        CHECK(CALL("Irecv", place, count, i % 3 ? empty : type, 0, TAG, GUEST_MPI_COMM_SELF,
                   request) == GUEST_MPI_SUCCESS);
        CHECK(CALL("Isend", data, size, GUEST_MPI_BYTE, 0, TAG, GUEST_MPI_COMM_SELF, request + 4) ==
              GUEST_MPI_SUCCESS);
        CHECK(CALL("Wait", request, GUEST_MPI_STATUS_IGNORE) == GUEST_MPI_ERR_TRUNCATE);
        CHECK(CALL("Wait", request + 4, GUEST_MPI_STATUS_IGNORE) == GUEST_MPI_SUCCESS);
        int changed = 0;
        for (int k = 0; k < LONGEST; k++) {
            changed += kept[k] != 0x5a;
        }
        CHECK(changed == 0);
    }
    release(empty);
    release(type);
}

/* Open MPI 4.1 copies items of an empty datatype by a description that is not there. */
static void empty_items(void) {
    const uint32_t made_type =
        made(CALL("Type_create_hindexed", 0, lengths, displacements, GUEST_MPI_INT, cell));
    const uint32_t comm = GUEST_MPI_COMM_SELF;
    commit(made_type);
    uint32_t op = made(CALL("Op_create", 20, 1, cell));
    fake_guest_store(&fake, lengths, 1);
    CHECK(CALL("Scan", LOW, HIGH, 1, made_type, op, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Reduce", LOW, HIGH, 1, made_type, op, 0, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Allreduce", LOW, HIGH, 1, made_type, op, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Reduce_scatter", LOW, HIGH, lengths, made_type, op, comm) == GUEST_MPI_SUCCESS);
    fake_guest_store(&fake, lengths + 4, 0); /* the count's upper half */
    CHECK(CALL("Reduce_scatter_c", LOW, HIGH, lengths, made_type, op, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Reduce_scatter_block", LOW, HIGH, 1, made_type, op, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Allgather", LOW, 1, made_type, HIGH, 1, made_type, comm) == GUEST_MPI_SUCCESS);
    CHECK(CALL("Alltoall", LOW, 1, made_type, HIGH, 1, made_type, comm) == GUEST_MPI_SUCCESS);
    release(made_type);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "data_test PLUGIN\n");
        return 2;
    }
    fake_guest_open(&fake, argv[1]);
    enlarge_memory();
    CHECK(CALL("Init", 0, 0) == GUEST_MPI_SUCCESS);
    CALL("Comm_set_errhandler", GUEST_MPI_COMM_WORLD, GUEST_MPI_ERRORS_RETURN);
    CALL("Comm_set_errhandler", GUEST_MPI_COMM_SELF, GUEST_MPI_ERRORS_RETURN);
    cell = fake_guest_allocate(&fake, 128);
    lengths = fake_guest_allocate(&fake, 64);
    displacements = fake_guest_allocate(&fake, 64);
    types = fake_guest_allocate(&fake, 64);
    ranges();
    bottom();
    sizes();
    bounds();
    external();
    operators();
    loops();
    nothing();
    empty_items();
    return check_report();
}

/*
 * wasm_types_test.c - value types: their names and subtypes; and the registry, which must give the
 * same number to two types exactly if they are equal (Core specification, section 3.2.11).
 */
#include "check.h"
#include "wasm/type_registry.h"

#include <stdlib.h>

#define REF(index) wasm_type_non_null(wasm_type_indexed(index))
#define REF_NULL(index) wasm_type_indexed(index)
#define NON_NULL(type) wasm_type_non_null(type)

/* [types] -> [], a group of its own unless .group_first and .group_size say otherwise */
#define TYPE(...)                                                                                  \
    .parameters = (const enum wasm_type[]){__VA_ARGS__},                                           \
    .parameter_count = sizeof((const enum wasm_type[]){__VA_ARGS__}) / sizeof(enum wasm_type)
#define GROUP(first, size) .group_first = (first), .group_size = (size)

static void test_names(void) {
    CHECK_TEXT(wasm_type_name(WASM_FUNCREF), "funcref");
    CHECK_TEXT(wasm_type_name(NON_NULL(WASM_FUNCREF)), "(ref func)");
    CHECK_TEXT(wasm_type_name(NON_NULL(WASM_EXNREF)), "(ref exn)");
    CHECK_TEXT(wasm_type_name(REF(17)), "(ref 17)");
    CHECK_TEXT(wasm_type_name(REF_NULL(WASM_MAX_TYPES)), "(ref null 1000000)");
    CHECK(wasm_type_index(REF(WASM_INDEX_UNKNOWN)) == WASM_INDEX_UNKNOWN);
    CHECK(wasm_type_nullable(REF(3)) == REF_NULL(3) && wasm_type_is_nullable(REF_NULL(3)));
    CHECK(!wasm_type_is_nullable(REF(3)) && !wasm_type_is_nullable(WASM_I32));
    CHECK(!wasm_type_is_reference(WASM_V128) && wasm_type_is_reference(REF(0)));
    CHECK(wasm_type_is_defaultable(WASM_F64) && !wasm_type_is_defaultable(REF(0)));
}

/* Every pair of these; '<' where the one in front may be used for the one above. */
static void test_matches(void) {
    const enum wasm_type types[] = {WASM_I32,       WASM_FUNCREF,     NON_NULL(WASM_FUNCREF),
                                    REF_NULL(1),    REF(1),           REF(2),
                                    WASM_EXTERNREF, WASM_NULLFUNCREF, NON_NULL(WASM_NULLFUNCREF)};
    static const char *const expected[] = {
        "<........", /* i32 */
        ".<.......", /* funcref */
        ".<<......", /* (ref func) */
        ".<.<.....", /* (ref null 1) */
        ".<<<<....", /* (ref 1) */
        ".<<..<...", /* (ref 2) */
        "......<..", /* externref */
        ".<.<...<.", /* nullfuncref */
        ".<<<<<.<<", /* (ref nofunc) */
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        for (size_t j = 0; j < sizeof types / sizeof types[0]; j++) {
            char text[80];
            snprintf(text, sizeof text, "%s for %s", wasm_type_name(types[i]),
                     wasm_type_name(types[j]));
            check_context = text;
            CHECK(wasm_type_matches(types[i], types[j]) == (expected[i][j] == '<'));
        }
    check_context = NULL;
    CHECK(wasm_type_matches(WASM_NULLEXNREF, WASM_EXNREF));
    CHECK(wasm_type_matches(WASM_NULLEXTERNREF, WASM_EXTERNREF));
    CHECK(!wasm_type_matches(WASM_NULLEXTERNREF, REF_NULL(1)));
    CHECK(!wasm_type_matches(WASM_EXNREF, WASM_EXTERNREF));
}

static void test_groups(void) {
    const struct wasm_function_type types[] = {
        /* 0 to 3: alone, equal or not */
        {TYPE(WASM_I32)},
        {TYPE(WASM_I32)},
        {TYPE(REF(0))},
        {TYPE(REF(1))},
        {TYPE(REF_NULL(1))},
        /* 5 and 6: refer to themselves */
        {TYPE(REF(5)), GROUP(5, 1)},
        {TYPE(REF(6)), GROUP(6, 1)},
        /* 7 and 8, 9 and 10: to each other */
        {TYPE(WASM_I32, REF(8)), GROUP(7, 2)},
        {TYPE(WASM_I32, REF(7)), GROUP(7, 2)},
        {TYPE(WASM_I32, REF(10)), GROUP(9, 2)},
        {TYPE(WASM_I32, REF(9)), GROUP(9, 2)},
        /* 11: the same as 0, but with company */
        {TYPE(WASM_I32), GROUP(11, 2)},
        {TYPE(WASM_I64), GROUP(11, 2)},
        /* 13: a reference from outside is not one within */
        {TYPE(REF(5)), GROUP(13, 1)},
        /* 14: a result is no parameter */
        {.results = (const enum wasm_type[]){WASM_I32}, .result_count = 1},
        /* 15 and 16: to what comes later, invalid and equal to nothing, itself included */
        {TYPE(REF(16)), GROUP(15, 1)},
        {TYPE(REF(99)), GROUP(16, 1)},
    };
    enum { COUNT = sizeof types / sizeof types[0] };
    struct wasm_type_registry registry = {.types = NULL};
    uint32_t ids[COUNT], again[COUNT];
    wasm_type_registry_add(&registry, types, COUNT, ids);
    CHECK(ids[0] == ids[1] && ids[2] == ids[3] && ids[2] != ids[4] && ids[0] != ids[2]);
    CHECK(ids[5] == ids[6] && ids[5] != ids[2]);
    CHECK(ids[7] == ids[9] && ids[8] == ids[10] && ids[7] != ids[8]);
    CHECK(ids[11] != ids[0]);
    CHECK(ids[13] != ids[5] && ids[14] != ids[0]);

    wasm_type_registry_add(&registry, types, COUNT, again);
    for (int i = 0; i < 15; i++)
        CHECK(again[i] == ids[i]);
    CHECK(again[15] != ids[15]);
    /* What the registry keeps refers to its own numbers. */
    CHECK(registry.types[ids[3]]->parameters[0] == REF(ids[0]));
    CHECK(registry.types[ids[4]]->parameters[0] == REF_NULL(ids[0]));
    CHECK(registry.types[ids[7]]->parameters[1] == REF(ids[8]));
    CHECK(registry.types[ids[9]]->group_first == ids[7]);

    /* Elsewhere in another array. */
    const struct wasm_function_type moved[] = {
        {TYPE(WASM_F32)},
        {TYPE(WASM_I32, REF(2)), GROUP(1, 2)},
        {TYPE(WASM_I32, REF(1)), GROUP(1, 2)},
        {TYPE(REF(2))},
    };
    wasm_type_registry_add(&registry, moved, 4, again);
    CHECK(again[1] == ids[7] && again[2] == ids[8]);
    CHECK(registry.types[again[3]]->parameters[0] == REF(ids[8]));
    wasm_type_registry_free(&registry);
    CHECK(registry.types == NULL && registry.count == 0);
}

/* A chain of types, each of which refers to the one before: through several growths. */
static void test_many(void) {
    enum { COUNT = 20000 };
    struct wasm_function_type *types = calloc(COUNT, sizeof *types);
    enum wasm_type *parameters = calloc(COUNT, sizeof *parameters);
    uint32_t *ids = calloc(COUNT, sizeof *ids), *again = calloc(COUNT, sizeof *again);
    for (uint32_t i = 0; i < COUNT; i++) {
        parameters[i] = i == 0 ? WASM_I32 : REF(i - 1);
        types[i] = (struct wasm_function_type){
            .parameters = &parameters[i], .parameter_count = 1, .group_first = i, .group_size = 1};
    }
    struct wasm_type_registry registry = {.types = NULL};
    wasm_type_registry_add(&registry, types, COUNT, ids);
    wasm_type_registry_add(&registry, types, COUNT, again);
    CHECK(registry.count == COUNT);
    CHECK(memcmp(ids, again, COUNT * sizeof *ids) == 0);
    wasm_type_registry_free(&registry);
    free(types);
    free(parameters);
    free(ids);
    free(again);
}

int main(void) {
    test_names();
    test_matches();
    test_groups();
    test_many();
    return check_report();
}

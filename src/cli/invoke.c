/*
 * invoke.c - reads arguments by the function's type and prints results; see invoke.h.
 *
 * Integers may be decimal (signed or unsigned) or hexadecimal; floating point is what strtod reads.
 */
#include "cli/invoke.h"

#include "cli/message.h"
#include "wasm/print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static bool read_integer(const char *word, unsigned bits, uint64_t *out) {
    char *end;
    errno = 0;
    if (*word == '-') {
        long long value = strtoll(word, &end, 0);
        *out = (uint64_t)value;
        if (bits == 32 && value < INT32_MIN) return false;
    } else {
        *out = strtoull(word, &end, 0);
        if (bits == 32 && *out > UINT32_MAX) return false;
    }
    return errno == 0 && end != word && *end == '\0';
}

static bool read_value(const char *word, enum wasm_type type, union wasm_value *out) {
    char *end = NULL;
    uint64_t integer;
    switch (type) {
    case WASM_I32:
        if (!read_integer(word, 32, &integer)) return false;
        out->u32 = (uint32_t)integer;
        return true;
    case WASM_I64: return read_integer(word, 64, &out->u64);
    case WASM_F32: out->f32 = strtof(word, &end); break;
    case WASM_F64: out->f64 = strtod(word, &end); break;
    default: return false;
    }
    return end != word && *end == '\0';
}

static void print_value(enum wasm_type type, const union wasm_value *value) {
    switch (type) {
    case WASM_I32: printf("%" PRId32 "\n", value->i32); break;
    case WASM_I64: printf("%" PRId64 "\n", value->i64); break;
    case WASM_F32: printf("%.9g\n", (double)value->f32); break;
    case WASM_F64: printf("%.17g\n", value->f64); break;
    default: printf("%s\n", value->ref == NULL ? "null" : wasm_type_name(type)); break;
    }
}

int invoke_function(struct instance *instance, struct func_ref *function,
                    const struct options *options, struct arena *arena, struct outcome *outcome,
                    struct error *err) {
    const struct wasm_function_type *type = type_from_id(function->type_id);
    uint32_t given = (uint32_t)options->positional_count - 1;
    char described[160];
    *outcome = (struct outcome){.kind = OUTCOME_RETURNED};
    if (given != type->parameter_count) {
        error_set(err, ERROR_USAGE, "'%s' takes %u arguments, not %u; its type is %s",
                  options->invoke, type->parameter_count, given,
                  wasm_print_function_type(type, described, sizeof described));
        return EXIT_USAGE;
    }
    uint32_t count =
        type->parameter_count > type->result_count ? type->parameter_count : type->result_count;
    union wasm_value *slots = arena_array(arena, count, sizeof *slots);
    for (uint32_t i = 0; i < given; i++)
        if (!read_value(options->positional[i + 1], type->parameters[i], &slots[i])) {
            error_set(err, ERROR_USAGE, "argument %u of '%s' is no %s: '%s'", i + 1,
                      options->invoke, wasm_type_name(type->parameters[i]),
                      options->positional[i + 1]);
            return EXIT_USAGE;
        }
    if (instance_call(instance, function, slots, outcome))
        for (uint32_t i = 0; i < type->result_count; i++)
            print_value(type->results[i], &slots[i]);
    return 0;
}

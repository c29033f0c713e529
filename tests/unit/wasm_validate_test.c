/*
 * wasm_validate_test.c - the validator's rules one by one, on bodies in a module with something of
 * every kind; the rules of the module around them; and that its cost stays linear.
 */
#include "check.h"
#include "wasm/instr.h"
#include "wasm/module.h"
#include "wasm_binary.h"

enum { END = 0x0b, I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, VOID = 0x40, EXNREF = 0x69 };

/*
 * Types 0: [] -> [], 1: [i32] -> [i32], 2: [i32 i32] -> [i32 i32], 3: [] -> [i32], 4: [i32] -> [].
 * Function 0: imported, type 1; function 1: imported, type 0, not declared; function 2: the body.
 * Tables 0: funcref, 1: externref; memory 0; globals 0: i32, 1: mutable i64; tags 0: type 0, 1: 4.
 * Element segments 0: passive, function 0; data segments 0: passive.
 */
static struct binary module_with(uint8_t type, const uint8_t *body, size_t size,
                                 bool has_data_count) {
    struct binary b = binary_start();
    SECTION(&b, 1, 5, 0x60, 0, 0, 0x60, 1, I32, 1, I32, 0x60, 2, I32, I32, 2, I32, I32, 0x60, 0, 1,
            I32, 0x60, 1, I32, 0);
    SECTION(&b, 2, 2, 1, 'e', 1, 'f', 0, 1, 1, 'e', 1, 'g', 0, 0);
    SECTION(&b, 3, 1, type);
    SECTION(&b, 4, 2, 0x70, 0, 1, 0x6f, 0, 1);
    SECTION(&b, 5, 1, 0, 1);
    SECTION(&b, 13, 2, 0, 0, 0, 4);
    SECTION(&b, 6, 2, I32, 0, 0x41, 0, END, I64, 1, 0x42, 0, END);
    SECTION(&b, 9, 1, 1, 0, 1, 0);
    if (has_data_count) SECTION(&b, 12, 1);
    binary_code(&b, body, size);
    if (has_data_count) SECTION(&b, 11, 1, 1, 1, 'x');
    return b;
}

static bool check_module(const struct binary *b, struct error *err) {
    struct wasm_module m = {0};
    bool ok = wasm_module_decode(b->bytes, b->size, &m, err) && wasm_module_validate(&m, err);
    wasm_module_free(&m);
    return ok;
}

struct body_case {
    const char *name;
    uint8_t type;
    uint8_t body[48]; /* locals, then instructions */
    size_t size;
    const char *message; /* NULL: valid */
};

#define BODY(...) {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

static const struct body_case body_cases[] = {
    {"empty", 0, BODY(0, END), NULL},
    {"identity", 1, BODY(0, 0x20, 0, END), NULL},
    {"nothing for a result", 1, BODY(0, END), "type mismatch: expected i32, found nothing"},
    {"value left over", 0, BODY(0, 0x41, 0, END), "type mismatch: 1 values too many"},
    {"wrong operand", 3, BODY(0, 0x41, 0, 0x42, 0, 0x6a, END),
     "type mismatch: expected i32, found i64, at i32.add in function func[2]"},
    {"result of the other type", 3, BODY(0, 0x42, 0, END), "expected i32, found i64"},
    {"two results", 2, BODY(0, 0x20, 1, 0x20, 0, END), NULL},
    {"local", 0, BODY(2, 2, I32, 1, I64, 0x20, 2, 0xa7, 0x1a, END), NULL},
    {"local of the wrong type", 0, BODY(2, 2, I32, 1, I64, 0x20, 1, 0xa7, 0x1a, END), "found i32"},
    {"run of no locals", 0, BODY(2, 0, I32, 1, I64, 0x20, 0, 0xa7, 0x1a, END), NULL},
    {"unknown local", 0, BODY(1, 2, I32, 0x20, 2, 0x1a, END), "unknown local 2"},
    {"unknown local of a parameter", 1, BODY(0, 0x20, 1, END), "unknown local 1"},
    /* Blocks */
    {"block", 3, BODY(0, 0x02, I32, 0x41, 1, END, END), NULL},
    {"block cannot reach below", 0, BODY(0, 0x41, 0, 0x02, VOID, 0x1a, END, END), "found nothing"},
    {"block with parameters", 3, BODY(0, 0x41, 0, 0x02, 1, 0x45, END, END), NULL},
    {"unknown block type", 0, BODY(0, 0x02, 9, END, END), "unknown type 9"},
    {"loop label takes parameters", 3, BODY(0, 0x41, 0, 0x03, 1, 0x0c, 0, END, END), NULL},
    {"if without else, unchanged", 1, BODY(0, 0x20, 0, 0x20, 0, 0x04, 1, END, END), NULL},
    {"if without else, changed", 3, BODY(0, 0x41, 0, 0x04, I32, 0x41, 0, END, END),
     "type mismatch: an if without else"},
    {"if else", 3, BODY(0, 0x41, 0, 0x04, I32, 0x41, 0, 0x05, 0x41, 1, END, END), NULL},
    {"else leaves nothing", 3, BODY(0, 0x41, 0, 0x04, I32, 0x41, 0, 0x05, END, END),
     "found nothing"},
    {"else without if", 0, BODY(0, 0x02, VOID, 0x05, END, END), "END opcode expected"},
    {"two elses", 0, BODY(0, 0x41, 0, 0x04, VOID, 0x05, 0x05, END, END), "END opcode expected"},
    {"no end", 0, BODY(0, 0x01), "unexpected end of section or function"},
    {"block not closed", 0, BODY(0, 0x02, VOID, END), "unexpected end of section or function"},
    {"bytes behind the end", 0, BODY(0, END, 0x01), "section size mismatch"},
    /* Branches and unreachable code */
    {"unknown label", 0, BODY(0, 0x0c, 1, END), "unknown label 1"},
    {"branch to the function", 3, BODY(0, 0x41, 0, 0x0c, 0, END), NULL},
    {"br_if keeps its operands", 3, BODY(0, 0x41, 0, 0x41, 0, 0x0d, 0, END), NULL},
    {"br_if without operands", 3, BODY(0, 0x41, 0, 0x0d, 0, 0x41, 0, END), "found nothing"},
    {"br_table", 0, BODY(0, 0x02, VOID, 0x41, 0, 0x0e, 2, 0, 1, 0, END, END), NULL},
    {"br_table with other arity", 0,
     BODY(0, 0x02, I32, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, END, 0x1a, END),
     "labels of br_table carry"},
    {"br_table label unknown", 0, BODY(0, 0x41, 0, 0x0e, 1, 0, 5, END), "unknown label 5"},
    {"br_table cut", 0, BODY(0, 0x41, 0, 0x0e, 9, 0, END), "unexpected end"},
    {"return", 3, BODY(0, 0x41, 0, 0x42, 0, 0x41, 7, 0x0f, END), NULL},
    {"unreachable is any type", 3, BODY(0, 0x00, 0x6a, END), NULL},
    {"unreachable, wrong type", 3, BODY(0, 0x00, 0x42, 0, 0x6a, END), "expected i32, found i64"},
    {"unreachable, too much", 3, BODY(0, 0x00, 0x41, 0, 0x41, 0, END), "1 values too many"},
    {"unreachable ends with the block", 3, BODY(0, 0x02, VOID, 0x00, END, END), "found nothing"},
    {"unreachable select", 0, BODY(0, 0x00, 0x1b, 0x1a, END), NULL},
    {"unreachable br_table of two types", 3,
     BODY(0, 0x02, 0x7c, 0x00, 0x41, 0, 0x0e, 1, 0, 1, END, 0x1a, 0x41, 0, END), NULL},
    {"else is reachable again", 3, BODY(0, 0x41, 0, 0x04, I32, 0x00, 0x05, END, END),
     "found nothing"},
    /* Parametric */
    {"select", 3, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0x1b, END), NULL},
    {"select of two types", 0, BODY(0, 0x41, 0, 0x42, 0, 0x41, 0, 0x1b, 0x1a, END),
     "select between"},
    {"select of references", 0, BODY(0, 0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1b, 0x1a, END),
     "select without a type"},
    {"select with type", 0, BODY(0, 0xd0, 0x70, 0xd0, 0x70, 0x41, 0, 0x1c, 1, 0x70, 0x1a, END),
     NULL},
    {"select with no type", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0x1c, 0, 0x1a, END),
     "invalid result arity"},
    {"drop on nothing", 0, BODY(0, 0x1a, END), "found nothing"},
    /* Calls and indices */
    {"call", 1, BODY(0, 0x20, 0, 0x10, 0, END), NULL},
    {"call without argument", 3, BODY(0, 0x10, 0, END), "found nothing"},
    {"unknown function", 0, BODY(0, 0x10, 3, END), "unknown function 3"},
    {"call_indirect", 1, BODY(0, 0x20, 0, 0x41, 0, 0x11, 1, 0, END), NULL},
    {"call_indirect of externref", 1, BODY(0, 0x20, 0, 0x41, 0, 0x11, 1, 1, END), "type mismatch"},
    {"call_indirect, unknown type", 0, BODY(0, 0x41, 0, 0x11, 7, 0, END), "unknown type 7"},
    {"call_indirect, unknown table", 0, BODY(0, 0x41, 0, 0x11, 0, 2, END), "unknown table 2"},
    {"ref.func", 0, BODY(0, 0xd2, 0, 0x1a, END), NULL},
    {"ref.func, undeclared", 0, BODY(0, 0xd2, 1, 0x1a, END), "undeclared function reference"},
    {"ref.is_null of a number", 3, BODY(0, 0x41, 0, 0xd1, END), "expected a reference"},
    {"global.set", 0, BODY(0, 0x42, 0, 0x24, 1, END), NULL},
    {"immutable global", 0, BODY(0, 0x41, 0, 0x24, 0, END), "immutable global 0"},
    {"unknown global", 0, BODY(0, 0x23, 2, 0x1a, END), "unknown global 2"},
    {"table.set", 0, BODY(0, 0x41, 0, 0xd0, 0x6f, 0x26, 1, END), NULL},
    {"table.set of the wrong type", 0, BODY(0, 0x41, 0, 0xd0, 0x70, 0x26, 1, END), "found funcref"},
    {"table.grow", 3, BODY(0, 0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, END), NULL},
    {"table.copy of two types", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 14, 0, 1, END),
     "type mismatch: table.copy"},
    {"table.init", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 0, END), NULL},
    {"table.init, wrong type", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 1, END),
     "type mismatch: table.init"},
    {"elem.drop, unknown", 0, BODY(0, 0xfc, 13, 1, END), "unknown elem segment 1"},
    /* Memory */
    {"load", 3, BODY(0, 0x41, 0, 0x28, 2, 0, END), NULL},
    {"load, too aligned", 3, BODY(0, 0x41, 0, 0x28, 3, 0, END), "alignment must not be larger"},
    {"load, absurdly aligned", 3, BODY(0, 0x41, 0, 0x28, 0x3f, 0, END), "alignment must not"},
    {"memarg flags", 3, BODY(0, 0x41, 0, 0x28, 0x80, 1, 0, END), "malformed memop flags"},
    {"load, offset of 33 bits", 3, BODY(0, 0x41, 0, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x10, END),
     "offset out of range"},
    {"unknown memory", 3, BODY(0, 0x41, 0, 0x28, 0x42, 1, 0, END), "unknown memory 1"},
    {"memory.init", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0, END), NULL},
    {"memory.init, unknown", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 1, 0, END),
     "unknown data segment 1"},
    {"memory.copy", 0, BODY(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0, END), NULL},
    {"memory.fill of i64", 0, BODY(0, 0x41, 0, 0x42, 0, 0x41, 0, 0xfc, 11, 0, END), "found i64"},
    {"memory.grow", 3, BODY(0, 0x41, 1, 0x40, 0, END), NULL},
    /* Exceptions */
    {"throw", 0, BODY(0, 0x41, 0, 0x08, 1, END), NULL},
    {"throw without its value", 0, BODY(0, 0x08, 1, END), "found nothing"},
    {"throw of an unknown tag", 0, BODY(0, 0x08, 2, END), "unknown tag 2"},
    {"throw_ref", 0, BODY(0, 0xd0, EXNREF, 0x0a, END), NULL},
    {"throw_ref of externref", 0, BODY(0, 0xd0, 0x6f, 0x0a, END), "type mismatch"},
    {"try_table", 3, BODY(0, 0x02, I32, 0x1f, VOID, 1, 0, 1, 0, END, 0x41, 0, END, END), NULL},
    {"catch_ref", 0, BODY(0, 0x02, EXNREF, 0x1f, VOID, 2, 1, 0, 0, 3, 0, END, 0x00, END, 0x1a, END),
     NULL},
    {"catch_ref without a place for it", 0, BODY(0, 0x1f, VOID, 1, 1, 0, 0, END, END),
     "does not take what a catch clause brings"},
    {"catch without a place for its value", 0, BODY(0, 0x1f, VOID, 1, 0, 1, 0, END, END),
     "does not take"},
    {"catch_all", 0, BODY(0, 0x1f, VOID, 1, 2, 0, END, END), NULL},
    {"labels of clauses are those outside", 0, BODY(0, 0x1f, I32, 1, 2, 1, 0x41, 0, END, 0x1a, END),
     "unknown label 1"},
    {"unknown kind of clause", 0, BODY(0, 0x1f, VOID, 1, 4, 0, END, END), "malformed catch clause"},
    {"clauses cut", 0, BODY(0, 0x1f, VOID, 0x7f, 0, 0, 0, END), "unexpected end"},
    {"legacy try", 3, BODY(0, 0x06, I32, 0x41, 0, 0x07, 1, 0x19, 0x41, 2, END, END), NULL},
    {"legacy catch of nothing", 3, BODY(0, 0x06, I32, 0x41, 0, 0x07, 0, END, END), "found nothing"},
    {"catch behind catch_all", 0, BODY(0, 0x06, VOID, 0x19, 0x07, 0, END, END),
     "END opcode expected, found catch"},
    {"catch without try", 0, BODY(0, 0x02, VOID, 0x07, 0, END, END), "END opcode expected"},
    {"rethrow", 0, BODY(0, 0x06, VOID, 0x19, 0x02, VOID, 0x09, 1, END, END, END), NULL},
    {"rethrow outside", 0, BODY(0, 0x06, VOID, 0x09, 0, 0x19, END, END), "invalid rethrow label 0"},
    {"delegate", 3, BODY(0, 0x06, I32, 0x41, 0, 0x18, 0, END), NULL},
    {"delegate, unknown label", 3, BODY(0, 0x06, I32, 0x41, 0, 0x18, 1, END), "unknown label 1"},
    {"delegate behind catch", 0, BODY(0, 0x06, VOID, 0x19, 0x18, 0, END), "found delegate"},
    /* What this version lacks, and what nobody has */
    {"SIMD", 0, BODY(0, 0x41, 0, 0xfd, 15, 0x1a, END), NULL},
    {"relaxed SIMD", 0, BODY(0, 0x41, 0, 0xfd, 15, 0xfd, 0x81, 2, 0x1a, END), NULL},
    {"SIMD, invalid", 0, BODY(0, 0x42, 0, 0xfd, 15, 0x1a, END), "expected i32, found i64"},
    {"lane index", 0, BODY(0, 0x41, 0, 0xfd, 15, 0xfd, 27, 4, 0x1a, END), "invalid lane index 4"},
    {"local of a vector", 0, BODY(1, 1, 0x7b, END), NULL},
    {"tail call", 0, BODY(0, 0x12, 2, END), NULL},
    {"tail call of an unknown function", 0, BODY(0, 0x12, 9, END), "unknown function 9"},
    {"tail call with other results", 0, BODY(0, 0x41, 0, 0x12, 0, END),
     "the callee's results are not those of the function"},
    {"tail call without an argument", 1, BODY(0, 0x12, 0, END), "expected i32, found nothing"},
    {"tail call ends a block", 3, BODY(0, 0x02, VOID, 0x41, 0, 0x12, 0, END, 0x41, 0, END), NULL},
    {"tail call through a table of externref", 0, BODY(0, 0x41, 0, 0x13, 0, 1, END),
     "return_call_indirect through a table of externref"},
    {"tail call of a reference", 0, BODY(0, 0xd0, 0, 0x15, 0, END), NULL},
    {"struct.new", 0, BODY(0, 0xfb, 0, 0, END), "garbage collection"},
    {"atomic.fence", 0, BODY(0, 0xfe, 3, 0, END), NULL},
    {"atomic.fence of what", 0, BODY(0, 0xfe, 3, 1, END), "zero byte expected"},
    {"an atomic code beyond", 0, BODY(0, 0xfe, 0x4f, 2, 0, END), "illegal opcode 0xfe 0x4f"},
    {"atomic load", 3, BODY(0, 0x41, 0, 0xfe, 0x10, 2, 0, END), NULL},
    {"atomic load, less aligned", 3, BODY(0, 0x41, 0, 0xfe, 0x10, 1, 0, END),
     "atomic alignment must be natural"},
    {"atomic load, more aligned", 3, BODY(0, 0x41, 0, 0xfe, 0x10, 3, 0, END),
     "atomic alignment must be natural"},
    {"wait", 3, BODY(0, 0x41, 0, 0x42, 0, 0x42, 0, 0xfe, 2, 3, 0, END), NULL},
    {"wait without a timeout", 3, BODY(0, 0x41, 0, 0x42, 0, 0xfe, 2, 3, 0, END), "found i32"},
    {"ref.null of a number", 0, BODY(0, 0xd0, I32, 0x1a, END), "malformed heap type"},
    /* Typed references */
    {"ref.null of an index", 0, BODY(0, 0xd0, 2, 0x1a, END), NULL},
    {"ref.null of an unknown type", 0, BODY(0, 0xd0, 9, 0x1a, END), "unknown type 9"},
    {"call_ref", 0, BODY(0, 0xd0, 0, 0x14, 0, END), NULL},
    {"call_ref of another type", 0, BODY(0, 0xd0, 1, 0x14, 0, END),
     "expected (ref null 0), found (ref null 1)"},
    {"call_ref of an unknown type", 0, BODY(0, 0xd0, 0, 0x14, 9, END), "unknown type 9"},
    {"ref.func is not null", 0, BODY(1, 1, 0x64, 1, 0xd2, 0, 0x21, 0, 0x20, 0, 0x1a, END), NULL},
    {"null is no (ref 1)", 0, BODY(1, 1, 0x64, 1, 0xd0, 1, 0x21, 0, END),
     "expected (ref 1), found (ref null 1)"},
    {"local without a value", 0, BODY(1, 1, 0x64, 1, 0x20, 0, 0x1a, END), "uninitialized local 0"},
    {"local with a value only in a block", 0,
     BODY(1, 1, 0x64, 1, 0x02, VOID, 0xd2, 0, 0x21, 0, END, 0x20, 0, 0x1a, END),
     "uninitialized local 0"},
    {"local with a value only in then", 0,
     BODY(1, 1, 0x64, 1, 0x41, 0, 0x04, VOID, 0xd2, 0, 0x21, 0, 0x05, 0x20, 0, 0x1a, END, END),
     "uninitialized local 0"},
    {"ref.as_non_null", 0, BODY(1, 1, 0x64, 1, 0xd0, 1, 0xd4, 0x21, 0, END), NULL},
    {"ref.as_non_null of a number", 0, BODY(0, 0x41, 0, 0xd4, 0x1a, END), "expected a reference"},
    {"br_on_null", 0, BODY(0, 0xd0, 1, 0xd5, 0, 0x1a, END), NULL},
    {"br_on_null leaves a reference", 0, BODY(0, 0xd0, 1, 0xd5, 0, END), "1 values too many"},
    {"br_on_non_null", 0, BODY(0, 0x02, 0x64, 1, 0xd0, 1, 0xd6, 0, 0x00, END, 0x1a, END), NULL},
    {"br_on_non_null to nothing", 0, BODY(0, 0xd0, 1, 0xd6, 0, END), "label 0 takes no (ref 1)"},
    {"subtype", 0, BODY(1, 1, 0x70, 0xd2, 0, 0x21, 0, END), NULL},
    {"supertype", 0, BODY(1, 1, 0x63, 1, 0xd0, 0x70, 0x21, 0, END),
     "expected (ref null 1), found funcref"},
    {"nothing is below nofunc", 0, BODY(1, 1, 0x63, 1, 0xd0, 0x73, 0x21, 0, END), NULL},
    {"nofunc is no extern", 0, BODY(1, 1, 0x6f, 0xd0, 0x73, 0x21, 0, END),
     "expected externref, found nullfuncref"},
    {"a reference nobody knows", 0, BODY(0, 0x00, 0xd4, 0x14, 0, END), NULL},
    {"a reference nobody knows is no number", 0, BODY(0, 0x00, 0xd4, 0x45, 0x1a, END),
     "expected i32, found a reference"},
    {"illegal opcode", 0, BODY(0, 0xff, END), "illegal opcode 0xff"},
    {"illegal opcode with prefix", 0, BODY(0, 0xfc, 30, END), "illegal opcode 0xfc 0x1e"},
};

static void test_bodies(void) {
    for (size_t i = 0; i < sizeof body_cases / sizeof body_cases[0]; i++) {
        const struct body_case *c = &body_cases[i];
        struct binary b = module_with(c->type, c->body, c->size, true);
        struct error err = {0};
        check_context = c->name;
        CHECK(check_module(&b, &err) == (c->message == NULL));
        CHECK_TEXT(err.message, c->message == NULL ? "" : c->message);
        CHECK(c->message != NULL || err.message[0] == '\0');
    }
    check_context = NULL;
    struct binary b =
        module_with(0, BYTES(0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0, END), false);
    struct error err = {0};
    CHECK(!check_module(&b, &err) && err.code == ERROR_MALFORMED);
    CHECK_TEXT(err.message, "data count section required");
}

static void check_invalid(struct binary b, const char *message) {
    struct error err = {0};
    check_context = message;
    CHECK(!check_module(&b, &err) && err.code == ERROR_INVALID);
    CHECK_TEXT(err.message, message);
    check_context = NULL;
}

static void check_valid(struct binary b) {
    struct error err = {0};
    CHECK(check_module(&b, &err));
    CHECK(err.message[0] == '\0');
}

static struct binary with(uint8_t id, const uint8_t *content, size_t size) {
    struct binary b = binary_start();
    SECTION(&b, 1, 2, 0x60, 0, 0, 0x60, 1, I32, 0);
    SECTION(&b, 2, 4, 0, 1, 'f', 0, 0, 0, 1, 'g', 0, 1, 0, 1, 'c', 3, I32, 0, 0, 1, 'v', 3, I32, 1);
    binary_section(&b, id, content, size);
    return b;
}

static void test_modules(void) {
    check_invalid(with(4, BYTES(1, 0x70, 1, 2, 1)), "size minimum must not be greater");
    check_invalid(with(4, BYTES(1, 0x70, 0, 0x80, 0x80, 0x80, 0x80, 0x10)), "table size");
    check_invalid(with(5, BYTES(1, 1, 0, 0x81, 0x80, 4)),
                  "memory size must be at most 65536 pages");
    check_invalid(with(5, BYTES(1, 0, 0x81, 0x80, 4)), "memory size must be at most 65536 pages");
    check_invalid(with(6, BYTES(1, I32, 0, 0x42, 0, END)), "expected i32, found i64");
    check_invalid(with(6, BYTES(1, I32, 0, END)), "found nothing");
    check_invalid(with(6, BYTES(1, I32, 0, 0x23, 1, END)), "constant expression required");
    check_invalid(with(6, BYTES(1, I32, 0, 0x23, 2, END)), "unknown global 2");
    check_invalid(with(6, BYTES(1, I32, 0, 0x41, 0, 0x45, END)), "constant expression required");
    check_invalid(with(6, BYTES(1, I32, 0, 0x02, I32, 0x41, 0, END, END)),
                  "constant expression required");
    check_invalid(with(6, BYTES(1, I32, 0, 0x41, 1, 0x42, 0, 0x6a, END)), "found i64");
    check_invalid(with(4, BYTES(1, 0x40, 0, 0x70, 0, 1, 0x41, 0, END)), "expected funcref");
    check_invalid(with(6, BYTES(1, 0x70, 0, 0xd2, 2, END)), "unknown function 2");
    check_invalid(with(7, BYTES(2, 1, 'x', 0, 0, 1, 'x', 3, 0)), "duplicate export name");
    check_invalid(with(7, BYTES(1, 1, 'x', 2, 0)), "unknown memory 0");
    check_invalid(with(8, BYTES(1)), "start function");
    check_invalid(with(8, BYTES(2)), "unknown function 2");
    check_invalid(with(9, BYTES(1, 0, 0x41, 0, END, 0)), "unknown table 0");
    check_invalid(with(9, BYTES(1, 1, 0, 1, 9)), "unknown function 9");
    check_invalid(with(9, BYTES(1, 5, 0x6f, 1, 0xd2, 0, END)), "expected externref, found (ref 0)");
    check_invalid(with(4, BYTES(1, 0x64, 0x70, 0, 1)), "needs an initial value");
    check_invalid(with(4, BYTES(1, 0x63, 9, 0, 1)), "unknown type 9");
    check_invalid(with(6, BYTES(1, 0x64, 0, 0, 0xd2, 1, END)), "expected (ref 0), found (ref 1)");
    check_valid(with(6, BYTES(1, 0x64, 0, 0, 0xd2, 0, END)));
    check_valid(with(4, BYTES(1, 0x40, 0, 0x64, 0x70, 0, 1, 0xd2, 0, END)));
    check_invalid(with(11, BYTES(1, 0, 0x41, 0, END, 0)), "unknown memory 0");

    check_valid(with(5, BYTES(1, 1, 0, 0x80, 0x80, 4))); /* 65,536 pages */
    check_valid(with(5, BYTES(2, 0, 1, 0, 1)));
    check_valid(with(5, BYTES(1, 3, 1, 2)));
    check_invalid(with(5, BYTES(1, 2, 1)), "shared memory must have maximum");
    check_valid(with(5, BYTES(1, 4, 0x80, 0x80, 8)));
    check_valid(
        with(6, BYTES(1, 0x7b, 1, 0xfd, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, END)));
    check_valid(with(6, BYTES(1, I32, 0, 0x41, 1, 0x23, 0, 0x6a, END)));
    check_valid(with(6, BYTES(2, I32, 0, 0x41, 1, END, I32, 0, 0x23, 2, END)));
    check_valid(with(4, BYTES(1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, END)));
}

/* A function of 200,000 nested blocks around a br_table with as many labels: no recursion, and
 * done in a moment (TIMEOUT). */
static void test_deep(void) {
    enum { DEPTH = 200000, BODY_SIZE = 1 + 2 * DEPTH + 6 + 2 * (DEPTH + 1) };
    struct binary b = binary_start(), size = {.size = 0};
    SECTION(&b, 1, 1, 0x60, 0, 0);
    SECTION(&b, 3, 1, 0);
    binary_put_leb(&size, BODY_SIZE);
    binary_put(&b, BYTES(10));
    binary_put_leb(&b, (uint32_t)(1 + size.size + BODY_SIZE));
    binary_put(&b, BYTES(1));
    binary_put(&b, size.bytes, size.size);

    uint8_t *bytes = malloc(b.size + BODY_SIZE), *at = bytes + b.size;
    memcpy(bytes, b.bytes, b.size);
    *at++ = 0; /* locals */
    for (int i = 0; i < DEPTH; i++) {
        *at++ = 0x02;
        *at++ = VOID;
    }
    memcpy(at, (uint8_t[]){0x41, 0, 0x0e, 0xc0, 0x9a, 0x0c}, 6); /* br_table of DEPTH labels */
    at += 6;
    memset(at, 0, DEPTH + 1);
    at += DEPTH + 1;
    memset(at, END, DEPTH + 1);
    at += DEPTH + 1;

    struct wasm_module m = {0};
    struct error err = {0};
    CHECK(wasm_module_decode(bytes, (size_t)(at - bytes), &m, &err));
    CHECK(wasm_module_validate(&m, &err));
    CHECK(strcmp(err.message, "") == 0);
    wasm_module_free(&m);
    free(bytes);
}

int main(void) {
    test_bodies();
    test_modules();
    test_deep();
    return check_report();
}

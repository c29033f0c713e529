/*
 * exceptions.cc - C++ as compilers make it for WebAssembly: catching by type, destructors,
 * rethrowing, exceptions through calls by pointer; and deep recursion. The library part of C++'s
 * exceptions, which sysroots may lack, is the small one below: exact types, one exception at a time
 * per throw.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <typeinfo>

__asm__(".tagtype __cpp_exception i32\n"
        ".globl __cpp_exception\n"
        "__cpp_exception:\n");

struct Header {
    const std::type_info *type;
    void *(*destroy)(void *); /* destructors return the object in this ABI */
    unsigned catches;
    Header *outer; /* of those being handled */
};

static Header *handled;

static Header *header_of(void *object) {
    return (Header *)((char *)object - sizeof(Header));
}

static uint32_t read_uleb(const uint8_t *&at) {
    uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *at++;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
}

static int32_t read_sleb(const uint8_t *&at) {
    int32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *at++;
        value |= (int32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return shift + 7 < 32 && (byte & 0x40) ? value | -((int32_t)1 << (shift + 7)) : value;
    }
}

extern "C" {

struct {
    uint32_t pad;
    const uint8_t *table;
    int32_t selector;
} __wasm_lpad_context;

void __gxx_personality_wasm0(void) {
}

/* Which of the landing pad's clauses wants the exception? Compiled code asks here. */
int _Unwind_CallPersonality(void *object) {
    const uint8_t *at = __wasm_lpad_context.table + 2; /* behind two encodings */
    const uint8_t *types = NULL;
    if (at[-1] != 0xff) {
        uint32_t offset = read_uleb(at);
        types = at + offset;
    }
    at++;
    uint32_t size = read_uleb(at), action = 0;
    const uint8_t *actions = at + size;
    for (uint32_t i = 0; i <= __wasm_lpad_context.pad; i++) {
        read_uleb(at);
        action = read_uleb(at);
    }
    __wasm_lpad_context.selector = 0;
    for (const uint8_t *next = action == 0 ? NULL : actions + action - 1; next != NULL;) {
        int32_t index = read_sleb(next);
        const uint8_t *here = next;
        int32_t offset = read_sleb(next);
        if (index > 0) {
            const std::type_info *type = ((const std::type_info *const *)types)[-index];
            if (type == NULL || *type == *header_of(object)->type) {
                __wasm_lpad_context.selector = index;
                break;
            }
        }
        next = offset == 0 ? NULL : here + offset;
    }
    return 6;
}

void *__cxa_allocate_exception(size_t size) {
    return (Header *)calloc(1, sizeof(Header) + size) + 1;
}

void __cxa_throw(void *object, std::type_info *type, void *(*destroy)(void *)) {
    header_of(object)->type = type;
    header_of(object)->destroy = destroy;
    __builtin_wasm_throw(0, object);
}

void *__cxa_begin_catch(void *object) {
    Header *header = header_of(object);
    if (header->catches++ == 0) {
        header->outer = handled;
        handled = header;
    }
    return object;
}

void __cxa_end_catch(void) {
    Header *header = handled;
    if (--header->catches > 0) return;
    handled = header->outer;
    if (header->destroy != NULL) header->destroy(header + 1);
    free(header);
}

void __cxa_rethrow(void) {
    Header *header = handled;
    header->catches++; /* the handler that is left ends its catch */
    __builtin_wasm_throw(0, header + 1);
}
}

struct Failure {
    int code;
    explicit Failure(int code) : code(code) {
    }
    Failure(const Failure &other) : code(other.code) {
    }
    ~Failure() {
        printf("failure %d ends\n", code);
    }
};

struct Guard {
    const char *name;
    explicit Guard(const char *name) : name(name) {
    }
    ~Guard() {
        printf("%s ends\n", name);
    }
};

__attribute__((noinline)) static void fail(int kind) {
    Guard guard("fail");
    if (kind == 1) throw 42;
    if (kind == 2) throw Failure(7);
    if (kind == 3) throw 2.5;
    if (kind == 4) throw "text";
}

__attribute__((noinline)) static void pass_on(int kind) {
    Guard guard("pass_on");
    try {
        fail(kind);
    } catch (double number) {
        printf("a double %g, again\n", number);
        throw;
    }
    printf("nothing happened\n");
}

static void (*volatile by_pointer)(int) = pass_on;

static void attempt(int kind) {
    try {
        by_pointer(kind);
    } catch (int number) {
        printf("int %d\n", number);
    } catch (const Failure &failure) {
        printf("failure %d\n", failure.code);
        try {
            fail(1);
        } catch (int inner) {
            printf("inside %d\n", inner);
        }
    } catch (double number) {
        printf("double %g\n", number);
    } catch (...) {
        printf("something\n");
    }
}

__attribute__((noinline)) static int deep(int depth) {
    if (depth == 0) throw 5;
    return deep(depth - 1) + 1;
}

static double sum;

int main(int argc, char **argv) {
    for (int kind = 0; kind <= 4; kind++)
        attempt(kind);
    try {
        deep(100000);
    } catch (int number) {
        printf("from the deep: %d\n", number);
    }
    for (int i = 0; i < 100000; i++) {
        try {
            if (i % 3 != 0) throw i;
            sum += 0.5;
        } catch (int number) {
            sum += number;
        }
    }
    printf("sum %g\n", sum);
    if (argc > 1) pass_on(2);
    return 0;
}

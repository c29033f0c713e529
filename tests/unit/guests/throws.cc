/*
 * throws.cc - the guest of exceptions_test.c: exceptions around calls through the host and back.
 * Without any library; `catch (...)` needs no more than the functions below.
 */
#define EXPORT(name) extern "C" __attribute__((export_name(#name), noinline)) int name

__asm__(".tagtype __cpp_exception i32\n"
        ".globl __cpp_exception\n"
        "__cpp_exception:\n");

extern "C" {
typedef int function(int);
__attribute__((import_module("host"), import_name("call"))) int host_call(function *, int);
__attribute__((import_module("host"), import_name("try"))) int host_try(function *, int);

static int handling;
void *__cxa_begin_catch(void *object) {
    handling++;
    return object;
}
void __cxa_end_catch() {
    handling--;
}
void __gxx_personality_wasm0() {
}
}

namespace std {
void terminate() noexcept {
    __builtin_trap();
}
} // namespace std

EXPORT(give)(int number) {
    return number + 1;
}

EXPORT(thrower)(int number) {
    if (number != 0) __builtin_wasm_throw(0, (void *)number);
    return 0;
}

EXPORT(catcher)(int number) {
    try {
        return thrower(number);
    } catch (...) {
        return 100 + handling;
    }
}

/* Not caught: the exception does not leave the host's function. */
EXPORT(around_call)(int number) {
    try {
        return host_call(thrower, number);
    } catch (...) {
        return -1;
    }
}

EXPORT(inside)(int number) {
    return host_call(catcher, number);
}

/* A host that goes on when its callback failed. */
EXPORT(around_try)(int number) {
    try {
        return host_try(thrower, number) + thrower(number);
    } catch (...) {
        return 200 + handling;
    }
}

/* Exceptions on both sides of the host's frames at once. */
static int deeper(int number) {
    try {
        thrower(1);
    } catch (...) {
        return number == 0 ? 0 : host_call(deeper, number - 1) + 1;
    }
    return -1;
}

EXPORT(both_sides)(int number) {
    try {
        thrower(number);
    } catch (...) {
        return host_call(deeper, number);
    }
    return -1;
}

EXPORT(many)(int count) {
    int caught = 0;
    for (int i = 0; i < count; i++)
        caught += catcher(i + 1) == 101;
    return caught;
}

/*
 * traps.c - the guest of runtime_test.c, compiled without any library: one function for each way
 * a guest can end.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name), noinline))
#define HOST(name) __attribute__((import_module("host"), import_name(#name)))

HOST(call) int32_t host_call(int32_t function, int32_t argument);
HOST(sort) void host_sort(int32_t *numbers, int32_t count, int32_t compare);
HOST(read) int32_t host_read(int32_t address);
HOST(crash) int32_t host_crash(int32_t argument);
HOST(give_up) void host_give_up(int32_t argument);
HOST(leave) void host_leave(int32_t code);
HOST(allocate) int32_t host_allocate(int32_t size, int32_t alignment);
__attribute__((import_module("other"), import_name("twice"))) double other_twice(double number);

typedef int32_t function(int32_t);
static volatile int32_t sink;

EXPORT(add) int64_t add(int32_t a, int64_t b) {
    return a + b;
}
EXPORT(half) double half(float a) {
    return a / 2;
}
EXPORT(twice) double twice(double a) {
    return other_twice(a);
}

EXPORT(load) int32_t load(uint32_t address) {
    return *(volatile int32_t *)address;
}
EXPORT(load_far) int32_t load_far(uint32_t address) {
    return ((volatile int32_t *)address)[0x0fffffff];
}
EXPORT(store) void store(uint32_t address) {
    *(volatile int32_t *)address = 7;
}
EXPORT(divide) int32_t divide(int32_t a, int32_t b) {
    return a / b;
}
EXPORT(remainder) int64_t remainder(int64_t a, int64_t b) {
    return a % b;
}
EXPORT(convert) int32_t convert(double number) {
    return __builtin_wasm_trunc_s_i32_f64(number);
}
EXPORT(give) int32_t give(int32_t argument) {
    return argument + 1;
}
EXPORT(stop) int32_t stop(int32_t argument) {
    __builtin_trap();
}
/* On the native stack alone: the stack of arrays in linear memory ends otherwise. */
EXPORT(recurse) int32_t recurse(int32_t depth) {
    return depth < 0 ? 0 : recurse(depth + 1) + sink;
}

EXPORT(leave) int32_t leave(int32_t code) {
    host_leave(code);
    return code;
}
EXPORT(give_up) int32_t give_up(int32_t argument) {
    host_give_up(argument);
    return argument;
}
EXPORT(read) int32_t read_by_host(int32_t address) {
    return host_read(address);
}
EXPORT(crash) int32_t crash(int32_t argument) {
    return host_crash(argument);
}

/* Calls through a table entry of any number, and of the wrong type. */
EXPORT(indirect) int32_t indirect(uint32_t index) {
    return ((function *)index)(41);
}
EXPORT(indirect_wrong) double indirect_wrong(void) {
    double (*volatile wrong)(double, double) = (double (*)(double, double))(uintptr_t)give;
    return wrong(1, 2);
}

/* Guest, host, guest: functions of the table that the host calls back. */
EXPORT(nested_give) int32_t nested_give(int32_t argument) {
    return host_call((int32_t)(uintptr_t)give, argument);
}
EXPORT(nested_stop) int32_t nested_stop(int32_t argument) {
    return host_call((int32_t)(uintptr_t)stop, argument) + 1;
}
EXPORT(nested_leave) int32_t nested_leave(int32_t code) {
    return host_call((int32_t)(uintptr_t)leave, code) + 1;
}
EXPORT(nested_nothing) int32_t nested_nothing(int32_t argument) {
    return host_call(0, argument);
}
EXPORT(nested_endless) int32_t nested_endless(int32_t argument) {
    return host_call((int32_t)(uintptr_t)nested_endless, argument + 1);
}
EXPORT(nested_twice) int32_t nested_twice(int32_t argument) {
    return host_call((int32_t)(uintptr_t)nested_stop, argument) + 1;
}

static int32_t compare(const int32_t *a, const int32_t *b) {
    if (*a == 13 || *b == 13) __builtin_trap();
    return *a < *b ? -1 : *a > *b;
}
EXPORT(sort) int32_t sort(int32_t with_trap) {
    int32_t numbers[] = {5, 3, 9, 1, with_trap ? 13 : 7};
    host_sort(numbers, 5, (int32_t)(uintptr_t)compare);
    return numbers[0] * 10000 + numbers[1] * 1000 + numbers[2] * 100 + numbers[3] * 10 + numbers[4];
}

EXPORT(grow) int32_t grow(int32_t pages) {
    return __builtin_wasm_memory_grow(0, pages);
}
EXPORT(pages) int32_t pages(void) {
    return __builtin_wasm_memory_size(0);
}

/* An allocator that only counts up. */
extern char __heap_base;
static uint32_t heap;
EXPORT(aligned_alloc) uint32_t aligned_alloc(uint32_t alignment, uint32_t size) {
    if (heap == 0) heap = (uint32_t)(uintptr_t)&__heap_base;
    uint32_t address = (heap + alignment - 1) & -alignment;
    heap = address + size;
    return address;
}
EXPORT(malloc) uint32_t malloc(uint32_t size) {
    return aligned_alloc(16, size);
}
static uint32_t freed;
EXPORT(free) void free(uint32_t address) {
    freed = address;
}
EXPORT(allocate) int32_t allocate(int32_t size, int32_t alignment) {
    int32_t address = host_allocate(size, alignment);
    return freed == (uint32_t)address ? address : 0;
}

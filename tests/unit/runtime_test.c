/*
 * runtime_test.c - instances of a real, compiled guest (guests/traps.c): linking, calling, every
 * kind of trap with its backtrace, calls nested between host and guest, exits, faults of the host.
 */
#include "runtime/instance.h"

#include "base/file.h"
#include "base/sanitizer.h"
#include "cache/cache.h"
#include "check.h"
#include "wasm/print.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IS_SANITIZED = HAS_ASAN || HAS_TSAN };

static struct cache_artifact file; /* the guest, compiled */
static char log_text[256];         /* what the layer was asked to do */
static int reports;

/* --- the host layer ----------------------------------------------------------------------- */

static bool host_instantiate(const struct host_config *config, struct guest *guest, void **state,
                             struct error *err) {
    strcat(log_text, "instantiate ");
    *state = guest;
    return true;
}

static int host_finish(void *state, int code, bool trapped) {
    strcat(log_text, trapped ? "finish-trapped " : "finish ");
    return code == 3 ? 4 : code;
}

static void host_destroy(void *state) {
    strcat(log_text, "destroy ");
}

static int32_t host_call(struct guest *guest, int32_t function, int32_t argument) {
    union wasm_value slots[1] = {{.i32 = argument}};
    char signature[16];
    if (guest->operations->function_signature(guest, (uint32_t)function, signature,
                                              sizeof signature)) {
        CHECK(strcmp(signature, "i:i") == 0);
        CHECK(!guest->operations->function_signature(guest, (uint32_t)function, signature, 3));
    }
    if (!guest->operations->call_function(guest, (uint32_t)function, slots)) {
        CHECK(guest->operations->report_pending(guest) == (argument == 0 ? 0 : TRAP_EXIT_CODE));
        guest->operations->resume_unwind(guest);
    }
    return slots[0].i32;
}

/* A callback below a frame of libc's, as below MPI's: the outcome waits until that is left. */
static struct guest *sorting;
static int32_t sort_function;
static bool sort_failed;

static int sort_compare(const void *a, const void *b) {
    union wasm_value slots[2] = {{.u64 = (uint64_t)((const uint8_t *)a - sorting->memory)},
                                 {.u64 = (uint64_t)((const uint8_t *)b - sorting->memory)}};
    if (sort_failed) return 0;
    if (sorting->operations->call_function(sorting, (uint32_t)sort_function, slots))
        return slots[0].i32;
    sort_failed = true;
    return 0;
}

/* A sort in place, with frames of its own between guest and guest. libc's qsort may copy. */
static void sort_in_place(int32_t *numbers, int32_t count) {
    for (int32_t i = 1; i < count; i++)
        for (int32_t j = i; j > 0 && sort_compare(&numbers[j], &numbers[j - 1]) < 0; j--) {
            int32_t number = numbers[j];
            numbers[j] = numbers[j - 1];
            numbers[j - 1] = number;
        }
}

static void host_sort(struct guest *guest, int32_t numbers, int32_t count, int32_t function) {
    sorting = guest;
    sort_function = function;
    sort_failed = false;
    CHECK(guest_range_ok(guest, (uint32_t)numbers, (uint64_t)count * 4));
    sort_in_place((int32_t *)(guest->memory + (uint32_t)numbers), count);
    if (sort_failed) guest->operations->resume_unwind(guest);
}

static int32_t host_read(struct guest *guest, int32_t address) {
    int32_t number;
    /* On purpose without a check, as a library would that was given too long a buffer. */
    memcpy(&number, guest->memory + (uint32_t)address, sizeof number);
    return number;
}

static int32_t host_crash(struct guest *guest, int32_t argument) {
    volatile int32_t *nowhere = (volatile int32_t *)(intptr_t)argument;
    return *nowhere;
}

static void host_trap(struct guest *guest, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    guest->operations->trap(guest, format, arguments);
    va_end(arguments);
}

static void host_give_up(struct guest *guest, int32_t argument) {
    host_trap(guest, "the host does\nnot like %d", argument);
    abort(); /* not a tail call: this function's frame is expected in the backtrace */
}

static void host_leave(struct guest *guest, int32_t code) {
    guest->operations->exit(guest, code);
}

static int32_t host_allocate(struct guest *guest, int32_t size, int32_t alignment) {
    uint64_t address = guest->operations->allocate(guest, (uint32_t)size, (uint32_t)alignment);
    CHECK(address % (uint32_t)alignment == 0);
    guest->operations->release(guest, address);
    return (int32_t)address;
}

static const struct host_function functions[] = {
    {"host", "call", "i:ii", HOST_CODE(host_call)},
    {"host", "sort", ":iii", HOST_CODE(host_sort)},
    {"host", "read", "i:i", HOST_CODE(host_read)},
    {"host", "crash", "i:i", HOST_CODE(host_crash)},
    {"host", "give_up", ":i", HOST_CODE(host_give_up)},
    {"host", "leave", ":i", HOST_CODE(host_leave)},
    {"host", "allocate", "i:ii", HOST_CODE(host_allocate)},
};

static const struct host_module host = {.abi_version = HOST_MODULE_ABI_VERSION,
                                        .name = "host",
                                        .functions = functions,
                                        .function_count = sizeof functions / sizeof functions[0],
                                        .instantiate = host_instantiate,
                                        .finish = host_finish,
                                        .destroy = host_destroy};

static double other_twice(void *state, double number) {
    CHECK(state == NULL);
    return 2 * number;
}

/* Two functions of one name: the one of the right type is taken. */
static const struct host_function other_functions[] = {
    {"other", "twice", "F:F", HOST_CODE(other_twice)},
    {"other", "twice", "f:f", HOST_CODE(host_crash)},
};
static const struct host_module other = {.abi_version = HOST_MODULE_ABI_VERSION,
                                         .name = "other",
                                         .functions = other_functions,
                                         .function_count = 2};

/* --- making and calling ------------------------------------------------------------------- */

struct world {
    struct artifact *artifact;
    struct store *store;
    struct linker *linker;
    struct instance *instance;
};

static void report(void *user, const struct outcome *outcome) {
    reports++;
}

static struct world world_make(void) {
    static const struct instance_options options = {.report = report};
    struct world world = {.store = store_create(), .linker = linker_create()};
    struct outcome outcome;
    struct error err = {0};
    log_text[0] = '\0';
    linker_add_host(world.linker, &host);
    linker_add_host(world.linker, &other);
    bool ok =
        artifact_open(file.path, file.fd, &world.artifact, &err) &&
        instance_create(world.store, world.artifact, world.linker, &options, &world.instance, &err);
    if (!ok) {
        printf("%s\n", err.message);
        exit(1);
    }
    CHECK(instance_initialize(world.instance, &outcome));
    return world;
}

static void world_free(struct world *world) {
    linker_free(world->linker);
    store_free(world->store);
    artifact_close(world->artifact);
}

static struct outcome call(struct world *world, const char *name, union wasm_value *slots) {
    struct external function;
    static struct outcome outcome;
    check_context = name;
    memset(&outcome, 0x5a, sizeof outcome);
    if (!instance_export(world->instance, name, strlen(name), &function)) {
        CHECK(!"exported");
        exit(1);
    }
    bool ok = instance_call(world->instance, function.function, slots, &outcome);
    CHECK(ok == (outcome.kind == OUTCOME_RETURNED));
    return outcome;
}

static int32_t call_i32(struct world *world, const char *name, int32_t argument) {
    union wasm_value slots[2] = {{.i32 = argument}, {.i32 = 0}};
    struct outcome outcome = call(world, name, slots);
    CHECK(outcome.kind == OUTCOME_RETURNED);
    return slots[0].i32;
}

static char report_text[8192];

/* The call traps; the report's first lines are as expected. */
static void expect_trap(struct world *world, const char *name, union wasm_value a,
                        union wasm_value b, enum trap_kind kind, const char *expected) {
    union wasm_value slots[2] = {a, b};
    struct outcome outcome = call(world, name, slots);
    CHECK(outcome.kind == OUTCOME_TRAPPED);
    CHECK(outcome.kind == OUTCOME_TRAPPED && outcome.trap == kind);
    CHECK(outcome.exit_code == TRAP_EXIT_CODE);
    outcome_report(&outcome, report_text, sizeof report_text);
    CHECK_TEXT(report_text, expected);
    CHECK(strncmp(report_text, "trap: ", 6) == 0);
}

#define I32(n) ((union wasm_value){.i32 = (n)})
#define U32(n) ((union wasm_value){.u32 = (n)})
#define I64(n) ((union wasm_value){.i64 = (n)})
#define F64(n) ((union wasm_value){.f64 = (n)})

static void test_calls(void) {
    struct world world = world_make();
    union wasm_value slots[2] = {I32(-5), I64(1000000000000)};
    CHECK(call(&world, "add", slots).kind == OUTCOME_RETURNED);
    CHECK(slots[0].i64 == 999999999995);
    slots[0].f32 = 5;
    CHECK(call(&world, "half", slots).kind == OUTCOME_RETURNED && slots[0].f64 == 2.5);
    slots[0].f64 = 21;
    CHECK(call(&world, "twice", slots).kind == OUTCOME_RETURNED && slots[0].f64 == 42);
    CHECK(call_i32(&world, "nested_give", 41) == 42);
    CHECK(call_i32(&world, "sort", 0) == 13579);
    slots[0] = I32(100), slots[1] = I32(4096);
    CHECK(call(&world, "allocate", slots).kind == OUTCOME_RETURNED && slots[0].u32 != 0);
    slots[0] = I32(1 << 30), slots[1] = I32(8); /* "succeeds" beyond the memory: refused */
    CHECK(call(&world, "allocate", slots).kind == OUTCOME_RETURNED && slots[0].u32 == 0);

    struct guest *guest = instance_guest(world.instance);
    uint64_t before = *guest->memory_size;
    uint8_t *base = guest->memory;
    CHECK((uintptr_t)base % (2 << 20) == 0);
    CHECK(call_i32(&world, "grow", 10) == (int32_t)(before >> 16));
    CHECK(*guest->memory_size == before + 10 * 65536 && guest->memory == base);
    CHECK(call_i32(&world, "pages", 0) == (int32_t)(before >> 16) + 10);
    CHECK(call_i32(&world, "load", (int32_t)(before + 10 * 65536 - 4)) == 0);
    CHECK(call_i32(&world, "grow", 65535) == -1);
    CHECK(call_i32(&world, "grow", -1) == -1);

    struct external none;
    CHECK(!instance_export(world.instance, "nothing", 7, &none));
    CHECK(strcmp(log_text, "instantiate ") == 0);
    CHECK(instance_finish(world.instance, 3, false) == 4);
    CHECK(strcmp(log_text, "instantiate finish destroy ") == 0);
    world_free(&world);
    CHECK(strcmp(log_text, "instantiate finish destroy ") == 0);
}

/* Of the bytes of an i32, where the baseline has no unaligned loads and they are loaded one by one.
 */
#if defined(__riscv)
enum { BYTE_LOADED_FIRST = 1 };
#else
enum { BYTE_LOADED_FIRST = 0 };
#endif

static void test_traps(void) {
    struct world world = world_make();
    uint32_t size = (uint32_t)*instance_guest(world.instance)->memory_size;
    char expected[256];
    snprintf(expected, sizeof expected,
             "trap: out of bounds memory access: address 0x%x, the memory has 0x%x bytes\n"
             "    in load (function ",
             size + BYTE_LOADED_FIRST, size);
    /* Twice through everything: a trap leaves the process able to run on. */
    for (int round = 0; round < 2; round++) {
        expect_trap(&world, "load", U32(size), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, expected);
        expect_trap(&world, "load", U32(size - 3), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in load");
        expect_trap(&world, "load", U32(0xffffffff), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in load");
        expect_trap(&world, "load_far", U32(0xffffffff), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS,
                    "in load_far");
        expect_trap(&world, "store", U32(size), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in store");
        expect_trap(&world, "divide", I32(1), I32(0), TRAP_INTEGER_DIVIDE_BY_ZERO,
                    "trap: integer divide by zero\n    in divide (function ");
        expect_trap(&world, "remainder", I64(1), I64(0), TRAP_INTEGER_DIVIDE_BY_ZERO,
                    "in remainder");
        expect_trap(&world, "divide", I32(INT32_MIN), I32(-1), TRAP_INTEGER_OVERFLOW, "in divide");
        expect_trap(&world, "convert", F64(1e10), I32(0), TRAP_INTEGER_OVERFLOW, "in convert");
        expect_trap(&world, "convert", F64(__builtin_nan("")), I32(0), TRAP_INVALID_CONVERSION,
                    "in convert");
        expect_trap(&world, "stop", I32(0), I32(0), TRAP_UNREACHABLE,
                    "trap: unreachable\n    in stop (function ");
        expect_trap(&world, "indirect", U32(100000), I32(0), TRAP_UNDEFINED_ELEMENT,
                    "undefined element");
        expect_trap(&world, "indirect", U32(0), I32(0), TRAP_UNINITIALIZED_ELEMENT,
                    "uninitialized element");
        expect_trap(&world, "indirect_wrong", I32(0), I32(0), TRAP_INDIRECT_CALL_TYPE,
                    "indirect call type mismatch");
        expect_trap(&world, "recurse", I32(0), I32(0), TRAP_STACK_OVERFLOW,
                    "trap: call stack exhausted\n    in recurse (function ");
        CHECK_TEXT(report_text, "    ...\n");
        expect_trap(&world, "give_up", I32(5), I32(0), TRAP_HOST,
                    "trap: host function failed: the host does not like 5\n"
                    "    in give_up (of the host)\n"
                    "    in give_up (function ");
        CHECK(call_i32(&world, "give", 1) == 2);
    }
    CHECK(instance_finish(world.instance, 134, true) == 134);
    CHECK_TEXT(log_text, "finish-trapped destroy");
    world_free(&world);
}

static void test_nesting(void) {
    struct world world = world_make();
    for (int round = 0; round < 2; round++) {
        reports = 0;
        expect_trap(&world, "nested_stop", I32(1), I32(0), TRAP_UNREACHABLE,
                    "trap: unreachable\n    in stop (function ");
        CHECK(reports == 1);
        CHECK_TEXT(report_text, ")\n    in call (of the host)\n    in nested_stop (function ");
        expect_trap(&world, "nested_twice", I32(1), I32(0), TRAP_UNREACHABLE, "in stop");
        CHECK_TEXT(report_text, ")\n    in call (of the host)\n    in nested_stop (function ");
        CHECK_TEXT(report_text, ")\n    in call (of the host)\n    in nested_twice (function ");
        CHECK(reports == 3);
        expect_trap(&world, "sort", I32(1), I32(0), TRAP_UNREACHABLE, "in compare");
        CHECK_TEXT(report_text, ")\n    in sort (of the host)\n    in sort (function ");
        expect_trap(&world, "nested_nothing", I32(1), I32(0), TRAP_UNINITIALIZED_ELEMENT,
                    "the host calls function 0");
        expect_trap(&world, "nested_endless", I32(0), I32(0), TRAP_STACK_OVERFLOW,
                    "call stack exhausted");
        CHECK(call_i32(&world, "nested_give", 1) == 2);

        union wasm_value slots[1] = {I32(23)};
        struct outcome outcome = call(&world, "leave", slots);
        CHECK(outcome.kind == OUTCOME_EXITED && outcome.exit_code == 23);
        slots[0] = I32(0);
        outcome = call(&world, "nested_leave", slots);
        CHECK(outcome.kind == OUTCOME_EXITED && outcome.exit_code == 0);
    }
    world_free(&world);
    CHECK_TEXT(log_text, "destroy"); /* without an instance_finish too */
}

static void test_host_faults(void) {
    struct world world = world_make();
    uint32_t size = (uint32_t)*instance_guest(world.instance)->memory_size;
    expect_trap(&world, "read", U32(size + 4096), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS,
                "out of bounds memory access");
    CHECK_TEXT(report_text, "    in read (of the host)\n    in read_by_host (function ");

    /* A fault elsewhere is not the guest's: the process dies of the signal, and says so. */
    int pipes[2], status;
    CHECK(pipe(pipes) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], STDERR_FILENO);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        call_i32(&world, "crash", 16);
        _exit(0);
    }
    close(pipes[1]);
    char text[512] = "";
    size_t used = 0;
    ssize_t count;
    while ((count = read(pipes[0], text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)count;
    close(pipes[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(IS_SANITIZED ? status != 0 : WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK_TEXT(text, "mpiwasm: fatal: segmentation fault (address 0x10");

    /* A library that takes the signals away, and the runtime taking them back. */
    signal(SIGSEGV, SIG_DFL);
    signal(SIGFPE, SIG_IGN);
    instance_guest(world.instance)->operations->claim_signals(instance_guest(world.instance));
    expect_trap(&world, "load", U32(size), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in load");

    /* A library that has signals blocked while the runtime's handler runs. */
    struct sigaction action;
    sigaction(SIGSEGV, NULL, &action);
    sigfillset(&action.sa_mask);
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 2; i++)
        expect_trap(&world, "load", U32(size), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in load");
    world_free(&world);
}

static void *thread_main(void *argument) {
    struct world *world = argument;
    expect_trap(world, "recurse", I32(0), I32(0), TRAP_STACK_OVERFLOW, "in recurse");
    expect_trap(world, "load", U32(0xfffffff0), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "in load");
    return NULL;
}

/* Traps on a thread with a small stack of its own. */
static void test_thread(void) {
    struct world world = world_make();
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    int code = pthread_create(&thread, &attributes, thread_main, &world);
    if (code == 0) code = pthread_join(thread, NULL);
    CHECK(code == 0); /* not before: the thread counts checks, too */
    pthread_attr_destroy(&attributes);
    CHECK(call_i32(&world, "give", 1) == 2);
    world_free(&world);
}

static void test_link_errors(void) {
    struct store *store = store_create();
    struct linker *linker = linker_create();
    struct artifact *artifact;
    struct instance *instance;
    struct error err = {0};
    check_context = "linking";
    CHECK(artifact_open(file.path, -1, &artifact, &err));
    CHECK(!instance_create(store, artifact, linker, NULL, &instance, &err));
    CHECK(err.code == ERROR_UNLINKABLE);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        CHECK_TEXT(err.message, functions[i].name);
    CHECK_TEXT(err.message, "unknown import: ");
    CHECK_TEXT(err.message, "other.twice");

    static const struct host_function wrong_functions[] = {
        {"other", "twice", "f:Ii", HOST_CODE(host_crash)}};
    static const struct host_module wrong = {
        .abi_version = HOST_MODULE_ABI_VERSION, .functions = wrong_functions, .function_count = 1};
    linker_add_host(linker, &host);
    linker_add_host(linker, &wrong);
    log_text[0] = '\0';
    CHECK(!instance_create(store, artifact, linker, NULL, &instance, &err));
    CHECK_TEXT(err.message, "incompatible import type: other.twice is imported as function (f64) "
                            "-> (f64) but is a function (i64, i32) -> (f32)");
    CHECK(log_text[0] == '\0');
    linker_free(linker);
    store_free(store);
    artifact_close(artifact);
}

/* What the test suite of the specification has more of: externals of every kind and their limits.
 */
static void test_externals(void) {
    check_context = "externals";
    struct store *store = store_create();
    struct external memory, table, global;
    struct error err = {0};
    struct wasm_memory_type memory_type = {
        .limits = {.minimum = 1, .maximum = 2, .has_maximum = true}};
    struct wasm_table_type table_type = {WASM_FUNCREF, {.minimum = 10}};
    struct wasm_global_type global_type = {WASM_I64, true};
    CHECK(store_memory_create(store, &memory_type, false, &memory, &err));
    CHECK(store_table_create(store, &table_type, NULL, &table, &err));
    store_global_create(store, &global_type, I64(5), &global);
    CHECK(memory.memory->size == 65536 && memory.memory->maximum_pages == 2);
    CHECK(table.table->size == 10 && table.table->entries[9] == NULL);
    CHECK(global.global.cell->i64 == 5);
    /* Explicit bounds: no more than the maximum is reserved. */
    struct external small;
    CHECK(store_memory_create(store, &memory_type, true, &small, &err));
    small.memory->base[65535] = 1;
    memory_type.limits = (struct wasm_limits){.minimum = 65536};
    CHECK(!store_memory_create(store, &memory_type, false, &memory, &err));
    CHECK(err.code == ERROR_NO_MEMORY);
    store_free(store);

    struct wasm_function_type a = {.parameters = (const enum wasm_type[]){WASM_I32, WASM_F64},
                                   .parameter_count = 2,
                                   .results = (const enum wasm_type[]){WASM_F64},
                                   .result_count = 1},
                              b = a;
    char text[64], cut[12];
    b.parameter_count = 1;
    CHECK(type_id_of(&a) == type_id_of(&a) && type_id_of(&a) != type_id_of(&b));
    CHECK(strcmp(wasm_print_function_type(type_from_id(type_id_of(&a)), text, sizeof text),
                 "(i32, f64) -> (f64)") == 0);
    CHECK(strcmp(wasm_print_function_type(&a, cut, sizeof cut), "(i32, f6...") == 0);
}

/* With little address space: a clear reason, and the way out of it. */
static void test_address_space(void) {
    check_context = "address space";
    if (IS_SANITIZED) return; /* they need terabytes of it */
    static const char *const options[] = {"--bounds=explicit", NULL};
    struct file_contents module;
    struct error err = {0};
    CHECK(file_read(GUEST_FILE, &module, &err));
    struct cache_request request = {
        .module = module.bytes, .module_size = module.size, .options = options};
    struct cache_artifact guarded = file;
    bool ok = cache_artifact_get(&request, &file, &err);
    if (!ok) printf("%s\n", err.message);
    CHECK(ok);
    fflush(stdout);
    pid_t child = fork();
    int status;
    if (child == 0) {
        struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
        check_failures = 0;
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
        /* qemu-user takes the limit and does not keep to it. */
        if (mmap(NULL, (size_t)2 << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                 0) != MAP_FAILED)
            _exit(getenv("MPIWASM_TEST_EMULATED") != NULL ? 0 : 1);
        CHECK(!memory_reservation_possible(&err) && err.code == ERROR_NO_MEMORY);
        CHECK_TEXT(err.message, "RLIMIT_AS (ulimit -v) allows this process 1024 MiB");
        struct world world = world_make();
        uint32_t size = (uint32_t)*instance_guest(world.instance)->memory_size;
        CHECK(call_i32(&world, "grow", 16) == (int32_t)(size >> 16));
        size += 16 << 16;
        CHECK(call_i32(&world, "load", (int32_t)size - 4) == 0);
        expect_trap(&world, "load", U32(size - 3), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "");
        expect_trap(&world, "load", U32(0xfffffffc), I32(0), TRAP_MEMORY_OUT_OF_BOUNDS, "");
        CHECK(call_i32(&world, "grow", 60000) == -1);
        world_free(&world);
        _exit(check_failures > 0 ? 1 : 0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cache_artifact_release(&file);
    file = guarded;
    file_release(&module);
}

static bool open_fails(const char *path, enum error_code code, const char *expected) {
    struct artifact *artifact;
    struct error err = {0};
    if (artifact_open(path, -1, &artifact, &err)) {
        artifact_close(artifact);
        return false;
    }
    CHECK(err.code == code);
    CHECK_TEXT(err.message, expected);
    return true;
}

static void test_artifacts(void) {
    check_context = "artifacts";
    CHECK(open_fails("/nowhere/x.so", ERROR_SYSTEM, "No such file"));
    CHECK(open_fails("/", ERROR_CORRUPT, "not a compiled artifact"));
    CHECK(open_fails(GUEST_FILE, ERROR_CORRUPT, "not a compiled artifact"));
    CHECK(open_fails(OTHER_VERSION, ERROR_CORRUPT, "another version of mpiwasm"));
    CHECK(open_fails(NO_ARTIFACT, ERROR_CORRUPT, "not a compiled artifact"));
#if defined(__x86_64__)
    CHECK(open_fails(OTHER_CPU, ERROR_UNSUPPORTED,
                     "for the CPU 'bdver1', and this one lacks a feature of it: xop"));
#endif
    /* Cut anywhere: a reason, never a crash. */
    struct file_contents whole;
    char path[] = "/tmp/mpiwasm-runtime-test.XXXXXX";
    CHECK(file_read(file.path, &whole, NULL));
    /* What a linker wrote is shorter than the cache's file by the trailer. */
    for (size_t size = 0; size + 1024 < whole.size; size += size < 1024 ? 61 : 1021) {
        strcpy(path + sizeof path - 7, "XXXXXX");
        int fd = mkstemp(path);
        CHECK(fd >= 0 && file_write_all(fd, whole.bytes, size, NULL));
        close(fd);
        CHECK(open_fails(path, ERROR_CORRUPT, path));
        unlink(path);
    }
    file_release(&whole);

    /* Opened by descriptor, where the name is gone. */
    struct artifact *artifact;
    struct error err = {0};
    CHECK(artifact_open("/nowhere/gone.so", file.fd, &artifact, &err));
    CHECK(strcmp(artifact->path, "/nowhere/gone.so") == 0);
    artifact_close(artifact);
}

int main(void) {
    struct file_contents module;
    struct error err = {0};
    char directory[] = "/tmp/mpiwasm-runtime-cache.XXXXXX", command[PATH_MAX];
    if (mkdtemp(directory) == NULL) return 1;
    setenv("MPIWASM_CACHE_DIR", directory, 1);
    /* A module of WebAssembly has no business with it, and deep stacks take long to unwind. */
    setrlimit(RLIMIT_STACK, &(struct rlimit){8 << 20, RLIM_INFINITY});
    if (!file_read(GUEST_FILE, &module, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    struct cache_request request = {.module = module.bytes, .module_size = module.size};
    if (!cache_artifact_get(&request, &file, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    file_release(&module);
    test_calls();
    test_traps();
    test_nesting();
    test_host_faults();
    test_thread();
    test_link_errors();
    test_externals();
    test_address_space();
    test_artifacts();
    cache_artifact_release(&file);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    CHECK(system(command) == 0);
    return check_report();
}

/*
 * exceptions_test.c - exceptions of a real, compiled guest (guests/throws.cc) that meet the host:
 * none passes a frame of the host's, and what a callback threw can be dealt with like a trap.
 */
#include "base/file.h"
#include "cache/cache.h"
#include "check.h"
#include "runtime/instance.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int reports, left; /* calls of host_call that were not returned from, and other returns */

static bool host_instantiate(const struct host_config *config, struct guest *guest, void **state,
                             struct error *err) {
    *state = guest;
    return true;
}

static int32_t host_call(struct guest *guest, int32_t function, int32_t argument) {
    union wasm_value slots[1] = {{.i32 = argument}};
    if (!guest->operations->call_function(guest, (uint32_t)function, slots)) {
        CHECK(guest->operations->report_pending(guest) == TRAP_EXIT_CODE);
        left++;
        guest->operations->resume_unwind(guest);
    }
    return slots[0].i32;
}

static int32_t host_try(struct guest *guest, int32_t function, int32_t argument) {
    union wasm_value slots[1] = {{.i32 = argument}};
    if (guest->operations->call_function(guest, (uint32_t)function, slots)) return slots[0].i32;
    left++;
    return 1000;
}

static const struct host_function functions[] = {
    {"host", "call", "i:ii", HOST_CODE(host_call)},
    {"host", "try", "i:ii", HOST_CODE(host_try)},
};

static const struct host_module host = {.abi_version = HOST_MODULE_ABI_VERSION,
                                        .name = "host",
                                        .functions = functions,
                                        .function_count = sizeof functions / sizeof functions[0],
                                        .instantiate = host_instantiate};

static void report(void *user, const struct outcome *outcome) {
    CHECK(outcome->trap == TRAP_UNCAUGHT_EXCEPTION);
    reports++;
}

static struct instance *instance;

static struct outcome call(const char *name, int32_t argument, int32_t *result) {
    static _Thread_local struct outcome outcome;
    struct external function;
    union wasm_value slots[1] = {{.i32 = argument}};
    check_context = name;
    if (!instance_export(instance, name, strlen(name), &function)) {
        CHECK(!"exported");
        exit(1);
    }
    instance_call(instance, function.function, slots, &outcome);
    *result = slots[0].i32;
    return outcome;
}

static void expect(const char *name, int32_t argument, int32_t expected) {
    int32_t result;
    struct outcome outcome = call(name, argument, &result);
    CHECK(outcome.kind == OUTCOME_RETURNED && result == expected);
}

static void expect_uncaught(const char *name, int32_t argument, const char *expected) {
    char text[2048];
    int32_t result;
    struct outcome outcome = call(name, argument, &result);
    CHECK(outcome.kind == OUTCOME_TRAPPED && outcome.trap == TRAP_UNCAUGHT_EXCEPTION);
    CHECK(outcome.exit_code == TRAP_EXIT_CODE);
    outcome_report(&outcome, text, sizeof text);
    CHECK_TEXT(text, expected);
}

static void test_callbacks(void) {
    for (int round = 0; round < 2; round++) {
        expect("catcher", 5, 101);
        expect("inside", 5, 101);
        expect_uncaught("thrower", 5,
                        "trap: uncaught exception: tag 0 (i32 5)\n    in thrower (function ");
        reports = left = 0;
        expect_uncaught("around_call", 7,
                        "trap: uncaught exception: tag 0 (i32 7)\n    in thrower (function ");
        CHECK(reports == 1 && left == 1);
        expect("around_try", 9, 201);
        CHECK(left == 2);
        expect("around_try", 0, 0);
        expect("both_sides", 20, 20);
        expect("give", 1, 2);
    }
}

/* In the backtrace the host's function stands between those of the guest. */
static void test_backtrace(void) {
    struct backtrace_entry entries[8];
    int32_t result;
    struct outcome outcome = call("around_call", 7, &result);
    size_t count = outcome_backtrace(&outcome, entries, 8);
    CHECK(count == 3 && strcmp(entries[0].name, "thrower") == 0);
    CHECK(count == 3 && !entries[1].is_guest && strcmp(entries[1].name, "call") == 0);
    CHECK(count == 3 && strcmp(entries[2].name, "around_call") == 0);
}

static void *thread_main(void *argument) {
    expect("many", 5000, 5000);
    expect_uncaught("thrower", 5, "uncaught exception");
    return NULL;
}

static void test_thread(void) {
    pthread_t thread;
    expect("many", 5000, 5000);
    int code = pthread_create(&thread, NULL, thread_main, NULL);
    if (code == 0) code = pthread_join(thread, NULL);
    CHECK(code == 0); /* not before: the thread counts checks, too */
    expect("many", 5000, 5000);
}

int main(void) {
    static const struct instance_options options = {.report = report};
    struct file_contents module;
    struct error err = {0};
    struct cache_artifact file;
    struct artifact *artifact;
    struct outcome outcome;
    char directory[] = "/tmp/mpiwasm-exceptions-cache.XXXXXX", command[PATH_MAX];
    if (mkdtemp(directory) == NULL) return 1;
    setenv("MPIWASM_CACHE_DIR", directory, 1);
    if (!file_read(GUEST_FILE, &module, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    struct cache_request request = {.module = module.bytes, .module_size = module.size};
    struct store *store = store_create();
    struct linker *linker = linker_create();
    linker_add_host(linker, &host);
    if (!cache_artifact_get(&request, &file, &err) ||
        !artifact_open(file.path, file.fd, &artifact, &err) ||
        !instance_create(store, artifact, linker, &options, &instance, &err)) {
        printf("%s\n", err.message);
        return 1;
    }
    file_release(&module);
    CHECK(instance_initialize(instance, &outcome));
    test_callbacks();
    test_backtrace();
    test_thread();
    linker_free(linker);
    store_free(store);
    artifact_close(artifact);
    cache_artifact_release(&file);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    CHECK(system(command) == 0);
    return check_report();
}

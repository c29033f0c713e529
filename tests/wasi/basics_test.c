/*
 * basics_test.c - arguments, environment, clocks, random numbers, ending, the table of functions.
 */
#include "wasi_test.h"

#include <time.h>

TEST(args_sizes_count_every_byte) {
    uint32_t count = guest_room(f, 4), bytes = guest_room(f, 4);
    CHECK_EQUAL(wasi_args_sizes_get(f->wasi, count, bytes), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, count), 3);
    CHECK_EQUAL(guest_u32(f, bytes), sizeof "app.wasm" + sizeof "--size" + sizeof "");
}

TEST(args_are_stored_with_pointers) {
    uint32_t array = guest_room(f, 12), buffer = guest_room(f, 17);
    CHECK_EQUAL(wasi_args_get(f->wasi, array, buffer), WASI_ESUCCESS);
    CHECK(strcmp((char *)guest_at(f, guest_u32(f, array)), "app.wasm") == 0);
    CHECK(strcmp((char *)guest_at(f, guest_u32(f, array + 4)), "--size") == 0);
    CHECK(strcmp((char *)guest_at(f, guest_u32(f, array + 8)), "") == 0);
}

TEST(args_beyond_memory_fault) {
    CHECK_EQUAL(wasi_args_get(f->wasi, MEMORY_SIZE - 11, 1024), WASI_EFAULT);
    CHECK_EQUAL(wasi_args_get(f->wasi, 1024, MEMORY_SIZE - 16), WASI_EFAULT);
    CHECK_EQUAL(wasi_args_get(f->wasi, 1024, UINT32_MAX), WASI_EFAULT);
    CHECK_EQUAL(wasi_args_sizes_get(f->wasi, MEMORY_SIZE - 3, 1024), WASI_EFAULT);
    CHECK_EQUAL(wasi_args_sizes_get(f->wasi, 1024, MEMORY_SIZE - 3), WASI_EFAULT);
}

TEST(environment_is_exactly_the_configured_one) {
    uint32_t count = guest_room(f, 4), bytes = guest_room(f, 4);
    uint32_t array = guest_room(f, 8), buffer = guest_room(f, 14);
    CHECK_EQUAL(wasi_environ_sizes_get(f->wasi, count, bytes), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, count), 2);
    CHECK_EQUAL(guest_u32(f, bytes), sizeof "HOME=/" + sizeof "EMPTY=");
    CHECK_EQUAL(wasi_environ_get(f->wasi, array, buffer), WASI_ESUCCESS);
    CHECK(strcmp((char *)guest_at(f, guest_u32(f, array)), "HOME=/") == 0);
    CHECK(strcmp((char *)guest_at(f, guest_u32(f, array + 4)), "EMPTY=") == 0);
}

TEST(no_environment_is_an_empty_one) {
    uint32_t count = guest_room(f, 4), bytes = guest_room(f, 4);
    f->config.environment = NULL;
    CHECK_EQUAL(wasi_environ_sizes_get(f->wasi, count, bytes), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, count), 0);
    CHECK_EQUAL(guest_u32(f, bytes), 0);
    CHECK_EQUAL(wasi_environ_get(f->wasi, 0, 0), WASI_ESUCCESS);
}

TEST(clocks_tell_the_host_s_time) {
    uint32_t result = guest_room(f, 8);
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID};
    for (uint32_t id = 0; id < 4; id++) {
        struct timespec before, after;
        clock_gettime(clocks[id], &before);
        CHECK_EQUAL(wasi_clock_time_get(f->wasi, id, 0, result), WASI_ESUCCESS);
        clock_gettime(clocks[id], &after);
        CHECK(guest_u64(f, result) >= wasi_timestamp(before));
        CHECK(guest_u64(f, result) <= wasi_timestamp(after));
        CHECK_EQUAL(wasi_clock_res_get(f->wasi, id, result), WASI_ESUCCESS);
        CHECK(guest_u64(f, result) > 0);
    }
}

TEST(unknown_clocks_are_invalid) {
    uint32_t result = guest_room(f, 8);
    CHECK_EQUAL(wasi_clock_time_get(f->wasi, 4, 0, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_clock_res_get(f->wasi, UINT32_MAX, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_clock_time_get(f->wasi, 0, 0, MEMORY_SIZE - 7), WASI_EFAULT);
    CHECK_EQUAL(wasi_clock_res_get(f->wasi, 0, UINT32_MAX), WASI_EFAULT);
}

TEST(timestamps_before_the_epoch_and_beyond_64_bits_are_cut) {
    CHECK_EQUAL(wasi_timestamp((struct timespec){-1, 999999999}), 0);
    CHECK(wasi_timestamp((struct timespec){INT64_MAX, 0}) == UINT64_MAX);
    CHECK_EQUAL(wasi_timestamp((struct timespec){1, 5}), 1000000005);
}

TEST(random_fills_the_buffer_and_no_more) {
    enum { SIZE = 300 * 1000 };
    uint32_t buffer = guest_room(f, SIZE + 16);
    CHECK_EQUAL(wasi_random_get(f->wasi, buffer, SIZE), WASI_ESUCCESS);
    int zeros = 0;
    for (uint32_t i = 0; i < SIZE; i++) {
        zeros += *guest_at(f, buffer + i) == 0;
    }
    CHECK(zeros > SIZE / 512 && zeros < SIZE / 128);
    for (uint32_t i = 0; i < 16; i++) {
        CHECK_EQUAL(*guest_at(f, buffer + SIZE + i), 0);
    }
}

TEST(random_beyond_memory_faults) {
    CHECK_EQUAL(wasi_random_get(f->wasi, MEMORY_SIZE - 16, 17), WASI_EFAULT);
    CHECK_EQUAL(wasi_random_get(f->wasi, 16, UINT32_MAX), WASI_EFAULT);
    CHECK_EQUAL(wasi_random_get(f->wasi, MEMORY_SIZE, 0), WASI_ESUCCESS);
}

TEST(proc_exit_ends_the_guest_with_its_code) {
    if (setjmp(f->ended) == 0) {
        wasi_proc_exit(f->wasi, 42);
        test_fail(__FILE__, __LINE__, "proc_exit returned");
    }
    CHECK_EQUAL(f->exit_code, 42);
}

TEST(a_deadly_signal_is_a_trap_that_names_it) {
    if (setjmp(f->ended) == 0) {
        wasi_proc_raise(f->wasi, 6);
        test_fail(__FILE__, __LINE__, "proc_raise returned");
    }
    CHECK_EQUAL(f->exit_code, -1);
    CHECK(strstr(f->trap_text, "SIGABRT") != NULL);
}

TEST(signals_without_effect_and_without_meaning) {
    CHECK_EQUAL(wasi_proc_raise(f->wasi, 0), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_proc_raise(f->wasi, 16), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_proc_raise(f->wasi, 18), WASI_ENOTSUP);
    CHECK_EQUAL(wasi_proc_raise(f->wasi, 31), WASI_EINVAL);
    CHECK_EQUAL(wasi_proc_raise(f->wasi, UINT32_MAX), WASI_EINVAL);
}

TEST(yielding_succeeds) {
    CHECK_EQUAL(wasi_sched_yield(f->wasi), WASI_ESUCCESS);
}

TEST(sockets_are_refused) {
    CHECK_EQUAL(wasi_sock_shutdown(f->wasi, 1, 0), WASI_ENOTSOCK);
    CHECK_EQUAL(wasi_sock_accept(f->wasi, ROOT, 0, 0), WASI_ENOTSOCK);
    CHECK_EQUAL(wasi_sock_recv(f->wasi, 99, 0, 0, 0, 0, 0), WASI_EBADF);
    CHECK_EQUAL(wasi_sock_send(f->wasi, UINT32_MAX, 0, 0, 0, 0), WASI_EBADF);
}

TEST(every_errno_of_wasi_has_its_host_code) {
    CHECK_EQUAL(wasi_errno_from_host(0), 0);
    CHECK_EQUAL(wasi_errno_from_host(ENOENT), 44);
    CHECK_EQUAL(wasi_errno_from_host(EXDEV), 75);
    CHECK_EQUAL(wasi_errno_from_host(E2BIG), 1);
    CHECK_EQUAL(wasi_errno_from_host(EOPNOTSUPP), 58);
    CHECK_EQUAL(wasi_errno_from_host(EWOULDBLOCK), 6);
    CHECK_EQUAL(wasi_errno_from_host(12345), WASI_EIO);
    bool seen[77] = {false};
    for (int code = 0; code < 200; code++) {
        uint32_t error = wasi_errno_from_host(code);
        CHECK(error < 76);
        seen[error] = true;
    }
    for (int error = 0; error < 76; error++) {
        if (!seen[error]) test_fail(__FILE__, __LINE__, "errno %d is never used", error);
    }
}

TEST(the_table_has_every_function_once_with_its_signature) {
    CHECK_EQUAL(wasi_host_module.function_count, 46);
    CHECK_EQUAL(wasi_host_module.abi_version, HOST_MODULE_ABI_VERSION);
    for (size_t i = 0; i < wasi_host_module.function_count; i++) {
        const struct host_function *function = &wasi_host_module.functions[i];
        CHECK(strcmp(function->module, "wasi_snapshot_preview1") == 0);
        CHECK(function->code != NULL);
        if (strcmp(function->name, "path_open") == 0) {
            CHECK(strcmp(function->signature, "i:iiiiiIIii") == 0);
        } else if (strcmp(function->name, "proc_exit") == 0) {
            CHECK(strcmp(function->signature, ":i") == 0);
        } else if (strcmp(function->name, "sched_yield") == 0) {
            CHECK(strcmp(function->signature, "i:") == 0);
        } else if (strcmp(function->name, "fd_seek") == 0) {
            CHECK(strcmp(function->signature, "i:iIii") == 0);
        }
        for (size_t j = 0; j < i; j++) {
            CHECK(strcmp(function->name, wasi_host_module.functions[j].name) != 0);
        }
    }
}

TEST(a_directory_that_does_not_exist_is_named) {
    struct host_directory missing = {"/nonexistent/data", "/data", false};
    struct host_config config = {.directories = &missing, .directory_count = 1};
    struct error err = {0};
    void *state = NULL;
    CHECK(!wasi_host_module.instantiate(&config, &f->guest, &state, &err));
    CHECK_EQUAL(err.code, ERROR_SYSTEM);
    CHECK(strstr(err.message, "/nonexistent/data") != NULL);
    CHECK(strstr(err.message, "No such file or directory") != NULL);
}

TEST(every_signal_that_ends_a_process_is_a_trap) {
    /* By number, in the order of the specification; the others do nothing or stop a process. */
    static const char *const deadly[] = {
        [1] = "HUP",   [2] = "INT",   [3] = "QUIT",  [4] = "ILL",   [5] = "TRAP",  [6] = "ABRT",
        [7] = "BUS",   [8] = "FPE",   [9] = "KILL",  [10] = "USR1", [11] = "SEGV", [12] = "USR2",
        [13] = "PIPE", [14] = "ALRM", [15] = "TERM", [23] = "XCPU", [24] = "XFSZ", [25] = "VTALRM",
        [26] = "PROF", [28] = "POLL", [29] = "PWR",  [30] = "SYS"};
    for (volatile uint32_t signal = 0; signal < sizeof deadly / sizeof *deadly; signal++) {
        if (!deadly[signal]) continue;
        char name[16];
        snprintf(name, sizeof name, "SIG%s", deadly[signal]);
        if (setjmp(f->ended) == 0) {
            wasi_proc_raise(f->wasi, signal);
            test_fail(__FILE__, __LINE__, "%s returned", name);
        }
        CHECK(strstr(f->trap_text, name) != NULL);
    }
}

TEST(signals_that_stop_a_process_are_notsup) {
    for (uint32_t signal = 18; signal <= 21; signal++) { /* STOP, TSTP, TTIN, TTOU */
        CHECK_EQUAL(wasi_proc_raise(f->wasi, signal), WASI_ENOTSUP);
    }
}

TEST(signals_that_do_nothing_succeed) {
    static const uint32_t signals[] = {0, 16, 17, 22, 27}; /* NONE, CHLD, CONT, URG, WINCH */
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        CHECK_EQUAL(wasi_proc_raise(f->wasi, signals[i]), WASI_ESUCCESS);
    }
}

TEST(the_monotonic_clock_does_not_go_back) {
    uint32_t result = guest_room(f, 8);
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        CHECK_EQUAL(wasi_clock_time_get(f->wasi, WASI_CLOCK_MONOTONIC, 0, result), WASI_ESUCCESS);
        CHECK(guest_u64(f, result) >= last);
        last = guest_u64(f, result);
    }
}

TEST(the_precision_asked_for_does_not_matter) {
    uint32_t result = guest_room(f, 8);
    static const uint64_t precisions[] = {0, 1, UINT64_C(1000000000), UINT64_MAX};
    for (size_t i = 0; i < sizeof precisions / sizeof *precisions; i++) {
        CHECK_EQUAL(wasi_clock_time_get(f->wasi, WASI_CLOCK_REALTIME, precisions[i], result),
                    WASI_ESUCCESS);
        CHECK(guest_u64(f, result) > UINT64_C(1000000000) * 1000000000);
    }
}

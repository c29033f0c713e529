/*
 * random_test.c - every function with arguments drawn from what is likely to go wrong: descriptors
 * of every kind, addresses at the end of memory, names that lead out, sizes that overflow.
 *
 * The generator starts from the same seed in every run. What is checked: nothing crashes, an
 * address out of memory is never touched (the sanitizers see to that), nothing outside changes.
 */
#include "wasi_test.h"

#include <signal.h>
#include <sys/resource.h>

enum { CALLS = 6000, LIMIT = 1 << 20 };

#define VALUES_0
#define VALUES_1 , v[0]
#define VALUES_2 VALUES_1, v[1]
#define VALUES_3 VALUES_2, v[2]
#define VALUES_4 VALUES_3, v[3]
#define VALUES_5 VALUES_4, v[4]
#define VALUES_6 VALUES_5, v[5]
#define VALUES_7 VALUES_6, v[6]
#define VALUES_9 VALUES_7, v[7], v[8]

#define WASI_FUNCTION(name, count, types)                                                          \
    static uint32_t call_##name(struct wasi *wasi, const uint64_t *v) {                            \
        (void)v;                                                                                   \
        return wasi_##name(wasi VALUES_##count);                                                   \
    }
#define WASI_PROCEDURE(name, count, types)                                                         \
    static uint32_t call_##name(struct wasi *wasi, const uint64_t *v) {                            \
        wasi_##name(wasi VALUES_##count);                                                          \
        return 0;                                                                                  \
    }
#include "wasi/wasi_functions.def"
#undef WASI_FUNCTION
#undef WASI_PROCEDURE

static const struct {
    const char *name;
    uint32_t (*call)(struct wasi *, const uint64_t *);
} calls[] = {
#define WASI_FUNCTION(name, count, types) {#name, call_##name},
#define WASI_PROCEDURE WASI_FUNCTION
#include "wasi/wasi_functions.def"
#undef WASI_FUNCTION
#undef WASI_PROCEDURE
};
enum { CALL_COUNT = sizeof calls / sizeof *calls };

static uint64_t state;

static uint32_t draw(uint32_t limit) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % limit;
}

static const char *const names[] = {"../secret", "dir/../../outside/prey",
                                    "link/prey", "dir/file",
                                    ".",         "dir",
                                    "dir/",      "self",
                                    "/etc",      "dir/../link",
                                    "new",       "dir/new/"};
enum { NAMES = sizeof names / sizeof *names, NAME_ROOM = 32 };

/* Names, then buffers in arrays as fd_read and its like take them. */
static uint32_t place_material(struct fixture *f) {
    uint32_t start = guest_room(f, NAMES * NAME_ROOM);
    for (uint32_t i = 0; i < NAMES; i++) {
        memcpy(guest_at(f, start + i * NAME_ROOM), names[i], strlen(names[i]));
    }
    for (uint32_t i = 0; i < 64; i++) {
        static const uint32_t lengths[] = {0, 1, 64, 4096, MEMORY_SIZE, UINT32_MAX};
        guest_iovec(f, draw(2) ? draw(MEMORY_SIZE) : MEMORY_SIZE - draw(64), lengths[draw(6)]);
    }
    return start;
}

static uint64_t draw_value(uint32_t material) {
    switch (draw(16)) {
    case 0:
    case 12:
    case 13:
    case 14:
    case 15: return draw(4);
    case 1:
    case 7: return ROOT + draw(4);
    case 2: return 1u << draw(32);
    case 3: return MEMORY_SIZE - draw(70);
    case 4: return UINT64_MAX >> draw(64);
    case 5: return draw(48);
    case 6: return (uint64_t)draw(1u << 31) << draw(33);
    default: return material + 8 * draw(100);
    }
}

/* Names, a second directory and flags where the function takes them, or it would complain of
 * nothing else. Numbers are places among the arguments. */
static void make_plausible(const char *function, uint32_t material, uint64_t v[9]) {
    static const struct {
        const char *function;
        uint8_t names[2]; /* where each begins; the second may be the first */
        uint8_t directory, flags[3], masks[3];
    } plausible[] = {
        {"path_create_directory", {1, 1}, 0, {0}, {0}},
        {"path_filestat_get", {2, 2}, 0, {1}, {FOLLOW}},
        {"path_filestat_set_times", {2, 2}, 0, {1, 6}, {FOLLOW, WASI_FST_ALL}},
        {"path_link", {2, 5}, 4, {1}, {FOLLOW}},
        {"path_open", {2, 2}, 0, {1, 4, 7}, {FOLLOW, WASI_OFLAG_ALL, WASI_FDFLAG_APPEND}},
        {"path_readlink", {1, 1}, 0, {0}, {0}},
        {"path_remove_directory", {1, 1}, 0, {0}, {0}},
        {"path_rename", {1, 4}, 3, {0}, {0}},
        {"path_symlink", {0, 3}, 2, {0}, {0}},
        {"path_unlink_file", {1, 1}, 0, {0}, {0}},
    };
    for (size_t i = 0; i < sizeof plausible / sizeof *plausible; i++) {
        if (strcmp(function, plausible[i].function) != 0) continue;
        for (int j = 0; j < 2; j++) {
            uint32_t name = draw(NAMES), at = plausible[i].names[j];
            v[at] = material + name * NAME_ROOM;
            v[at + 1] = strlen(names[name]);
        }
        for (int j = 0; j < 3; j++) {
            if (plausible[i].masks[j]) v[plausible[i].flags[j]] &= plausible[i].masks[j];
        }
        if (plausible[i].directory) v[plausible[i].directory] = ROOT;
        if (plausible[i].names[0] > 0) v[0] = ROOT;
    }
}

static void renew(struct fixture *f, uint32_t material) {
    bool use_openat2 = f->wasi->sandbox.use_openat2;
    struct error err = {0};
    void *fresh;
    wasi_host_module.destroy(f->wasi);
    if (!wasi_host_module.instantiate(&f->config, &f->guest, &fresh, &err)) exit(2);
    f->wasi = fresh;
    f->wasi->sandbox.use_openat2 = use_openat2;
    f->wasi->files.quota = 64;
    f->next = material;
    place_material(f);
    (void)unlink_at(f, ROOT, "new");
    (void)rmdir_at(f, ROOT, "new");
    (void)mkdir_at(f, ROOT, "dir");
    (void)symlink_at(f, "self", ROOT, "self");
    (void)symlink_at(f, "../outside", ROOT, "link");
    for (int i = 0; i < 2; i++) {
        (void)open_at(f, ROOT, "dir/file", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL);
    }
}

/* One call. Its own function, so that longjmp leaves the caller's variables alone. */
static bool call_one(struct fixture *f, uint32_t which, const uint64_t *v) {
    return setjmp(f->ended) == 0 && calls[which].call(f->wasi, v) == WASI_ESUCCESS;
}

TEST(random_calls_do_no_harm) {
    struct rlimit limit = {LIMIT, LIMIT};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit); /* no call fills the disk */
    state = 20220510;
    uint32_t material = place_material(f);
    uint32_t succeeded[CALL_COUNT] = {0};
    for (uint32_t i = 0; i < CALLS * CALL_COUNT; i++) {
        uint32_t which = i % CALL_COUNT;
        uint64_t v[9];
        if (strstr(calls[which].name, "sync") && draw(100) > 0) continue; /* disks are slow */
        for (int j = 0; j < 9; j++) {
            v[j] = draw_value(material);
            if (j > 1 && v[j - 2] < 16 && draw(2)) { /* behind what may be a descriptor */
                uint32_t name = draw(NAMES);
                v[j - 1] = material + name * NAME_ROOM;
                v[j] = strlen(names[name]);
            }
        }
        if (draw(4) > 0) make_plausible(calls[which].name, material, v);
        if (draw(2)) v[0] = ROOT + draw(4);
        /* Waiting for a clock may take for ever, and the test's own streams are not for play. */
        if (strcmp(calls[which].name, "poll_oneoff") == 0 && v[2] != 0) v[0] = MEMORY_SIZE - 47;
        if (v[0] < ROOT) v[0] = UINT32_MAX;
        succeeded[which] += call_one(f, which, v);
        if (i % 500 == 0) renew(f, material); /* what the calls have destroyed meanwhile */
    }
    CHECK(strcmp(host_read(f, "secret"), "secret") == 0);
    CHECK(strcmp(host_read(f, "outside/prey"), "prey") == 0);
    CHECK(!host_exists(f, "outside/new") && !host_exists(f, "new"));
    CHECK(strcmp(host_read(f, "fixed/data"), "data") == 0);
    /* Otherwise the material is too poor to try anything. Sockets never succeed, proc_exit does
     * not return, polling is kept from waiting, and path_link takes a file that still
     * exists and a name that does not. */
    for (size_t i = 0; i < CALL_COUNT; i++) {
        bool never =
            strncmp(calls[i].name, "sock_", 5) == 0 || strcmp(calls[i].name, "poll_oneoff") == 0 ||
            strcmp(calls[i].name, "path_link") == 0 || strcmp(calls[i].name, "proc_exit") == 0;
        if (!never && succeeded[i] == 0) {
            test_fail(__FILE__, __LINE__, "%s never succeeded", calls[i].name);
        }
    }
}

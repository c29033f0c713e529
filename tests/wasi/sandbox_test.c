/*
 * sandbox_test.c - tries to get out of a granted directory, by every function that takes a name,
 * and with a helper that renames what is being resolved meanwhile.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Every function with a name that leads out. `name` is for what exists, `place` for what does not.
 * Nothing may succeed, and nothing outside may have changed. */
static void attack(struct fixture *f, uint32_t fd, const char *name, const char *place) {
    char text[1024];
    host_write(f, "root/bait", "bait");
    uint32_t errors[] = {
        open_at(f, fd, name, FOLLOW, 0, READING, 0, NULL),
        open_at(f, fd, name, FOLLOW, WASI_OFLAG_TRUNC, BOTH, 0, NULL),
        open_at(f, fd, place, FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL),
        open_at(f, fd, place, 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH, 0, NULL),
        stat_at(f, fd, name, FOLLOW, NULL),
        times_at(f, fd, name, FOLLOW, 1, 1, WASI_FST_MTIM),
        mkdir_at(f, fd, place),
        symlink_at(f, "x", fd, place),
        link_at(f, ROOT, 0, "bait", fd, place),
        link_at(f, fd, FOLLOW, name, ROOT, "stolen"),
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i] == WASI_ESUCCESS) {
            test_fail(__FILE__, __LINE__, "attack %zu with %s, %s got through", i, name, place);
        }
    }
    (void)readlink_at(f, fd, name, text);
    CHECK(strcmp(host_read(f, "secret"), "secret") == 0);
    CHECK(strcmp(host_read(f, "outside/prey"), "prey") == 0);
    CHECK(!host_exists(f, "new") && !host_exists(f, "outside/new"));
    CHECK(!host_exists(f, "root/stolen"));
}

/* Those which act on the name itself: here its parent must lead out. */
static void attack_entry(struct fixture *f, uint32_t fd, const char *name) {
    CHECK(unlink_at(f, fd, name) != WASI_ESUCCESS);
    CHECK(rename_at(f, ROOT, "bait", fd, name) != WASI_ESUCCESS);
    CHECK(rename_at(f, fd, name, ROOT, "stolen") != WASI_ESUCCESS);
    CHECK(stat_at(f, fd, name, 0, NULL) != WASI_ESUCCESS);
    CHECK(times_at(f, fd, name, 0, 1, 1, WASI_FST_MTIM) != WASI_ESUCCESS);
    CHECK(link_at(f, fd, 0, name, ROOT, "stolen") != WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "secret"), "secret") == 0);
    CHECK(strcmp(host_read(f, "outside/prey"), "prey") == 0);
    CHECK(host_exists(f, "root/bait") && !host_exists(f, "root/stolen"));
}

TEST(dot_dot_leads_nowhere) {
    host_mkdir(f, "root/dir");
    attack(f, ROOT, "../secret", "../new");
    attack(f, ROOT, "dir/../../secret", "dir/../../new");
    attack(f, ROOT, "./../secret", "./../new");
    attack(f, ROOT, "..//secret", "..//new");
    attack(f, ROOT, "../root/../secret", "../root/../new");
    attack_entry(f, ROOT, "../secret");
    attack_entry(f, ROOT, "dir/../../outside/prey");
    CHECK_EQUAL(open_at(f, ROOT, "../secret", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "..", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "../", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "../root", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(mkdir_at(f, ROOT, ".."), WASI_EPERM);
    CHECK_EQUAL(mkdir_at(f, ROOT, "dir/../.."), WASI_EPERM);
    CHECK_EQUAL(rmdir_at(f, ROOT, "../outside"), WASI_EPERM);
    CHECK_EQUAL(rmdir_at(f, ROOT, ".."), WASI_EPERM);
}

TEST(absolute_names_are_refused) {
    char name[512], place[512];
    snprintf(name, sizeof name, "%s/secret", f->base);
    snprintf(place, sizeof place, "%s/new", f->base);
    attack(f, ROOT, name, place);
    attack_entry(f, ROOT, name);
    CHECK_EQUAL(open_at(f, ROOT, name, FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "/", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "//", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(mkdir_at(f, ROOT, "/"), WASI_EPERM);
    /* Not even when it names the granted directory. */
    snprintf(name, sizeof name, "%s/root", f->base);
    CHECK_EQUAL(open_at(f, ROOT, name, FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
}

TEST(links_that_lead_out_are_not_followed) {
    host_symlink(f, "../secret", "root/file");
    host_symlink(f, "../new", "root/dangling");
    host_symlink(f, "../outside", "root/dir");
    attack(f, ROOT, "file", "dangling");
    attack(f, ROOT, "dir/prey", "dir/new");
    attack_entry(f, ROOT, "dir/prey");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "dir/", 0, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(stat_at(f, ROOT, "dir/", 0, NULL), WASI_EPERM);
    CHECK_EQUAL(times_at(f, ROOT, "dir/", 0, 1, 1, WASI_FST_MTIM), WASI_EPERM);
    CHECK(rmdir_at(f, ROOT, "dir/") != WASI_ESUCCESS);
    CHECK(rename_at(f, ROOT, "dir/", ROOT, "stolen") != WASI_ESUCCESS);
    CHECK(host_exists(f, "outside/prey"));
}

TEST(absolute_links_are_not_followed) {
    char target[512];
    snprintf(target, sizeof target, "%s/secret", f->base);
    host_symlink(f, target, "root/file");
    snprintf(target, sizeof target, "%s/new", f->base);
    host_symlink(f, target, "root/dangling");
    snprintf(target, sizeof target, "%s/outside", f->base);
    host_symlink(f, target, "root/dir");
    host_symlink(f, "/", "root/slash");
    attack(f, ROOT, "file", "dangling");
    attack(f, ROOT, "dir/prey", "dir/new");
    attack_entry(f, ROOT, "dir/prey");
    CHECK_EQUAL(open_at(f, ROOT, "slash/etc/passwd", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, ROOT, "slash", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    char text[1024];
    CHECK_EQUAL(readlink_at(f, ROOT, "file", text), WASI_EPERM);
    /* Nor read as if they began in the directory where they lie. */
    host_mkdir(f, "root/sub");
    host_write(f, "root/sub/inside", "x");
    host_symlink(f, "/inside", "root/sub/link");
    CHECK_EQUAL(open_at(f, ROOT, "sub/link", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(times_at(f, ROOT, "sub/link", FOLLOW, 1, 1, WASI_FST_MTIM), WASI_EPERM);
    CHECK_EQUAL(link_at(f, ROOT, FOLLOW, "sub/link", ROOT, "new"), WASI_EPERM);
}

TEST(chains_of_links_end_at_the_root) {
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    host_symlink(f, "../..", "root/a/b/up");
    host_symlink(f, "a/b/up", "root/up");
    host_symlink(f, "up/..", "root/above");
    uint8_t status[WASI_FILESTAT_SIZE];
    CHECK_EQUAL(stat_at(f, ROOT, "up", FOLLOW, status), WASI_ESUCCESS);
    attack(f, ROOT, "up/../secret", "up/../new");
    attack(f, ROOT, "above/secret", "above/new");
    attack_entry(f, ROOT, "above/secret");
    attack(f, ROOT, "a/b/up/../secret", "a/b/up/a/../../new");
}

TEST(a_link_made_by_the_guest_leads_out_no_more_than_others) {
    CHECK_EQUAL(symlink_at(f, "/etc", ROOT, "absolute"), WASI_EPERM);
    CHECK_EQUAL(symlink_at(f, "/", ROOT, "absolute"), WASI_EPERM);
    CHECK(!host_exists(f, "root/absolute"));
    CHECK_EQUAL(symlink_at(f, "../outside", ROOT, "dir"), WASI_ESUCCESS);
    attack(f, ROOT, "dir/prey", "dir/new");
    attack_entry(f, ROOT, "dir/prey");
}

TEST(a_directory_descriptor_is_a_root_of_its_own) {
    uint32_t fd;
    host_mkdir(f, "root/dir");
    host_write(f, "root/file", "x");
    host_symlink(f, "../file", "root/dir/link");
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir/link", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, fd, "link", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, fd, "../file", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(open_at(f, fd, "..", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    CHECK_EQUAL(unlink_at(f, fd, "../file"), WASI_EPERM);
}

TEST(loops_of_links_end) {
    char name[64], target[64];
    host_symlink(f, "b", "root/a");
    host_symlink(f, "a", "root/b");
    host_symlink(f, "self", "root/self");
    host_symlink(f, "dots/../dots", "root/dots");
    static const char *const names[] = {"a", "self", "dots", "a/x", "self/x", "dots/x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQUAL(open_at(f, ROOT, names[i], FOLLOW, 0, READING, 0, NULL), WASI_ELOOP);
        CHECK_EQUAL(stat_at(f, ROOT, names[i], FOLLOW, NULL), WASI_ELOOP);
        CHECK_EQUAL(times_at(f, ROOT, names[i], FOLLOW, 1, 1, WASI_FST_MTIM), WASI_ELOOP);
    }
    /* A long chain without a loop works up to the usual limit. */
    host_write(f, "root/link0", "end");
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "root/link%d", i);
        snprintf(target, sizeof target, "link%d", i - 1);
        host_symlink(f, target, name);
    }
    CHECK_EQUAL(open_at(f, ROOT, "link40", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "link41", FOLLOW, 0, READING, 0, NULL), WASI_ELOOP);
    CHECK_EQUAL(times_at(f, ROOT, "link40", FOLLOW, 1, 1, WASI_FST_MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(times_at(f, ROOT, "link41", FOLLOW, 1, 1, WASI_FST_MTIM), WASI_ELOOP);
}

TEST(links_that_grow_the_name_end) {
    char target[256], name[400];
    memset(target, 'a', 200);
    target[200] = '\0';
    host_mkdir(f, "root/d");
    /* Each expansion of "x" puts some 400 bytes in front of what is left. */
    snprintf(name, sizeof name, "d/../x/./././././././././././././././././././%s", target);
    host_symlink(f, name, "root/x");
    uint32_t error = open_at(f, ROOT, "x", FOLLOW, 0, READING, 0, NULL);
    CHECK(error == WASI_ELOOP || error == WASI_ENAMETOOLONG);
}

TEST(the_walk_closes_every_descriptor) {
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    host_mkdir(f, "root/a/b/c");
    host_symlink(f, "a/b/c/../../..", "root/link");
    int before = dup(0);
    close(before);
    static const char *const names[] = {
        "a/b/c", "a/b/c/..",  "link/a",         "a/b/c/../../../..",
        "a/x",   "a/b/c/x/y", "link/link/link", "a/b/../b/../b/c/."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t fd;
        if (open_at(f, ROOT, names[i], FOLLOW, 0, READING, 0, &fd) == WASI_ESUCCESS) {
            wasi_fd_close(f->wasi, fd);
        }
        (void)mkdir_at(f, ROOT, names[i]);
        (void)stat_at(f, ROOT, names[i], FOLLOW, NULL);
        (void)times_at(f, ROOT, names[i], FOLLOW, 1, 1, WASI_FST_MTIM);
        (void)rename_at(f, ROOT, names[i], ROOT, "a/b/c/../x/y");
        (void)link_at(f, ROOT, FOLLOW, names[i], ROOT, "a/b/c/../../y");
    }
    int after = dup(0);
    close(after);
    CHECK_EQUAL(after, before);
}

TEST(deep_names_are_bounded) {
    char deep[PATH_SANDBOX_SIZE] = "";
    size_t length = 0;
    for (int i = 0; i < 240; i++) {
        memcpy(deep + length, "d/", 3);
        length += 2;
        CHECK_EQUAL(mkdir_at(f, ROOT, deep), WASI_ESUCCESS);
        f->next = 1024;
    }
    CHECK_EQUAL(stat_at(f, ROOT, deep, 0, NULL), WASI_ESUCCESS);
    for (; length + 3 < sizeof deep; length += 2) {
        memcpy(deep + length, "d/", 3);
    }
    uint32_t error = stat_at(f, ROOT, deep, 0, NULL);
    CHECK(error == WASI_ENOENT || error == WASI_ENAMETOOLONG);
}

TEST(magic_links_of_procfs_are_no_way_out) {
    struct host_directory proc = {"/proc", "/proc", false};
    struct host_config config = {.directories = &proc, .directory_count = 1};
    struct error err = {0};
    void *state;
    char name[64], text[1024];
    if (!wasi_host_module.instantiate(&config, &f->guest, &state, &err)) {
        puts("no /proc: not tested");
        return;
    }
    struct wasi *own = f->wasi;
    bool use_openat2 = own->sandbox.use_openat2;
    f->wasi = state;
    f->wasi->sandbox.use_openat2 = use_openat2;

    int secret = open(host_path(f, "secret"), O_RDONLY);
    snprintf(name, sizeof name, "self/fd/%d", secret);
    uint32_t error = open_at(f, ROOT, name, FOLLOW, 0, READING, 0, NULL);
    CHECK(error == WASI_ELOOP || error == WASI_EPERM);
    CHECK(stat_at(f, ROOT, name, FOLLOW, NULL) != WASI_ESUCCESS);
    CHECK(readlink_at(f, ROOT, name, text) != WASI_ESUCCESS);
    CHECK(open_at(f, ROOT, "self/root/etc/passwd", FOLLOW, 0, READING, 0, NULL) != WASI_ESUCCESS);
    CHECK(open_at(f, ROOT, "self/cwd", FOLLOW, 0, READING, 0, NULL) != WASI_ESUCCESS);
    CHECK(open_at(f, ROOT, "self/exe", FOLLOW, 0, READING, 0, NULL) != WASI_ESUCCESS);
    /* The process's own memory, which would undo all of it. */
    CHECK_EQUAL(open_at(f, ROOT, "self/mem", FOLLOW, 0, BOTH, 0, NULL), WASI_EACCES);
    CHECK_EQUAL(open_at(f, ROOT, "self/mem", FOLLOW, 0, WRITING, 0, NULL), WASI_EACCES);
    CHECK_EQUAL(open_at(f, ROOT, "self/status", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);

    close(secret);
    wasi_host_module.destroy(f->wasi);
    f->wasi = own;
}

/* A helper that keeps exchanging or moving directories until it is told to stop. */
struct helper {
    pthread_t thread;
    atomic_bool stop;
    char one[4096], other[4096];
    unsigned flags;
    bool back; /* rename there and back, instead of exchanging */
};

static void *helper_run(void *argument) {
    struct helper *helper = argument;
    while (!atomic_load(&helper->stop)) {
        syscall(SYS_renameat2, AT_FDCWD, helper->one, AT_FDCWD, helper->other, helper->flags);
        if (helper->back) {
            syscall(SYS_renameat2, AT_FDCWD, helper->other, AT_FDCWD, helper->one, helper->flags);
        }
    }
    return NULL;
}

static void helper_start(struct helper *helper) {
    atomic_init(&helper->stop, false);
    if (pthread_create(&helper->thread, NULL, helper_run, helper) != 0) exit(2);
}

static void helper_stop(struct helper *helper) {
    atomic_store(&helper->stop, true);
    pthread_join(helper->thread, NULL);
}

TEST(a_directory_that_turns_into_a_link_is_no_way_out) {
    static struct helper helper;
    enum { EXCHANGE = 2, ROUNDS = 1500 };
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/prey", "inside");
    host_symlink(f, "../outside", "root/link");
    helper = (struct helper){.flags = EXCHANGE};
    strcpy(helper.one, host_path(f, "root/dir"));
    strcpy(helper.other, host_path(f, "root/link"));
    helper_start(&helper);
    uint32_t mark = f->next;
    for (int i = 0; i < ROUNDS; i++) {
        char text[1024];
        uint32_t fd;
        f->next = mark;
        if (open_at(f, ROOT, "dir/prey", FOLLOW, 0, READING, 0, &fd) == WASI_ESUCCESS) {
            CHECK_EQUAL(read_text(f, fd, text), WASI_ESUCCESS);
            if (strcmp(text, "inside") != 0) {
                test_fail(__FILE__, __LINE__, "read '%s' outside in round %d", text, i);
                i = ROUNDS;
            }
            wasi_fd_close(f->wasi, fd);
        }
        (void)mkdir_at(f, ROOT, "dir/new");
        (void)times_at(f, ROOT, "dir/prey", FOLLOW, 1, 1, WASI_FST_MTIM);
        (void)rmdir_at(f, ROOT, "dir/new");
        (void)link_at(f, ROOT, FOLLOW, "dir/prey", ROOT, "dir/linked");
        (void)unlink_at(f, ROOT, "dir/linked");
    }
    helper_stop(&helper);
    struct stat status;
    CHECK(!host_exists(f, "outside/new") && !host_exists(f, "outside/linked"));
    CHECK_EQUAL(stat(host_path(f, "outside/prey"), &status), 0);
    CHECK(status.st_mtim.tv_sec > 1);
    CHECK_EQUAL(status.st_nlink, 1);
}

TEST(a_directory_moved_out_meanwhile_is_no_way_out) {
    static struct helper helper;
    enum { ROUNDS = 1500 };
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    host_mkdir(f, "root/a/b/c");
    helper = (struct helper){.back = true};
    strcpy(helper.one, host_path(f, "root/a/b"));
    strcpy(helper.other, host_path(f, "outside/b"));
    helper_start(&helper);
    /* While b lies in outside, "a/b/../../secret" means the secret to who believes the kernel. */
    static const char *const names[] = {"a/b/../../secret", "a/b/c/../../../secret", "a/b/../prey",
                                        "a/b/c/../../prey"};
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            if (open_at(f, ROOT, names[j], FOLLOW, 0, READING, 0, NULL) == WASI_ESUCCESS) {
                test_fail(__FILE__, __LINE__, "%s was opened in round %d", names[j], i);
                i = ROUNDS;
            }
            uint32_t mark = f->next;
            if (unlink_at(f, ROOT, names[j]) == WASI_ESUCCESS) {
                test_fail(__FILE__, __LINE__, "%s was removed in round %d", names[j], i);
            }
            f->next = mark;
        }
    }
    helper_stop(&helper);
    CHECK(host_exists(f, "secret") && host_exists(f, "outside/prey"));
}

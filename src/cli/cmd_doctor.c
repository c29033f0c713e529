/*
 * cmd_doctor.c - `mpiwasm doctor`: what a run would use here, and what would go wrong.
 *
 * Asks what a run asks, in the same order and by the same functions, then lets the MPI library
 * start and send messages. What is known is printed before MPI starts, since MPI may end the
 * process. Of a job the first rank prints.
 */
#include "base/cpu.h"
#include "cache/cache.h"
#include "cli/command.h"
#include "cli/grants.h"
#include "cli/job.h"
#include "cli/layers.h"
#include "cli/message.h"
#include "cli/paths.h"
#include "mpi/mpi_launcher.h"
#include "mpi/mpi_library.h"
#include "mpi/mpi_transports.h"
#include "runtime/store.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { FINDINGS_AT_MOST = 32, COLUMN = 14, START_SECONDS = 40 };

struct doctor {
    const struct options *options;
    struct arena *arena;
    bool speaks; /* of a job the first rank */
    struct mpi_launcher launcher;
    bool launched;
    struct mpi_plugin plugin; /* host NULL: none could be loaded */
    const char *problems[FINDINGS_AT_MOST], *hints[FINDINGS_AT_MOST];
    size_t problem_count, hint_count;
};

/* "key:          text", wrapped. */
static void show(const struct doctor *doctor, const char *key, const char *text) {
    if (!doctor->speaks) return;
    printf("%-*s", COLUMN, *key != '\0' ? arena_printf(doctor->arena, "%s:", key) : "");
    options_print_wrapped(stdout, text, COLUMN, COLUMN);
}
#define SHOW(doctor, key, ...) show(doctor, key, arena_printf((doctor)->arena, __VA_ARGS__))

/* A problem stops runs (or jobs of this size); a hint tells what is slower or may surprise. */
#define PROBLEM(doctor, ...)                                                                       \
    add((doctor)->problems, &(doctor)->problem_count, arena_printf((doctor)->arena, __VA_ARGS__))
#define HINT(doctor, ...)                                                                          \
    add((doctor)->hints, &(doctor)->hint_count, arena_printf((doctor)->arena, __VA_ARGS__))

static void add(const char **list, size_t *count, const char *text) {
    if (*count < FINDINGS_AT_MOST) list[(*count)++] = text;
}

/* The first line of a small file, or NULL. */
static const char *first_line(const struct doctor *doctor, const char *path) {
    char line[256];
    FILE *file = fopen(path, "re");
    const char *text = NULL;
    if (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        text = arena_string(doctor->arena, line);
    }
    if (file != NULL) fclose(file);
    return text;
}

/* ---- mpiwasm itself ---- */

static void examine_installation(struct doctor *doctor) {
    char path[4096];
    struct error err;
    SHOW(doctor, "mpiwasm", "%s (%s)", MPIWASM_VERSION, paths_executable());
    if (cache_compiler_find(path, sizeof path, &err)) {
        show(doctor, "compiler", path);
    } else {
        show(doctor, "compiler", "none");
        PROBLEM(doctor, "Modules cannot be compiled, only artifacts of `mpiwasm compile` run: %s.",
                err.message);
    }
}

static void examine_cache(struct doctor *doctor) {
    char path[4096];
    struct error err;
    struct cache_entry *entries;
    struct statvfs space;
    size_t count = 0;
    uint64_t bytes = 0;
    if (!cache_directory(path, sizeof path, &err)) {
        show(doctor, "cache", "cannot be used");
        HINT(doctor,
             "The cache is not used, so a temporary directory takes its place and modules may be "
             "compiled again: %s. --cache-dir or MPIWASM_CACHE_DIR name another directory.",
             err.message);
        return;
    }
    if (cache_list(&entries, &count, &err)) {
        for (size_t i = 0; i < count; i++)
            bytes += entries[i].size;
        free(entries);
    }
    /* The directory need not exist yet: the file system is that of the nearest one that does. */
    char *existing = arena_string(doctor->arena, path);
    while (access(existing, F_OK) != 0 && strrchr(existing, '/') > existing)
        *strrchr(existing, '/') = '\0';
    SHOW(doctor, "cache", "%s (%zu compiled %s, %.1f MiB)", path, count,
         count == 1 ? "module" : "modules", (double)bytes / (1 << 20));
    if (access(existing, W_OK) != 0)
        HINT(doctor,
             "The cache cannot be written to: '%s' is not writable. Modules are compiled "
             "into a temporary directory.",
             existing);
    else if (statvfs(existing, &space) == 0 &&
             (uint64_t)space.f_bavail * space.f_frsize < (64 << 20))
        HINT(doctor,
             "There are only %llu MiB left for the cache on the file system of '%s'; "
             "`mpiwasm cache clean` makes room.",
             (unsigned long long)((uint64_t)space.f_bavail * space.f_frsize >> 20), existing);
}

/* What a program could change to be run as native code later. */
static void examine_reach(struct doctor *doctor, const struct host_config *config) {
    char cache[4096];
    const char *outer;
    if (cache_directory(cache, sizeof cache, NULL) &&
        (outer = grants_find_writable(config, cache)) != NULL)
        HINT(doctor,
             "The cache lies in '%s', which is granted: a program that is not trusted could "
             "replace compiled modules there. --cache-dir names another place.",
             outer);
    if ((outer = grants_find_writable(config, paths_executable())) != NULL)
        HINT(doctor,
             "mpiwasm itself lies in '%s', which is granted: a program that is not trusted "
             "could replace it.",
             outer);
}

static void examine_directories(struct doctor *doctor) {
    struct host_config config = {0};
    struct error err;
    if (!grants_collect(doctor->options, doctor->arena, &config, &err)) {
        show(doctor, "directories", "cannot be granted");
        PROBLEM(doctor, "%s.", err.message);
        return;
    }
    for (size_t i = 0; i < config.directory_count; i++) {
        const struct host_directory *directory = &config.directories[i];
        bool writable = access(directory->host_path, W_OK) == 0;
        char *real = realpath(directory->host_path, NULL);
        SHOW(doctor, i == 0 ? "directories" : "", "\"%s\" is %s%s", directory->guest_path,
             real != NULL ? real : directory->host_path,
             directory->read_only ? ", read-only"
             : writable           ? ""
                                  : ", not writable for this user");
        if (real != NULL && strcmp(real, "/") == 0 && !directory->read_only)
            HINT(doctor, "The whole file system is granted, writable: a program may then do "
                         "whatever this user may do to files.");
        free(real);
        if (access(directory->host_path, R_OK | X_OK) != 0)
            PROBLEM(doctor, "The directory '%s' is granted, but this user may not read it.",
                    directory->host_path);
    }
    examine_reach(doctor, &config);
}

/* ---- the machine ---- */

static void examine_processor(struct doctor *doctor) {
#if defined(__x86_64__)
    static const char *const wanted[] = {"sse4.2", "avx",     "avx2",     "fma",
                                         "bmi2",   "avx512f", "avx512vl", NULL};
#define WANTED(i) wanted[i]
#else
#define WANTED(i) cpu_feature_name(MACHINE_HOST, i)
#endif
    const char *model = NULL, *features = "";
    char line[512];
    FILE *info = fopen("/proc/cpuinfo", "re");
    while (info != NULL && model == NULL && fgets(line, sizeof line, info) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = '\0';
            model = arena_string(doctor->arena, strchr(line, ':') + 2);
        }
    if (info != NULL) fclose(info);
    const char *name;
    for (size_t i = 0; (name = WANTED(i)) != NULL; i++)
        if (cpu_features_missing(arena_printf(doctor->arena, "+%s", name), NULL, 0) == 0)
            features = arena_printf(doctor->arena, "%s %s", features, name);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    SHOW(doctor, "processor", "%s, %ld online%s%s", model != NULL ? model : "unknown", processors,
         *features != '\0' ? ";" : "", features);
    const struct job *job = job_get();
    if (job->launched && job->local_size > processors)
        HINT(doctor,
             "%d ranks share %ld processors on this host. MPI libraries wait by spinning, "
             "so they disturb each other%s.",
             job->local_size, processors,
             doctor->plugin.name != NULL && strcmp(doctor->plugin.name, "openmpi") == 0
                 ? "; OMPI_MCA_mpi_yield_when_idle=1 helps"
                 : "");
}

static void examine_memory(struct doctor *doctor) {
    struct error err;
    struct statvfs space;
    struct rlimit limit;
    const char *huge = first_line(doctor, "/sys/kernel/mm/transparent_hugepage/enabled");
    bool guarded = memory_reservation_possible(&err);
    SHOW(doctor, "memory", "accesses are checked by %s",
         guarded ? "guard pages" : "the code (explicit bounds)");
    if (!guarded)
        HINT(doctor,
             "Programs are slower than they could be, since memory accesses are checked in "
             "the code: %s.",
             err.message);
    if (huge != NULL && strstr(huge, "[never]") != NULL)
        HINT(doctor, "Transparent huge pages are off "
                     "(/sys/kernel/mm/transparent_hugepage/enabled): large arrays may be slower.");
    if (statvfs("/dev/shm", &space) == 0 &&
        (uint64_t)space.f_blocks * space.f_frsize < ((uint64_t)256 << 20))
        HINT(doctor,
             "/dev/shm has only %llu MiB. MPI libraries keep messages between the ranks of "
             "a host there, as windows of shared memory do; in containers --shm-size sets "
             "it.",
             (unsigned long long)((uint64_t)space.f_blocks * space.f_frsize >> 20));
    if (*mpi_transports_hardware(doctor->arena) != '\0' && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
        limit.rlim_cur < ((rlim_t)64 << 20))
        HINT(doctor,
             "Only %llu KiB of memory may be locked (ulimit -l); network adapters need "
             "more, better without limit.",
             (unsigned long long)(limit.rlim_cur >> 10));
}

/* ---- MPI ---- */

static void examine_launcher(struct doctor *doctor) {
    const struct mpi_launcher *launcher = &doctor->launcher;
    doctor->launched = mpi_launcher_detect(&doctor->launcher);
    if (!doctor->launched && getenv("SLURM_JOB_ID") != NULL)
        show(doctor, "launcher",
             "none: this process is alone, in a job of Slurm; srun or mpirun start ranks");
    else if (!doctor->launched)
        show(doctor, "launcher", "none: this process is alone");
    else if (launcher->size > 0)
        SHOW(doctor, "launcher", "%s, %d %s", launcher->name, launcher->size,
             launcher->size == 1 ? "rank" : "ranks");
    else
        show(doctor, "launcher", launcher->name);
    if (doctor->launched && launcher->family == NULL)
        HINT(doctor,
             "%s starts programs of any MPI, so mpiwasm cannot tell which plugin fits: load the "
             "MPI's module, or name the plugin with --mpi or MPIWASM_MPI%s.",
             launcher->name,
             strstr(launcher->name, "Slurm") != NULL ? " (`srun --mpi=list` shows what it offers)"
                                                     : "");
}

/* Versions of a launcher and of an MPI library that were never meant to meet often do not: with
 * some luck ranks are alone, without they hang. */
static void examine_library(struct doctor *doctor) {
    const char *prefix = mpi_library_launcher_prefix(doctor->arena);
    const char *library = doctor->plugin.library;
    if (prefix == NULL || library == NULL) return;
    size_t length = strlen(prefix);
    if (strncmp(library, prefix, length) == 0 && library[length] == '/') return;
    HINT(doctor,
         "The launcher belongs to the MPI in '%s', the MPI library is another's: '%s'. Load the "
         "module of one MPI, or put the directory of the launcher's library into "
         "LD_LIBRARY_PATH.",
         prefix, library);
}

static void examine_plugins(struct doctor *doctor) {
    struct mpi_plugin *plugins;
    struct error err;
    size_t count;
    const char *others = "", *directory = paths_installed(doctor->arena, "lib/mpiwasm");
    const struct mpi_launcher *launcher = &doctor->launcher;
    if (!mpi_loader_find(directory, doctor->arena, &plugins, &count, &err)) count = 0;
    if (!mpi_loader_choose(directory, doctor->options->mpi, doctor->arena, &doctor->plugin, &err)) {
        doctor->plugin.host = NULL;
        show(doctor, "MPI", "none");
        PROBLEM(doctor, "Programs that use MPI do not run: %s.", err.message);
    } else {
        const struct host_module *host = doctor->plugin.host;
        SHOW(doctor, "MPI", "%s%s%s%s", host->description, host->details != NULL ? " (" : "",
             host->details != NULL ? host->details : "", host->details != NULL ? ")" : "");
        if (doctor->plugin.library != NULL) show(doctor, "library", doctor->plugin.library);
        SHOW(doctor, "plugin", "%s (%s)", doctor->plugin.name, doctor->plugin.path);
        examine_library(doctor);
    }
    for (size_t i = 0; i < count; i++)
        if (doctor->plugin.host == NULL || strcmp(plugins[i].path, doctor->plugin.path) != 0)
            others = arena_printf(doctor->arena, "%s%s%s", others, *others != '\0' ? ", " : "",
                                  plugins[i].name);
    if (*others != '\0') SHOW(doctor, "", "there are also: %s", others);
    bool fits = doctor->plugin.host == NULL || launcher->families == NULL;
    for (size_t i = 0; !fits && launcher->families[i] != NULL; i++)
        fits = strcmp(launcher->families[i], doctor->plugin.name) == 0;
    if (doctor->launched && launcher->size > 1 && !fits)
        HINT(doctor, "%s usually starts programs of \"%s\", but the plugin is \"%s\".",
             launcher->name, launcher->family, doctor->plugin.name);
    if (!doctor->launched && geteuid() == 0 && doctor->plugin.host != NULL &&
        getenv("OMPI_ALLOW_RUN_AS_ROOT") == NULL)
        for (size_t i = 0; i < count; i++)
            if (strcmp(plugins[i].name, "openmpi") == 0)
                HINT(doctor, "This is the user root, for whom Open MPI's mpirun starts nothing "
                             "unless OMPI_ALLOW_RUN_AS_ROOT=1 and "
                             "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 are set.");
    const char *hardware = mpi_transports_hardware(doctor->arena);
    SHOW(doctor, "network", "%s",
         *hardware != '\0' ? hardware : "no adapters but those that TCP uses");
}

static void too_long(int signal) {
    static const char text[] = "mpiwasm: MPI does not come to an end of its start. Often a "
                               "firewall, a name of a host that "
                               "cannot be looked up, or a transport is the cause\n";
    (void)signal;
    if (write(2, text, sizeof text - 1) < 0) _exit(EXIT_FAILED);
    _exit(EXIT_FAILED);
}

static void show_transports(void *user) {
    const struct doctor *doctor = user;
    const char *loaded = mpi_transports_loaded(doctor->arena);
    if (*loaded != '\0')
        show(doctor, "transports", loaded);
    else
        show(doctor, "transports", "built into the MPI library");
}

static void try_mpi(struct doctor *doctor) {
    struct host_self_test result;
    struct error err;
    const struct host_module *host = doctor->plugin.host;
    if (host == NULL || host->self_test == NULL) return;
    if (doctor->speaks) fflush(stdout);
    signal(SIGALRM, too_long);
    const char *limit = getenv("MPIWASM_DOCTOR_SECONDS");
    alarm(limit != NULL && atoi(limit) > 0 ? (unsigned)atoi(limit) : START_SECONDS);
    bool ok = host->self_test(show_transports, doctor, &result, &err);
    alarm(0);
    if (!ok) {
        PROBLEM(doctor, "MPI does not work: %s.", err.message);
        return;
    }
    SHOW(doctor, "test", "MPI started in %.2f s; %d %s on %d %s; messages arrive", result.seconds,
         result.size, result.size == 1 ? "rank" : "ranks", result.hosts,
         result.hosts == 1 ? "host" : "hosts");
    if (doctor->launched && doctor->launcher.size > 1 && result.size == 1)
        PROBLEM(doctor,
                "%s started %d ranks, but with the plugin \"%s\" each is alone in its "
                "world. Another plugin fits this launcher (--mpi), or another launcher this "
                "plugin.",
                doctor->launcher.name, doctor->launcher.size, doctor->plugin.name);
    const char *scope = first_line(doctor, "/proc/sys/kernel/yama/ptrace_scope");
    if (scope != NULL && atoi(scope) > 0 && result.size > result.hosts)
        HINT(doctor,
             "kernel.yama.ptrace_scope is %s: ranks of a host may be kept from reading each "
             "other's memory, and large messages are then copied twice.",
             scope);
}

static void list(const struct doctor *doctor, const char *title, const char *const *findings,
                 size_t count) {
    if (count == 0) return;
    printf("\n%s:\n", title);
    for (size_t i = 0; i < count; i++) {
        printf("  - ");
        options_print_wrapped(stdout, findings[i], 4, 4);
    }
}

/* Launchers end a job at the first code that is not 0, and may drop what they have not read yet: it
 * gets time to be read, milliseconds unless nobody does. */
static void let_launcher_read(void) {
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    int waiting = 0;
    fflush(stdout);
    for (int tries = 0, quiet = 0; tries < 100 && quiet < 5; tries++) {
        bool unread = ioctl(STDOUT_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;
        quiet = unread ? 0 : quiet + 1;
        nanosleep(&pause, NULL);
    }
}

int command_doctor(const struct command *command, const struct options *options,
                   struct arena *arena) {
    struct doctor doctor = {.options = options, .arena = arena, .speaks = job_get()->rank == 0};
    struct error err;
    if (options->positional_count > 0) {
        error_set(&err, ERROR_USAGE, "'%s' is one word too many: mpiwasm %s",
                  options->positional[0], command->synopsis);
        return message_usage(command->name, &err);
    }
    if (options->cache_dir != NULL) setenv("MPIWASM_CACHE_DIR", options->cache_dir, 1);
    examine_installation(&doctor);
    examine_launcher(&doctor);
    examine_plugins(&doctor);
    examine_directories(&doctor);
    examine_cache(&doctor);
    examine_processor(&doctor);
    examine_memory(&doctor);
    try_mpi(&doctor);
    if (doctor.speaks) {
        list(&doctor, "What would go wrong", doctor.problems, doctor.problem_count);
        list(&doctor, "Good to know", doctor.hints, doctor.hint_count);
        if (doctor.problem_count == 0)
            printf("\n%s\n", doctor.hint_count == 0 ? "Everything is as it should be."
                                                    : "Nothing stops a run.");
    }
    /* A launcher ends the job at the first code that is not 0, perhaps before the first rank has
     * told the reason. Only who cannot take part in MPI speaks up, since the others would wait. */
    if (!doctor.speaks && doctor.plugin.host == NULL) {
        for (size_t i = 0; i < doctor.problem_count; i++)
            message_note("rank %d on %s: %s", job_get()->rank, job_get()->host, doctor.problems[i]);
    } else if (!doctor.speaks) {
        return 0;
    }
    if (doctor.launched && doctor.problem_count > 0) let_launcher_read();
    return doctor.problem_count > 0 ? EXIT_FAILED : 0;
}

/*
 * mpi_spawn.c - starting processes: MPI_Comm_spawn, MPI_Comm_spawn_multiple, MPI_Comm_get_parent.
 * MPI 4.1, section 11.8.
 *
 * Only with the option --allow-spawn. What is started is always mpiwasm itself, with the options of
 * this run and a module below the granted directories: a program can start no other executable, and
 * the processes can do no more than it can. What the root finds wrong with its arguments is told to
 * all ranks, so that none waits for the others. Info keys (hosts, paths, environment) go nowhere.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_file_name.h"
#include "mpi/mpi_info.h"
#include "mpi/mpi_plugin.h"
#include "mpi_functions.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROGRAMS_AT_MOST = 1024, /* of one MPI_Comm_spawn_multiple */
    PROCESSES_AT_MOST = 1 << 16,
    ARGUMENTS_AT_MOST = 4096,
    ARGUMENT_SIZE = 1 << 16,
};

/* What one program is started with. */
struct program {
    char **words; /* arguments of mpiwasm, NULL-terminated; owned by the call */
    int processes;
};

/* The guest's arguments, of the root. */
struct spawn {
    bool multiple;
    int32_t count;
    uint32_t commands, arguments; /* addresses: of the strings, or of arrays of addresses */
    uint32_t infos;               /* a handle, or the address of an array of handles */
    int32_t processes;            /* not multiple */
    uint32_t processes_array;     /* multiple */
};

/* ---- the module ---- */

/* The host's path of a module that lies beneath a granted directory, links resolved. */
static bool module_find(struct mpilayer_call *call, const char *name, char path[PATH_MAX]) {
    struct mpilayer_name place;
    const char *reason = "";
    int fd;
    int class = mpilayer_name_locate(call->layer, name, &place, &reason);
    if (class == GUEST_MPI_SUCCESS) {
        class = mpilayer_name_open(&place, O_RDONLY | O_NOCTTY, &fd, &reason);
    }
    if (class != GUEST_MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_SPAWN, "command", "'%s': %s", name, reason);
    }
    char link[64];
    struct stat opened, named;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
    char magic[4] = "";
    bool ok = fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode) && stat(path, &named) == 0 &&
              named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
    /* What is started looks again, and runs nothing but modules: this is for the message. */
    ok = ok && read(fd, magic, sizeof magic) == sizeof magic &&
         (memcmp(magic, "\0asm", 4) == 0 || memcmp(magic, "#!", 2) == 0);
    close(fd);
    return ok || mpilayer_call_fail(call, GUEST_MPI_ERR_SPAWN, "command",
                                    "'%s' is not a WebAssembly module", name);
}

/* ---- arguments ---- */

static char *copy_text(struct mpilayer_call *call, const char *text) {
    char *copy = mpilayer_call_allocate(call, strlen(text) + 1);
    return copy != NULL ? strcpy(copy, text) : NULL;
}

/* A string of the guest's of any length. */
static char *guest_text(struct mpilayer_call *call, const char *argument, uint32_t address) {
    char *buffer = mpilayer_call_allocate(call, ARGUMENT_SIZE), *copy = NULL;
    if (buffer != NULL &&
        mpilayer_string_get(call, argument, address, buffer, ARGUMENT_SIZE, GUEST_MPI_ERR_ARG)) {
        copy = copy_text(call, buffer);
    }
    return copy;
}

/* The addresses in an array of the guest's that a null one ends; address 0: none. */
static bool list_get(struct mpilayer_call *call, uint32_t address, uint32_t **out, int *count) {
    *count = 0;
    while (address != 0) {
        uint64_t at = address + 4 * (uint64_t)*count;
        if (*count == ARGUMENTS_AT_MOST || !guest_range_ok(call->layer->guest, at, 4)) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "argv",
                                      "more than %d arguments, or without end", ARGUMENTS_AT_MOST);
        }
        if (mpilayer_load_i32(call->layer, (uint32_t)at) == 0) {
            break;
        }
        ++*count;
    }
    return mpilayer_array_get(call, "argv", address, *count, 4, out);
}

static const char *plugin_path(void) {
    Dl_info info;
    return dladdr((void *)mpiwasm_host_module, &info) != 0 ? info.dli_fname : NULL;
}

static char *joined(struct mpilayer_call *call, const char *option, const char *value) {
    char *word = mpilayer_call_allocate(call, strlen(option) + strlen(value) + 1);
    if (word != NULL) {
        strcat(strcpy(word, option), value);
    }
    return word;
}

/* All words after the name of mpiwasm: the policy of this run, the module, the guest's words. */
static bool words_make(struct mpilayer_call *call, uint32_t command, uint32_t arguments,
                       char ***out) {
    const char *const *policy = call->layer->config->policy;
    uint32_t *addresses;
    int count, policy_count = 0, at = 0;
    char path[PATH_MAX], *name = guest_text(call, "command", command);
    if (name == NULL || !module_find(call, name, path) ||
        !list_get(call, arguments, &addresses, &count)) {
        return false;
    }
    while (policy[policy_count] != NULL) {
        policy_count++;
    }
    char **words =
        mpilayer_call_allocate(call, ((size_t)policy_count + 5 + (size_t)count) * sizeof *words);
    if (words == NULL) {
        return false;
    }
    for (int i = 0; i < policy_count; i++) {
        words[at++] = (char *)policy[i];
    }
    if (plugin_path() != NULL) {
        words[at++] = joined(call, "--mpi=", plugin_path());
    }
    words[at++] = joined(call, "--argv0=", name);
    words[at++] = "--";
    words[at++] = copy_text(call, path);
    for (int i = 0; i < count; i++) {
        words[at++] = guest_text(call, "argv", addresses[i]);
        if (words[at - 1] == NULL) {
            return false;
        }
    }
    *out = words;
    return call->error == 0;
}

static bool program_read(struct mpilayer_call *call, uint32_t command, uint32_t arguments,
                         int32_t processes, uint32_t info, struct program *program) {
    struct mpilayer_info *hints;
    if (processes < 0 || processes > PROCESSES_AT_MOST) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_SPAWN, "maxprocs", "%d is not in [0, %d]",
                                  processes, PROCESSES_AT_MOST);
    }
    program->processes = processes;
    return mpilayer_info_get_optional(call, "info", info, &hints) &&
           words_make(call, command, arguments, &program->words);
}

static bool programs_read(struct mpilayer_call *call, const struct spawn *spawn,
                          struct program **out) {
    if (spawn->count < 1 || spawn->count > PROGRAMS_AT_MOST) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, "count", "%d is not in [1, %d]",
                                  spawn->count, PROGRAMS_AT_MOST);
    }
    struct program *programs =
        mpilayer_call_allocate(call, (size_t)spawn->count * sizeof *programs);
    *out = programs;
    if (programs == NULL) {
        return false;
    }
    if (!spawn->multiple) {
        return program_read(call, spawn->commands, spawn->arguments, spawn->processes, spawn->infos,
                            programs);
    }
    uint32_t *commands, *arguments = NULL, *infos;
    int32_t *processes;
    if (!mpilayer_array_get(call, "array_of_commands", spawn->commands, spawn->count, 4,
                            &commands) ||
        (spawn->arguments != GUEST_MPI_ARGVS_NULL &&
         !mpilayer_array_get(call, "array_of_argv", spawn->arguments, spawn->count, 4,
                             &arguments)) ||
        !mpilayer_array_get(call, "array_of_maxprocs", spawn->processes_array, spawn->count, 4,
                            &processes) ||
        !mpilayer_array_get(call, "array_of_info", spawn->infos, spawn->count, 4, &infos)) {
        return false;
    }
    for (int i = 0; i < spawn->count; i++) {
        if (!program_read(call, commands[i], arguments != NULL ? arguments[i] : 0, processes[i],
                          infos[i], &programs[i])) {
            return false;
        }
    }
    return true;
}

/* ---- the calls ---- */

static int host_spawn(struct mpilayer_call *call, const struct spawn *spawn,
                      const struct program *programs, int root, MPI_Comm comm, MPI_Comm *made,
                      int *codes) {
    const char *program = call->layer->config->program;
    if (programs == NULL) { /* not the root: nothing else is significant here */
        return spawn->multiple
                   ? MPI_Comm_spawn_multiple(0, NULL, NULL, NULL, NULL, root, comm, made, codes)
                   : MPI_Comm_spawn(program, MPI_ARGV_NULL, 0, MPI_INFO_NULL, root, comm, made,
                                    codes);
    }
    int count = spawn->count;
    if (!spawn->multiple) {
        return MPI_Comm_spawn(program, programs[0].words, programs[0].processes, MPI_INFO_NULL,
                              root, comm, made, codes);
    }
    char **commands = mpilayer_call_allocate(call, (size_t)count * sizeof *commands);
    char ***words = mpilayer_call_allocate(call, (size_t)count * sizeof *words);
    int *processes = mpilayer_call_allocate(call, (size_t)count * sizeof *processes);
    MPI_Info *infos = mpilayer_call_allocate(call, (size_t)count * sizeof *infos);
    if (commands == NULL || words == NULL || processes == NULL || infos == NULL) {
        return MPI_ERR_NO_MEM;
    }
    for (int i = 0; i < count; i++) {
        commands[i] = (char *)program;
        words[i] = programs[i].words;
        processes[i] = programs[i].processes;
        infos[i] = MPI_INFO_NULL;
    }
    return MPI_Comm_spawn_multiple(count, commands, words, processes, infos, root, comm, made,
                                   codes);
}

static int32_t spawn(struct mpilayer *layer, const char *name, const struct spawn *spawn,
                     int32_t root, uint32_t comm, uint32_t intercomm, uint32_t errcodes) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    struct program *programs = NULL;
    int agreed[2] = {0}; /* the root's failure, and how many processes it wants */
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &parent)) {
        return mpilayer_call_raise(&call);
    }
    if (!layer->config->allow_spawn || layer->config->policy == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_SPAWN, NULL,
                           layer->config->allow_spawn
                               ? "the names of the directories given cannot be passed on"
                               : "this run may not start processes (option --allow-spawn)");
        return mpilayer_call_raise(&call);
    }
    if (parent->inter) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COMM, "comm", "is an intercommunicator");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_rank_check(&call, "root", root, parent->size, GUEST_MPI_ERR_ROOT) ||
        !mpilayer_memory_check(&call, "intercomm", intercomm, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (root == parent->rank) {
        if (!programs_read(&call, spawn, &programs)) {
            agreed[0] = call.error;
        }
        for (int i = 0; i < spawn->count && agreed[0] == 0; i++) {
            agreed[1] += programs[i].processes; /* below 2^31: 1024 times 65536 at most */
        }
    }
    int code = MPI_Bcast(agreed, 2, MPI_INT, root, parent->host);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    if (agreed[0] != 0) {
        if (root != parent->rank) {
            mpilayer_call_fail(&call, agreed[0], NULL, "the root's arguments are wrong");
        }
        return mpilayer_call_raise(&call);
    }
    /* Whatever fails from here on must not keep this rank from the host's call. */
    int *codes = calloc((size_t)agreed[1] + 1, sizeof *codes);
    bool codes_ok =
        errcodes == 0 || guest_range_ok(layer->guest, errcodes, 4 * (uint64_t)agreed[1]);
    if (codes == NULL) {
        mpilayer_abort(layer, parent, 1, "%s: out of memory", name);
    }
    if (!mpilayer_comm_reserve(&call, "intercomm", intercomm, &made)) {
        mpilayer_abort(layer, parent, 1, "%s: too many communicators", name);
    }
    code = host_spawn(&call, spawn, programs, root, parent->host, &made->host, codes);
    for (int i = 0; i < agreed[1] && errcodes != 0 && codes_ok; i++) {
        mpilayer_store_i32(layer, errcodes + 4 * (uint32_t)i,
                           mpilayer_error_code_to_guest(codes[i]));
    }
    free(codes);
    int32_t result = mpilayer_comm_publish(&call, code, made, parent, intercomm);
    if (result == GUEST_MPI_SUCCESS && !codes_ok) {
        struct mpilayer_call late;
        mpilayer_call_begin(&late, layer, name);
        late.comm = parent;
        mpilayer_call_fail(&late, GUEST_MPI_ERR_ARG, "array_of_errcodes",
                           "outside the program's memory");
        return mpilayer_call_raise(&late);
    }
    return result;
}

int32_t mpilayer_Comm_spawn(struct mpilayer *layer, uint32_t command, uint32_t argv,
                            int32_t maxprocs, uint32_t info, int32_t root, uint32_t comm,
                            uint32_t intercomm, uint32_t array_of_errcodes) {
    const struct spawn arguments = {
        .count = 1, .commands = command, .arguments = argv, .infos = info, .processes = maxprocs};
    return spawn(layer, "MPI_Comm_spawn", &arguments, root, comm, intercomm, array_of_errcodes);
}

int32_t mpilayer_Comm_spawn_multiple(struct mpilayer *layer, int32_t count,
                                     uint32_t array_of_commands, uint32_t array_of_argv,
                                     uint32_t array_of_maxprocs, uint32_t array_of_info,
                                     int32_t root, uint32_t comm, uint32_t intercomm,
                                     uint32_t array_of_errcodes) {
    const struct spawn arguments = {.multiple = true,
                                    .count = count,
                                    .commands = array_of_commands,
                                    .arguments = array_of_argv,
                                    .infos = array_of_info,
                                    .processes_array = array_of_maxprocs};
    return spawn(layer, "MPI_Comm_spawn_multiple", &arguments, root, comm, intercomm,
                 array_of_errcodes);
}

/* Whoever is not allowed to start processes does not talk to one that started it either. */
int32_t mpilayer_Comm_get_parent(struct mpilayer *layer, uint32_t parent) {
    struct mpilayer_call call;
    MPI_Comm host = MPI_COMM_NULL;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_get_parent") ||
        !mpilayer_memory_check(&call, "parent", parent, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (layer->parent == 0 && layer->config->allow_spawn) {
        int code = MPI_Comm_get_parent(&host);
        if (code != MPI_SUCCESS) {
            return mpilayer_call_return(&call, code);
        }
        layer->parent = GUEST_MPI_COMM_NULL;
    }
    if (host != MPI_COMM_NULL) {
        struct mpilayer_comm *made = mpilayer_table_allocate(&layer->tables[MPILAYER_COMM]);
        if (made == NULL) {
            mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many communicators");
            return mpilayer_call_raise(&call);
        }
        made->host = host;
        snprintf(made->name, sizeof made->name, "MPI_COMM_PARENT");
        mpilayer_comm_fill(layer, made, NULL);
        layer->parent = made->object.handle;
    }
    /* After it was freed or disconnected there is none. */
    bool there = mpilayer_table_find(&layer->tables[MPILAYER_COMM], layer->parent) != NULL;
    mpilayer_store_i32(layer, parent, there ? (int32_t)layer->parent : GUEST_MPI_COMM_NULL);
    return GUEST_MPI_SUCCESS;
}

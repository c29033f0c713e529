/*
 * artifact.c - opening an ELF shared object that mpiwasm-compile made; see artifact.h.
 *
 * The ELF headers are checked against the file's size first: the dynamic loader maps what they
 * say, and a truncated file would end in SIGBUS.  Damage further inside is found by the cache's
 * checksum (src/cache).
 */
#include "runtime/artifact.h"

#include "base/cpu.h"
#include "base/machine.h"
#include "runtime/internal.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct artifact *_Atomic list; /* read without the lock by signal handlers */

struct artifact *artifact_find(const void *pc) {
    const uint8_t *at = pc;
    for (struct artifact *artifact = atomic_load_explicit(&list, memory_order_acquire);
         artifact != NULL; artifact = artifact->next)
        if (at >= artifact->code_start && at < artifact->code_end) return artifact;
    return NULL;
}

static void list_add(struct artifact *artifact) {
    pthread_mutex_lock(&list_lock);
    artifact->next = atomic_load_explicit(&list, memory_order_relaxed);
    atomic_store_explicit(&list, artifact, memory_order_release);
    pthread_mutex_unlock(&list_lock);
}

static void list_remove(struct artifact *artifact) {
    pthread_mutex_lock(&list_lock);
    struct artifact *at = atomic_load_explicit(&list, memory_order_relaxed);
    if (at == artifact) {
        atomic_store_explicit(&list, artifact->next, memory_order_release);
    } else {
        while (at != NULL && at->next != artifact)
            at = at->next;
        if (at != NULL) at->next = artifact->next;
    }
    pthread_mutex_unlock(&list_lock);
}

/* All of [offset, offset + size) within the file. */
static bool within(uint64_t offset, uint64_t size, uint64_t file_size) {
    return size <= file_size && offset <= file_size - size;
}

/* Read the headers, check that what they describe is there, and find the executable segment
 * (addresses relative to where the object will be loaded). */
static bool elf_check(int fd, const char *path, uint64_t *code_start, uint64_t *code_end,
                      struct error *err) {
    struct stat status;
    if (fstat(fd, &status) != 0) return error_set_errno(err, "cannot stat '%s'", path);
    uint64_t file_size = (uint64_t)status.st_size;
    Elf64_Ehdr header;
    if (!S_ISREG(status.st_mode) || pread(fd, &header, sizeof header, 0) != sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_type != ET_DYN)
        return error_set(err, ERROR_CORRUPT, "'%s' is not a compiled artifact", path);
    enum machine machine;
    bool is_known = machine_from_elf(header.e_machine, &machine);
    if (!is_known || machine != MACHINE_HOST)
        return error_set(err, ERROR_UNSUPPORTED,
                         "'%s' was compiled for another machine: it is for %s, this is %s", path,
                         is_known ? machine_name(machine) : "an unknown one",
                         machine_name(MACHINE_HOST));
    Elf64_Phdr segments[32];
    size_t table_size = header.e_phnum * sizeof segments[0];
    if (header.e_phentsize != sizeof segments[0] || table_size > sizeof segments ||
        pread(fd, segments, table_size, (off_t)header.e_phoff) != (ssize_t)table_size ||
        !within(header.e_shoff, (uint64_t)header.e_shnum * header.e_shentsize, file_size))
        return error_set(err, ERROR_CORRUPT, "'%s' is truncated or damaged", path);
    *code_start = *code_end = 0;
    for (int i = 0; i < header.e_phnum; i++) {
        if (segments[i].p_type != PT_LOAD) continue;
        if (!within(segments[i].p_offset, segments[i].p_filesz, file_size))
            return error_set(err, ERROR_CORRUPT, "'%s' is truncated or damaged", path);
        if ((segments[i].p_flags & PF_X) == 0) continue;
        uint64_t end = segments[i].p_vaddr + segments[i].p_memsz;
        if (*code_end == 0 || segments[i].p_vaddr < *code_start) *code_start = segments[i].p_vaddr;
        if (end > *code_end) *code_end = end;
    }
    return true;
}

static bool descriptor_check(const struct artifact_descriptor *descriptor, const char *path,
                             struct error *err) {
    if (descriptor->magic != ARTIFACT_MAGIC)
        return error_set(err, ERROR_CORRUPT, "'%s' is not a compiled artifact", path);
    if (descriptor->abi_version != RUNTIME_ABI_VERSION ||
        descriptor->descriptor_size < sizeof *descriptor)
        return error_set(err, ERROR_CORRUPT,
                         "'%s' was compiled by another version of mpiwasm (interface %u, this is "
                         "%d): compile it again",
                         path, descriptor->abi_version, RUNTIME_ABI_VERSION);
    char missing[256];
    size_t count = descriptor->features == NULL
                       ? 0
                       : cpu_features_missing(descriptor->features, missing, sizeof missing);
    if (count > 0)
        return error_set(err, ERROR_UNSUPPORTED,
                         "'%s' was compiled for the CPU '%s', and this one lacks %s of it: %s",
                         path, descriptor->cpu != NULL ? descriptor->cpu : "unknown",
                         count == 1 ? "a feature" : "features", missing);
    return true;
}

bool artifact_open(const char *path, int fd, struct artifact **out, struct error *err) {
    struct artifact *artifact = calloc(1, sizeof *artifact);
    if (artifact == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    artifact->fd = fd < 0 ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    artifact->path = strdup(path);
    if (artifact->path == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto fail;
    }
    if (artifact->fd < 0) {
        error_set_errno(err, "cannot open '%s'", path);
        goto fail;
    }
    uint64_t code_start, code_end;
    if (!elf_check(artifact->fd, path, &code_start, &code_end, err)) goto fail;

    /* The path is better than the descriptor's, debuggers read it; but it may be gone. A bare name
     * would be searched in the library path. */
    char *name = NULL;
    if (asprintf(&name, "%s%s", strchr(path, '/') != NULL ? "" : "./", path) < 0) name = NULL;
    if (name != NULL && (fd < 0 || access(name, F_OK) == 0))
        artifact->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    free(name);
    if (artifact->handle == NULL && fd >= 0) {
        char by_fd[64];
        snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d", artifact->fd);
        artifact->handle = dlopen(by_fd, RTLD_NOW | RTLD_LOCAL);
    }
    if (artifact->handle == NULL) {
        const char *reason = dlerror();
        error_set(err, ERROR_CORRUPT, "cannot load '%s': %s", path,
                  reason != NULL ? reason : "unknown reason");
        goto fail;
    }
    artifact->descriptor = dlsym(artifact->handle, ARTIFACT_SYMBOL);
    if (artifact->descriptor == NULL) {
        error_set(err, ERROR_CORRUPT, "'%s' is not a compiled artifact", path);
        goto fail;
    }
    const struct artifact_descriptor *descriptor = artifact->descriptor;
    if (!descriptor_check(descriptor, path, err)) goto fail;
    if (!wasm_module_decode(descriptor->module, (size_t)descriptor->module_size, &artifact->module,
                            err)) {
        if (err != NULL) err->code = ERROR_CORRUPT;
        error_prefix(err, "'%s'", path);
        artifact->module = (struct wasm_module){0};
        goto fail;
    }
    if (descriptor->function_count !=
            artifact->module.function_count - artifact->module.imported_function_count ||
        descriptor->type_count != artifact->module.type_count) {
        error_set(err, ERROR_CORRUPT, "'%s' contradicts itself: damaged", path);
        goto fail;
    }
    struct link_map *map;
    if (dlinfo(artifact->handle, RTLD_DI_LINKMAP, &map) == 0) {
        artifact->bias = map->l_addr;
        artifact->code_start = (const uint8_t *)(map->l_addr + code_start);
        artifact->code_end = (const uint8_t *)(map->l_addr + code_end);
    }
    if (descriptor->personality != NULL) *descriptor->personality = exception_personality;
    list_add(artifact);
    *out = artifact;
    return true;
fail:
    artifact_close(artifact);
    return false;
}

void artifact_close(struct artifact *artifact) {
    if (artifact == NULL) return;
    list_remove(artifact);
    artifact_symbols_free(artifact->symbols);
    wasm_module_free(&artifact->module);
    if (artifact->handle != NULL) dlclose(artifact->handle);
    if (artifact->fd >= 0) close(artifact->fd);
    free(artifact->path);
    free(artifact);
}

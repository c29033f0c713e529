/*
 * mpi_library.c - reads plugins' dynamic sections, LD_LIBRARY_PATH and the processes above this
 * one: see mpi_library.h.
 *
 * Loads nothing: two MPI libraries in one process may disturb each other, so it has to be known
 * before which one is meant. ELF with the host's word size and byte order only.
 */
#include "mpi/mpi_library.h"

#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands directly above the ranks of a host, by the names of the executables. */
static const char *const launchers[] = {
    "hydra_pmi_proxy", "mpiexec.hydra", "mpiexec.gforker", "mpiexec",     "mpirun",
    "orted",           "orterun",       "prted",           "prterun",     "prte",
    "mpispawn",        "mpirun_rsh",    "mpiexec.mpich",   "mpiexec.mpt",
};

/* An executable file in memory: where `size` bytes at `offset` are, or NULL. */
struct image {
    const char *bytes;
    size_t size;
};

static const void *at(const struct image *image, uint64_t offset, uint64_t size) {
    return offset <= image->size && size <= image->size - offset ? image->bytes + offset : NULL;
}

static const ElfW(Phdr) * segment(const struct image *image, unsigned i) {
    const ElfW(Ehdr) *header = at(image, 0, sizeof *header);
    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || i >= header->e_phnum ||
        header->e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return NULL;
    return at(image, header->e_phoff + (uint64_t)i * header->e_phentsize, sizeof(ElfW(Phdr)));
}

/* The text at that address of the loaded image, if it ends within the file. */
static const char *text_at(const struct image *image, ElfW(Addr) address) {
    const ElfW(Phdr) * load;
    for (unsigned i = 0; (load = segment(image, i)) != NULL; i++) {
        if (load->p_type != PT_LOAD || address < load->p_vaddr ||
            address - load->p_vaddr >= load->p_filesz)
            continue;
        const char *text = at(image, load->p_offset + (address - load->p_vaddr), 1);
        if (text == NULL || memchr(text, '\0', image->size - (size_t)(text - image->bytes)) == NULL)
            return NULL;
        return text;
    }
    return NULL;
}

static const char *wanted_in(const struct image *image) {
    const ElfW(Phdr) *dynamic = NULL, *other;
    for (unsigned i = 0; (other = segment(image, i)) != NULL; i++)
        if (other->p_type == PT_DYNAMIC) dynamic = other;
    if (dynamic == NULL) return NULL;
    size_t count = dynamic->p_filesz / sizeof(ElfW(Dyn));
    const ElfW(Dyn) *entries = at(image, dynamic->p_offset, count * sizeof *entries);
    ElfW(Addr) strings = 0;
    for (size_t i = 0; entries != NULL && i < count; i++)
        if (entries[i].d_tag == DT_STRTAB) strings = entries[i].d_un.d_ptr;
    for (size_t i = 0; entries != NULL && i < count && strings != 0; i++) {
        const char *name =
            entries[i].d_tag == DT_NEEDED ? text_at(image, strings + entries[i].d_un.d_val) : NULL;
        if (name != NULL && strncmp(name, "libmpi", 6) == 0) return name;
    }
    return NULL;
}

const char *mpi_library_wanted(struct arena *arena, const char *plugin_path) {
    const char *name = NULL;
    struct stat status;
    int fd = open(plugin_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        struct image image = {.size = (size_t)status.st_size};
        void *bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            image.bytes = bytes;
            name = wanted_in(&image);
            if (name != NULL) name = arena_string(arena, name);
            munmap(bytes, image.size);
        }
    }
    close(fd);
    return name;
}

bool mpi_library_in_path(struct arena *arena, const char *file) {
    const char *path = getenv("LD_LIBRARY_PATH");
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":;");
        if (length > 0 &&
            access(arena_printf(arena, "%.*s/%s", (int)length, path, file), R_OK) == 0)
            return true;
        path += length + (path[length] != '\0');
    }
    return false;
}

static int parent_of(int process) {
    char path[64], line[1024];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    /* The name, in parentheses, may contain any. */
    const char *rest = strrchr(line, ')');
    return rest != NULL && sscanf(rest, ") %*c %d", &parent) == 1 ? parent : 0;
}

const char *mpi_library_launcher_prefix(struct arena *arena) {
    enum { GENERATIONS = 16 };
    int process = getppid();
    for (int i = 0; i < GENERATIONS && process > 0; i++, process = parent_of(process)) {
        char link[64], path[4096];
        snprintf(link, sizeof link, "/proc/%d/exe", process);
        ssize_t length = readlink(link, path, sizeof path - 1);
        if (length <= 0) continue;
        path[length] = '\0';
        char *name = strrchr(path, '/');
        for (size_t j = 0; name != NULL && j < sizeof launchers / sizeof launchers[0]; j++) {
            if (strcmp(name + 1, launchers[j]) != 0) continue;
            *name = '\0'; /* now the folder */
            name = strrchr(path, '/');
            return name != NULL && name > path
                       ? arena_printf(arena, "%.*s", (int)(name - path), path)
                       : NULL;
        }
    }
    return NULL;
}

const char *mpi_library_of_launcher(struct arena *arena, const char *file) {
    static const char *const folders[] = {"lib", "lib64", "lib/release"};
    const char *prefix = mpi_library_launcher_prefix(arena);
    for (size_t i = 0; prefix != NULL && i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = arena_printf(arena, "%s/%s/%s", prefix, folders[i], file);
        if (access(path, R_OK) == 0) return path;
    }
    return NULL;
}

/*
 * identity.c - which compiler it is: the ELF build id of mpiwasm-compile and of the libLLVM it will
 * load, found as the dynamic loader finds it, but without loading it.
 *
 * The build id stands for the file's content, so nodes with the same packages share artifacts,
 * and an update of libLLVM under its old soname makes others. Where there is none (a script, a
 * stripped library), size, time and inode stand in. /etc/ld.so.cache is not read: a libLLVM that
 * only it knows of counts by its soname.
 */
#include "cache/internal.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Enough for what a linker makes of one program; more is not looked at. */
enum { SEGMENTS_MAX = 32, DYNAMIC_MAX = 256, NOTES_MAX = 4096 };

struct elf_file {
    int fd;
    Elf64_Phdr segments[SEGMENTS_MAX];
    int segment_count;
};

static bool read_at(int fd, void *out, size_t size, uint64_t offset) {
    return pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

static bool elf_read(int fd, struct elf_file *out) {
    Elf64_Ehdr header;
    if (!read_at(fd, &header, sizeof header, 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    out->fd = fd;
    out->segment_count = header.e_phnum < SEGMENTS_MAX ? header.e_phnum : SEGMENTS_MAX;
    return read_at(fd, out->segments, (size_t)out->segment_count * sizeof *out->segments,
                   header.e_phoff);
}

static size_t append(char *text, size_t size, size_t used, const char *more) {
    int length = snprintf(text + used, size - used, "%s", more);
    return used + (size_t)length < size ? used + (size_t)length : size - 1;
}

/* The bytes of the GNU build id in hexadecimal. */
static bool build_id(const struct elf_file *file, char *out, size_t size) {
    for (int i = 0; i < file->segment_count; i++) {
        uint8_t notes[NOTES_MAX];
        size_t length = (size_t)file->segments[i].p_filesz;
        if (file->segments[i].p_type != PT_NOTE || length > sizeof notes ||
            !read_at(file->fd, notes, length, file->segments[i].p_offset))
            continue;
        for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= length;) {
            Elf64_Nhdr note;
            memcpy(&note, notes + at, sizeof note);
            size_t name_at = at + sizeof note;
            size_t id_at = name_at + (((size_t)note.n_namesz + 3) & ~(size_t)3);
            if (id_at > length || note.n_descsz > length - id_at) break;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                memcmp(notes + name_at, "GNU", 4) == 0 && 2 * (size_t)note.n_descsz < size) {
                for (size_t j = 0; j < note.n_descsz; j++)
                    snprintf(out + 2 * j, 3, "%02x", notes[id_at + j]);
                return true;
            }
            at = id_at + (((size_t)note.n_descsz + 3) & ~(size_t)3);
        }
    }
    return false;
}

static bool identify(int fd, const struct elf_file *elf, char *out, size_t size) {
    struct stat status;
    if (elf != NULL && build_id(elf, out, size)) return true;
    if (fstat(fd, &status) != 0) return false;
    snprintf(out, size, "%lld %lld.%09ld %llu", (long long)status.st_size,
             (long long)status.st_mtim.tv_sec, (long)status.st_mtim.tv_nsec,
             (unsigned long long)status.st_ino);
    return true;
}

/* A string of the dynamic section, which names it by its place in the string table. */
static bool read_string(const struct elf_file *elf, uint64_t table, uint64_t index, char *out,
                        size_t size) {
    uint64_t address = table + index;
    for (int i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
            address - segment->p_vaddr >= segment->p_filesz)
            continue;
        ssize_t count = pread(elf->fd, out, size - 1,
                              (off_t)(segment->p_offset + (address - segment->p_vaddr)));
        if (count <= 0) return false;
        out[count] = '\0';
        return true;
    }
    return false;
}

/* Look for `name` in directories, separated by colons, where $ORIGIN is the compiler's own. */
static int open_in(const char *directories, const char *compiler, const char *name) {
    const char *slash = strrchr(compiler, '/');
    int origin_length = slash == NULL ? 1 : (int)(slash - compiler);
    const char *origin = slash == NULL ? "." : compiler;
    while (*directories != '\0') {
        char path[PATH_MAX];
        size_t length = strcspn(directories, ":");
        if (strncmp(directories, "$ORIGIN", 7) == 0)
            snprintf(path, sizeof path, "%.*s%.*s/%s", origin_length, origin, (int)length - 7,
                     directories + 7, name);
        else
            snprintf(path, sizeof path, "%.*s/%s", (int)length, directories, name);
        int fd = length == 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) return fd;
        directories += length;
        if (*directories == ':') directories++;
    }
    return -1;
}

static int open_library(const char *name, const char *run_path, const char *compiler) {
    static const char usual[] = "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib"
#if defined(__x86_64__)
                                ":/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu";
#elif defined(__aarch64__)
                                ":/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu";
#else
        ;
#endif
    const char *environment = getenv("LD_LIBRARY_PATH");
    int fd = environment != NULL ? open_in(environment, compiler, name) : -1;
    if (fd < 0) fd = open_in(run_path, compiler, name);
    return fd < 0 ? open_in(usual, compiler, name) : fd;
}

/* " libLLVM.so.22.1 ID" for each such library that the compiler needs. */
static size_t add_libraries(const struct elf_file *elf, const char *compiler, char *text,
                            size_t size, size_t used) {
    Elf64_Dyn entries[DYNAMIC_MAX];
    size_t count = 0;
    for (int i = 0; i < elf->segment_count; i++) {
        if (elf->segments[i].p_type != PT_DYNAMIC) continue;
        count = (size_t)elf->segments[i].p_filesz / sizeof *entries;
        if (count > DYNAMIC_MAX) count = DYNAMIC_MAX;
        if (!read_at(elf->fd, entries, count * sizeof *entries, elf->segments[i].p_offset))
            return used;
    }
    uint64_t table = 0;
    char run_path[PATH_MAX] = "", name[256];
    for (size_t i = 0; i < count; i++)
        if (entries[i].d_tag == DT_STRTAB) table = entries[i].d_un.d_ptr;
    for (size_t i = 0; i < count; i++)
        if (entries[i].d_tag == DT_RUNPATH || entries[i].d_tag == DT_RPATH)
            if (!read_string(elf, table, entries[i].d_un.d_val, run_path, sizeof run_path))
                run_path[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (entries[i].d_tag != DT_NEEDED ||
            !read_string(elf, table, entries[i].d_un.d_val, name, sizeof name) ||
            strncmp(name, "libLLVM", 7) != 0)
            continue;
        char id[256] = "?";
        struct elf_file library;
        int fd = open_library(name, run_path, compiler);
        if (fd >= 0) {
            if (!identify(fd, elf_read(fd, &library) ? &library : NULL, id, sizeof id)) id[0] = '?';
            close(fd);
        }
        used = append(text, size, used, " ");
        used = append(text, size, used, name);
        used = append(text, size, used, " ");
        used = append(text, size, used, id);
    }
    return used;
}

bool compiler_identity(const char *path, char *text, size_t size, struct error *err) {
    struct elf_file elf;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set_errno(err, "cannot read the compiler '%s'", path);
    bool is_elf = elf_read(fd, &elf);
    bool ok = identify(fd, is_elf ? &elf : NULL, text, size);
    if (!ok) error_set_errno(err, "cannot read the compiler '%s'", path);
    if (ok && is_elf) add_libraries(&elf, path, text, size, strlen(text));
    close(fd);
    return ok;
}

enum machine compiler_machine(const char *path) {
    Elf64_Ehdr header;
    enum machine machine = MACHINE_HOST;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read_at(fd, &header, sizeof header, 0) &&
        memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
        !machine_from_elf(header.e_machine, &machine))
        machine = MACHINE_HOST;
    if (fd >= 0) close(fd);
    return machine;
}

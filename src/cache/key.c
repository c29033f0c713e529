/*
 * key.c - the key of an artifact: BLAKE2b over everything that decides what the compiler makes.
 *
 * Not part of it: the module's name, the number of compile jobs, the time.  The compiler is known
 * by its ELF build id; a library it is linked with dynamically (LLVM) by the soname in it alone.
 */
#include "base/cpu.h"
#include "cache/internal.h"
#include "runtime/runtime_abi.h"

#include <blake2.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every item with its length in front, so that no two lists of items hash alike. */
static void hash_item(blake2b_state *state, const void *bytes, size_t size) {
    uint64_t length = size;
    blake2b_update(state, (const uint8_t *)&length, sizeof length);
    blake2b_update(state, bytes, size);
}

static void hash_text(blake2b_state *state, const char *text) {
    hash_item(state, text, strlen(text));
}

static bool hash_build_id(blake2b_state *state, int fd) {
    Elf64_Ehdr header;
    if (pread(fd, &header, sizeof header, 0) != sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (int i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        off_t at = (off_t)(header.e_phoff + (uint64_t)i * sizeof segment);
        if (pread(fd, &segment, sizeof segment, at) != sizeof segment) return false;
        if (segment.p_type != PT_NOTE) continue;
        uint64_t offset = segment.p_offset, end = segment.p_offset + segment.p_filesz;
        while (offset + sizeof(Elf64_Nhdr) <= end) {
            Elf64_Nhdr note;
            if (pread(fd, &note, sizeof note, (off_t)offset) != sizeof note) return false;
            uint64_t name_size = ((uint64_t)note.n_namesz + 3) & ~(uint64_t)3;
            uint64_t id_size = ((uint64_t)note.n_descsz + 3) & ~(uint64_t)3;
            uint8_t bytes[256];
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                note.n_descsz <= sizeof bytes - 4 &&
                pread(fd, bytes, 4 + note.n_descsz, (off_t)(offset + sizeof note)) ==
                    (ssize_t)(4 + note.n_descsz) &&
                memcmp(bytes, "GNU", 4) == 0) {
                hash_item(state, bytes + 4, note.n_descsz);
                return true;
            }
            offset += sizeof note + name_size + id_size;
        }
    }
    return false;
}

static bool hash_compiler(blake2b_state *state, const char *path, struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        error_set_errno(err, "cannot read the compiler '%s'", path);
        if (fd >= 0) close(fd);
        return false;
    }
    if (!hash_build_id(state, fd)) {
        /* Linked without one, or a script: whatever changes when the file does. */
        const int64_t identity[] = {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                                    (int64_t)status.st_ino};
        hash_item(state, identity, sizeof identity);
    }
    close(fd);
    return true;
}

bool key_compute(const struct cache_request *request, const char *compiler,
                 char key[CACHE_KEY_SIZE], struct error *err) {
    blake2b_state state;
    uint8_t digest[32];
    blake2b_init(&state, sizeof digest);
    hash_text(&state, "mpiwasm artifact");
    const uint32_t version = RUNTIME_ABI_VERSION;
    hash_item(&state, &version, sizeof version);
    if (!hash_compiler(&state, compiler, err)) return false;
    bool names_cpu = false;
    for (const char *const *option = request->options; option != NULL && *option != NULL;
         option++) {
        if (strncmp(*option, "--jobs=", 7) == 0) continue;
        if (strncmp(*option, "--cpu=", 6) == 0) names_cpu = strcmp(*option + 6, "native") != 0;
        hash_text(&state, *option);
    }
    if (!names_cpu) {
        char cpu[4096];
        hash_text(&state, cpu_identity(cpu, sizeof cpu));
    }
    hash_item(&state, request->module, request->module_size);
    blake2b_final(&state, digest, sizeof digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return true;
}

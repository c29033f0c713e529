/*
 * entry.c - the files of the cache: reading with every byte checked, installing, listing, cleaning.
 *
 * KEY.so is an artifact followed by struct entry_trailer, which the dynamic loader does not look
 * at.  Entries appear by rename, after their data are on the disk, and are never changed; a last
 * use is the file's modification time, updated once a day.  The checksum is for damage, not for
 * malice: whoever can write to the directory can run programs as the user anyway.
 *
 * Files are read, not mapped, while they are checked: a mapping of a file that vanishes from a
 * file server ends in SIGBUS.
 */
#include "base/file.h"
#include "cache/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[16] = "mpiwasm cache 1";

enum {
    DAY = 24 * 60 * 60,
    KEEP_DAYS = 30, /* entry_trim leaves what was used in that time: jobs may be running it */
};
#define TRIM_BYTES ((uint64_t)4 << 30)

/* Two lanes of multiply and fold: fast, and sensitive to every bit and every byte's place. */
struct checksum {
    uint64_t lanes[2];
};

static uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const uint64_t seeds[4] = {0x9e3779b97f4a7c15u, 0xd1b54a32d192ed03u, 0xbf58476d1ce4e5b9u,
                                  0x94d049bb133111ebu};

/* `size` must be a multiple of 32 in all calls but the last. */
static void checksum_update(struct checksum *sum, const uint8_t *bytes, size_t size) {
    uint64_t words[4];
    for (; size >= sizeof words; bytes += sizeof words, size -= sizeof words) {
        memcpy(words, bytes, sizeof words);
        sum->lanes[0] =
            fold(words[0] ^ seeds[0], words[1] ^ seeds[1] ^ sum->lanes[0]) + sum->lanes[0];
        sum->lanes[1] =
            fold(words[2] ^ seeds[2], words[3] ^ seeds[3] ^ sum->lanes[1]) + sum->lanes[1];
    }
    if (size == 0) return;
    uint8_t rest[sizeof words] = {0};
    memcpy(rest, bytes, size);
    rest[sizeof rest - 1] ^= (uint8_t)(0x80 | size);
    checksum_update(sum, rest, sizeof rest);
}

/* The first `size` bytes of the file. */
static bool checksum_file(int fd, uint64_t size, uint64_t out[2]) {
    enum { BLOCK = 256 * 1024 };
    uint8_t *block = malloc(BLOCK);
    if (block == NULL) return false;
    struct checksum sum = {{seeds[2], seeds[3]}};
    uint64_t at = 0;
    while (at < size) {
        size_t wanted = size - at < BLOCK ? (size_t)(size - at) : BLOCK, got = 0;
        while (got < wanted) {
            ssize_t count = pread(fd, block + got, wanted - got, (off_t)(at + got));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                free(block);
                return false;
            }
            got += (size_t)count;
        }
        checksum_update(&sum, block, wanted);
        at += wanted;
    }
    free(block);
    out[0] = fold(sum.lanes[0] ^ seeds[0], size ^ seeds[1]);
    out[1] = fold(sum.lanes[1] ^ seeds[1], size ^ seeds[0]);
    return true;
}

static uint64_t trailer_checksum(const struct entry_trailer *trailer) {
    struct checksum sum = {{seeds[0], seeds[1]}};
    checksum_update(&sum, (const uint8_t *)trailer,
                    offsetof(struct entry_trailer, trailer_checksum));
    return sum.lanes[0] ^ sum.lanes[1];
}

/* Read and check the trailer alone; *status is filled in. */
static bool trailer_read(int fd, struct entry_trailer *trailer, struct stat *status) {
    if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode) ||
        (uint64_t)status->st_size <= sizeof *trailer)
        return false;
    uint64_t size = (uint64_t)status->st_size - sizeof *trailer;
    return pread(fd, trailer, sizeof *trailer, (off_t)size) == sizeof *trailer &&
           memcmp(trailer->magic, magic, sizeof magic) == 0 && trailer->size == size &&
           trailer->trailer_checksum == trailer_checksum(trailer);
}

static bool entry_path(const char *directory, const char *name, const char *suffix, char *path) {
    int length = snprintf(path, PATH_MAX, "%s/%s%s", directory, name, suffix);
    return length > 0 && length < PATH_MAX;
}

bool entry_size(const uint8_t *bytes, size_t size, uint64_t *out) {
    struct entry_trailer trailer;
    if (size <= sizeof trailer) return false;
    memcpy(&trailer, bytes + size - sizeof trailer, sizeof trailer);
    *out = trailer.size;
    return memcmp(trailer.magic, magic, sizeof magic) == 0 && trailer.size == size - sizeof trailer;
}

int entry_open(const char *directory, const char *key, bool *damaged) {
    char path[PATH_MAX];
    *damaged = false;
    if (!entry_path(directory, key, ".so", path)) return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return -1;
    struct entry_trailer trailer;
    struct stat status;
    uint64_t checksum[2];
    if (!trailer_read(fd, &trailer, &status) || status.st_uid != geteuid() ||
        memcmp(trailer.key, key, sizeof trailer.key) != 0 ||
        !checksum_file(fd, trailer.size, checksum) || checksum[0] != trailer.checksum[0] ||
        checksum[1] != trailer.checksum[1]) {
        *damaged = true;
        close(fd);
        return -1;
    }
    if (time(NULL) - status.st_mtime > DAY) futimens(fd, NULL);
    return fd;
}

static void copy_text(char *out, size_t size, const char *text) {
    size_t length = strlen(text);
    if (length >= size) length = size - 1;
    memcpy(out, text, length);
}

static void trailer_fill(struct entry_trailer *trailer, const char *key,
                         const struct cache_request *request, double seconds) {
    memset(trailer, 0, sizeof *trailer);
    memcpy(trailer->magic, magic, sizeof magic);
    memcpy(trailer->key, key, sizeof trailer->key);
    trailer->created = (int64_t)time(NULL);
    trailer->seconds = seconds;
    trailer->module_size = request->module_size;
    if (request->module_name != NULL) {
        const char *slash = strrchr(request->module_name, '/');
        copy_text(trailer->module_name, sizeof trailer->module_name,
                  slash != NULL ? slash + 1 : request->module_name);
    }
    size_t used = 0;
    for (const char *const *option = request->options; option != NULL && *option != NULL;
         option++) {
        if (used + strlen(*option) + 2 > sizeof trailer->options) break;
        used += (size_t)snprintf(trailer->options + used, sizeof trailer->options - used, "%s%s",
                                 used > 0 ? " " : "", *option);
    }
}

bool entry_install(const char *directory, const char *key, const char *path, int fd,
                   const struct cache_request *request, double seconds, struct error *err) {
    struct entry_trailer trailer;
    struct stat status;
    trailer_fill(&trailer, key, request, seconds);
    if (fstat(fd, &status) != 0) return error_set_errno(err, "cannot stat '%s'", path);
    trailer.size = (uint64_t)status.st_size;
    if (!checksum_file(fd, trailer.size, trailer.checksum))
        return error_set_errno(err, "cannot read '%s'", path);
    trailer.trailer_checksum = trailer_checksum(&trailer);
    if (lseek(fd, status.st_size, SEEK_SET) < 0 ||
        !file_write_all(fd, &trailer, sizeof trailer, err))
        return error_prefix(err, "'%s'", path);
    fchmod(fd, 0600);
    if (fsync(fd) != 0) return error_set_errno(err, "cannot write '%s'", path);
    char target[PATH_MAX];
    if (!entry_path(directory, key, ".so", target))
        return error_set(err, ERROR_SYSTEM, "'%s' is too long", directory);
    if (rename(path, target) != 0) return error_set_errno(err, "cannot make '%s'", target);
    return true;
}

static bool has_suffix(const char *name, const char *suffix) {
    size_t length = strlen(name), suffix_length = strlen(suffix);
    return length >= suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

static bool is_entry_name(const char *name) {
    return strlen(name) == 64 + 3 && strspn(name, "0123456789abcdef") == 64 &&
           has_suffix(name, ".so");
}

static int compare_use(const void *left, const void *right) {
    const struct cache_entry *a = left, *b = right;
    if (a->used != b->used) return a->used < b->used ? 1 : -1;
    return strcmp(a->key, b->key);
}

static bool list_directory(const char *directory, struct cache_entry **entries, size_t *count,
                           struct error *err) {
    size_t capacity = 0;
    *entries = NULL;
    *count = 0;
    DIR *stream = opendir(directory);
    if (stream == NULL) {
        if (errno == ENOENT) return true;
        return error_set_errno(err, "cannot read '%s'", directory);
    }
    for (struct dirent *item; (item = readdir(stream)) != NULL;) {
        if (!is_entry_name(item->d_name)) continue;
        int fd = openat(dirfd(stream), item->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) continue;
        struct entry_trailer trailer;
        struct stat status = {0};
        bool ok = trailer_read(fd, &trailer, &status);
        close(fd);
        if (*count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            struct cache_entry *larger = realloc(*entries, capacity * sizeof **entries);
            if (larger == NULL) break;
            *entries = larger;
        }
        struct cache_entry *entry = &(*entries)[(*count)++];
        *entry = (struct cache_entry){
            .size = (uint64_t)status.st_size, .created = status.st_mtime, .used = status.st_mtime};
        memcpy(entry->key, item->d_name, 64);
        if (!ok) {
            copy_text(entry->module_name, sizeof entry->module_name, "(damaged)");
            continue;
        }
        entry->created = (time_t)trailer.created;
        entry->seconds = trailer.seconds;
        entry->module_size = trailer.module_size;
        memcpy(entry->module_name, trailer.module_name, sizeof entry->module_name - 1);
        memcpy(entry->options, trailer.options, sizeof entry->options - 1);
    }
    closedir(stream);
    if (*count > 1) qsort(*entries, *count, sizeof **entries, compare_use);
    return true;
}

bool cache_list(struct cache_entry **entries, size_t *count, struct error *err) {
    char directory[PATH_MAX];
    return cache_directory(directory, sizeof directory, err) &&
           list_directory(directory, entries, count, err);
}

static bool remove_entry(const char *directory, const struct cache_entry *entry) {
    char path[PATH_MAX];
    return entry_path(directory, entry->key, ".so", path) && unlink(path) == 0;
}

/* Unfinished files of processes that were killed, and records of failures, by age in seconds. */
static void remove_leftovers(const char *directory, double age) {
    DIR *stream = opendir(directory);
    if (stream == NULL) return;
    for (struct dirent *item; (item = readdir(stream)) != NULL;) {
        struct stat status;
        if (strstr(item->d_name, ".tmp") == NULL && !has_suffix(item->d_name, ".failed")) continue;
        if (fstatat(dirfd(stream), item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode) && difftime(time(NULL), status.st_mtime) >= age)
            unlinkat(dirfd(stream), item->d_name, 0);
    }
    closedir(stream);
}

bool cache_clean(const struct cache_clean_options *options, size_t *removed, uint64_t *bytes,
                 struct error *err) {
    char directory[PATH_MAX];
    struct cache_entry *entries;
    size_t count;
    *removed = 0;
    *bytes = 0;
    if (!cache_directory(directory, sizeof directory, err) ||
        !list_directory(directory, &entries, &count, err))
        return false;
    uint64_t kept = 0;
    time_t now = time(NULL);
    for (size_t i = 0; i < count; i++) {
        bool is_old = options->older_than_days >= 0 &&
                      difftime(now, entries[i].used) >= options->older_than_days * DAY;
        if (!is_old && kept + entries[i].size <= options->keep_bytes) {
            kept += entries[i].size;
        } else if (remove_entry(directory, &entries[i])) {
            ++*removed;
            *bytes += entries[i].size;
        }
    }
    free(entries);
    remove_leftovers(directory, options->keep_bytes == 0 ? 0 : DAY);
    return true;
}

void entry_trim(const char *directory) {
    struct cache_entry *entries;
    size_t count;
    if (!list_directory(directory, &entries, &count, NULL)) return;
    uint64_t kept = 0;
    time_t now = time(NULL);
    for (size_t i = 0; i < count; i++) {
        kept += entries[i].size;
        if (kept > TRIM_BYTES && difftime(now, entries[i].used) > (double)KEEP_DAYS * DAY &&
            remove_entry(directory, &entries[i]))
            kept -= entries[i].size;
    }
    free(entries);
    remove_leftovers(directory, 7.0 * DAY);
}

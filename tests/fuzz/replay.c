/*
 * replay.c - runs a fuzz target without libFuzzer: every file of the corpus, and a bounded number
 * of mutations of each, always the same ones.
 *
 *     replay [-n MUTATIONS] FILE-OR-FOLDER...
 *
 * An input that once broke something is kept in the corpus. Before an input is run that may
 * abort, it is noted in the file named by REPLAY_INPUT, if that is set.
 */
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { NOTHING_THERE = 77 }; /* exit code; ctest calls it skipped */

static unsigned long input_count;

/* Exactly as many bytes as there are, so that a sanitizer sees a read beyond them. */
static void run(const uint8_t *bytes, size_t size) {
    const char *path = getenv("REPLAY_INPUT");
    if (path != NULL) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0) {
            file_write_all(fd, bytes, size, NULL);
            close(fd);
        }
    }
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) abort();
    if (size > 0) memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    input_count++;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Change a few bytes, cut, repeat or move a piece: in place, `capacity` bytes of room. */
static size_t mutate(uint8_t *bytes, size_t size, size_t capacity, uint64_t *state) {
    static const uint8_t telling[] = {0x00, 0x01, 0x0b, 0x40, 0x60, 0x7f, 0x80, 0xfc, 0xfd, 0xff};
    for (uint64_t rounds = 1 + next_random(state) % 4; rounds > 0 && size > 0; rounds--) {
        size_t at = next_random(state) % size, length = 1 + next_random(state) % 16;
        if (length > size - at) length = size - at;
        switch (next_random(state) % 6) {
        case 0: bytes[at] = (uint8_t)next_random(state); break;
        case 1: bytes[at] = telling[next_random(state) % sizeof telling]; break;
        case 2: bytes[at] ^= (uint8_t)(1u << next_random(state) % 8); break;
        case 3: size = at; break;
        case 4: /* remove */
            memmove(bytes + at, bytes + at + length, size - at - length);
            size -= length;
            break;
        default: /* repeat */
            if (size + length > capacity) break;
            memmove(bytes + at + length, bytes + at, size - at);
            size += length;
            break;
        }
    }
    return size;
}

static void run_file(const char *path, unsigned long mutations) {
    enum { LARGEST = 1 << 20, ROOM = 256 };
    struct file_contents file;
    struct error err = {0};
    if (!file_read(path, &file, &err)) {
        fprintf(stderr, "replay: %s\n", err.message);
        exit(2);
    }
    run(file.bytes, file.size);
    size_t size = file.size < LARGEST ? file.size : LARGEST;
    uint8_t *copy = malloc(size + ROOM);
    if (copy == NULL) abort();
    uint64_t state = size;
    for (unsigned long i = 0; i < mutations; i++) {
        if (size > 0) memcpy(copy, file.bytes, size);
        run(copy, mutate(copy, size, size + ROOM, &state));
    }
    free(copy);
    file_release(&file);
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void run_path(const char *path, unsigned long mutations) {
    struct stat status;
    if (stat(path, &status) != 0) {
        perror(path);
        exit(NOTHING_THERE);
    }
    if (!S_ISDIR(status.st_mode)) {
        run_file(path, mutations);
        return;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        run_path(name, mutations);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

int main(int argc, char **argv) {
    unsigned long mutations = 0;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        mutations = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    for (int i = first; i < argc; i++)
        run_path(argv[i], mutations);
    printf("%lu inputs\n", input_count);
    return input_count == 0;
}

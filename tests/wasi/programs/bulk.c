/* Large transfers, many open files, random bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SIZE = 48 << 20, FILES = 200, PARTS = 2500 };

int main(void) {
    unsigned char *buffer = malloc(SIZE);
    unsigned state = 1;
    for (size_t i = 0; i < SIZE; i++) {
        state = state * 1664525 + 1013904223;
        buffer[i] = (unsigned char)(state >> 24);
    }
    FILE *file = fopen("big", "w");
    printf("%d\n", fwrite(buffer, 1, SIZE, file) == SIZE);
    fclose(file);
    unsigned char *back = calloc(SIZE, 1);
    int fd = open("big", O_RDONLY);
    size_t got = 0;
    ssize_t part;
    while ((part = read(fd, back + got, SIZE - got)) > 0) {
        got += (size_t)part;
    }
    printf("%d %d\n", got == SIZE, memcmp(buffer, back, SIZE));
    close(fd);
    unlink("big");

    int fds[FILES];
    char name[32];
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "f%d", i);
        fds[i] = open(name, O_CREAT | O_RDWR, 0644);
        dprintf(fds[i], "%d", i);
    }
    long sum = 0;
    for (int i = 0; i < FILES; i++) {
        char text[16] = "";
        pread(fds[i], text, 15, 0);
        sum += atol(text);
        close(fds[i]);
    }
    printf("%ld\n", sum);

    unsigned char random[2][256];
    printf("%d %d\n", getentropy(random[0], 256), getentropy(random[1], 256));
    printf("%d\n", memcmp(random[0], random[1], 256) != 0);
    return 0;
}

/* Directories under names of their own, read-only ones, and what lies outside. */
//! native: no
//! options: --dir . --dir data::/fixed:ro --dir data::/data/in
//> one two
//> one two
//> 1 1
//> out: 1
//> dot: 1
//> absolute: 1
//> link: 1
//> write: 1
//> create: 1
//> mkdir: 1
//> unlink: 1
//> rename: 1
//> link out: 1
//> 0
//> cwd: one two
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *name) {
    char one[10] = "", two[10] = "";
    FILE *file = fopen(name, "r");
    if (file) fscanf(file, "%9s %9s", one, two);
    printf("%s %s\n", one, two);
    if (file) fclose(file);
}

int main(void) {
    show("/fixed/input");
    show("/data/in/input");
    printf("%d %d\n", access("data/input", R_OK) == 0, access("/fixed/./input", R_OK) == 0);

    printf("out: %d\n", open("../secret", O_RDONLY) < 0 && (errno == EPERM || errno == ENOENT));
    printf("dot: %d\n", open("data/../../secret", O_RDONLY) < 0);
    printf("absolute: %d\n", open("/etc/passwd", O_RDONLY) < 0);
    symlink("../secret", "link");
    printf("link: %d\n", open("link", O_RDONLY) < 0 && errno == EPERM);

    printf("write: %d\n", open("/fixed/input", O_RDWR) < 0 && errno == EROFS);
    printf("create: %d\n", open("/fixed/new", O_CREAT | O_WRONLY, 0644) < 0 && errno == EROFS);
    printf("mkdir: %d\n", mkdir("/fixed/new", 0755) < 0 && errno == EROFS);
    printf("unlink: %d\n", unlink("/fixed/input") < 0 && errno == EROFS);
    printf("rename: %d\n", rename("/fixed/input", "stolen") < 0 && errno == EROFS);
    printf("link out: %d\n", link("/fixed/input", "stolen") < 0 && errno == EROFS);
    printf("%d\n", chdir("/data/in"));
    printf("cwd: ");
    show("input");
    return 0;
}

/* Directories with many entries: readdir, positions in it, removal. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COUNT = 700 };

static int count_entries(DIR *directory, int seen[COUNT]) {
    struct dirent *entry;
    int count = 0, number;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.') continue;
        count++;
        if (sscanf(entry->d_name, "file-with-a-rather-long-name-%d", &number) == 1 && seen) {
            seen[number]++;
        }
        if (entry->d_type == DT_UNKNOWN) printf("%s has no type\n", entry->d_name);
    }
    return count;
}

int main(void) {
    char name[100];
    int seen[COUNT] = {0};
    mkdir("many", 0755);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "many/file-with-a-rather-long-name-%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0644);
        if (fd < 0) perror(name);
        close(fd);
    }
    mkdir("many/sub", 0755);
    symlink("sub", "many/link");
    DIR *directory = opendir("many");
    printf("%d\n", count_entries(directory, seen));
    for (int i = 0; i < COUNT; i++) {
        if (seen[i] != 1) printf("%d seen %d times\n", i, seen[i]);
    }
    rewinddir(directory);
    printf("%d\n", count_entries(directory, NULL));

    /* Remember a place in the middle and come back. */
    rewinddir(directory);
    for (int i = 0; i < 100; i++) {
        readdir(directory);
    }
    long place = telldir(directory);
    int rest = count_entries(directory, NULL);
    seekdir(directory, place);
    printf("%d\n", count_entries(directory, NULL) == rest);
    closedir(directory);

    struct dirent **names;
    int count = scandir("many", &names, NULL, alphasort);
    printf("%d\n", count);
    for (int i = 0; i < count; i++) {
        const char *kind = names[i]->d_type == DT_DIR   ? "directory"
                           : names[i]->d_type == DT_LNK ? "link"
                                                        : "file";
        if (i < 5 || i > count - 4) printf("%s %s\n", names[i]->d_name, kind);
    }
    /* Remove while listing, as rm -r does. */
    directory = opendir("many");
    struct dirent *entry;
    int removed = 0;
    while ((entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        snprintf(name, sizeof name, "many/%s", entry->d_name);
        removed += (entry->d_type == DT_DIR ? rmdir(name) : unlink(name)) == 0;
    }
    closedir(directory);
    printf("removed %d, %d\n", removed, rmdir("many"));
    printf("%d\n", opendir("many") == NULL);
    return 0;
}

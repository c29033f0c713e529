/* Positions in directories, and directories that change while they are listed. */
#include "cases.h"

#include <dirent.h>

enum { COUNT = 60 };

static void fill(const char *name) {
    char path[64];
    mkdir(name, 0755);
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "%s/%d", name, i);
        put(path, "");
    }
}

static int left(DIR *directory) {
    int count = 0;
    while (readdir(directory)) {
        count++;
    }
    return count;
}

CASE(an_empty_directory_has_two_entries) {
    mkdir("dir", 0755);
    DIR *directory = opendir("dir");
    VALUE(left(directory));
    closedir(directory);
}

CASE(the_end_stays_the_end) {
    mkdir("dir", 0755);
    DIR *directory = opendir("dir");
    VALUE(left(directory));
    errno = 0;
    VALUE(readdir(directory) == NULL && errno == 0);
    closedir(directory);
}

CASE(every_position_leads_back) {
    long places[COUNT + 2];
    char names[COUNT + 2][32];
    fill("dir");
    DIR *directory = opendir("dir");
    for (int i = 0; i < COUNT + 2; i++) {
        places[i] = telldir(directory);
        strcpy(names[i], readdir(directory)->d_name);
    }
    int wrong = 0;
    for (int i = COUNT + 1; i >= 0; i--) {
        seekdir(directory, places[i]);
        struct dirent *entry = readdir(directory);
        wrong += !entry || strcmp(entry->d_name, names[i]) != 0;
    }
    VALUE(wrong);
    closedir(directory);
}

CASE(rewinding_shows_new_entries) {
    mkdir("dir", 0755);
    DIR *directory = opendir("dir");
    VALUE(left(directory));
    put("dir/new", "");
    rewinddir(directory);
    VALUE(left(directory));
    closedir(directory);
}

CASE(two_listings_do_not_disturb_each_other) {
    fill("dir");
    DIR *one = opendir("dir"), *two = opendir("dir");
    for (int i = 0; i < 10; i++) {
        readdir(one);
    }
    VALUE(left(two));
    VALUE(left(one));
    closedir(one);
    closedir(two);
}

CASE(removing_what_is_listed) {
    fill("dir");
    DIR *directory = opendir("dir");
    struct dirent *entry;
    int removed = 0;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] != '.') removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
    }
    VALUE(removed);
    closedir(directory);
    TRY(rmdir("dir"));
}

CASE(a_removed_directory_is_empty) {
    mkdir("dir", 0755);
    DIR *directory = opendir("dir");
    TRY(rmdir("dir"));
    rewinddir(directory); /* the guest's libc has read ahead */
    VALUE(left(directory));
    closedir(directory);
}

CASE(what_cannot_be_listed) {
    put("file", "");
    errno = 0;
    VALUE(opendir("file") == NULL && errno == ENOTDIR);
    VALUE(opendir("missing") == NULL && errno == ENOENT);
}

CASE(inodes_and_kinds_are_those_of_stat) {
    mkdir("dir", 0755);
    put("dir/file", "");
    mkdir("dir/sub", 0755);
    symlink("file", "dir/link");
    DIR *directory = opendir("dir");
    struct dirent *entry;
    int wrong = 0;
    while ((entry = readdir(directory))) {
        struct stat status;
        if (strcmp(entry->d_name, "..") == 0) continue;
        fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW);
        wrong += status.st_ino != entry->d_ino;
        wrong += S_ISDIR(status.st_mode) != (entry->d_type == DT_DIR);
        wrong += S_ISLNK(status.st_mode) != (entry->d_type == DT_LNK);
        wrong += S_ISREG(status.st_mode) != (entry->d_type == DT_REG);
    }
    VALUE(wrong);
    closedir(directory);
}

CASE(the_longest_name) {
    char name[256] = "";
    memset(name, 'n', 255);
    mkdir("dir", 0755);
    chdir("dir");
    put(name, "");
    DIR *directory = opendir(".");
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == 'n') VALUE(strlen(entry->d_name));
    }
    closedir(directory);
    chdir("..");
}

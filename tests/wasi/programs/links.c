/* Symbolic and hard links, and renaming, as a program sees them through its C library. */
#include "cases.h"

CASE(a_link_is_followed) {
    put("file", "text");
    TRY(symlink("file", "link"));
    show("link");
    kind("link");
}

CASE(a_link_to_a_link_is_followed) {
    put("file", "text");
    TRY(symlink("file", "one"));
    TRY(symlink("one", "two"));
    show("two");
}

CASE(a_link_into_a_directory_and_back) {
    TRY(mkdir("dir", 0755));
    put("file", "text");
    TRY(symlink("../file", "dir/link"));
    TRY(symlink("dir/link", "link"));
    show("dir/link");
    show("link");
}

CASE(dot_dot_behind_a_link_is_that_of_its_target) {
    TRY(mkdir("a", 0755));
    TRY(mkdir("a/b", 0755));
    put("a/file", "in a");
    put("file", "outside a");
    TRY(symlink("a/b", "link"));
    show("link/../file");
}

CASE(writing_through_a_link_writes_the_target) {
    put("file", "text");
    TRY(symlink("file", "link"));
    put("link", "new");
    show("file");
    kind("link");
}

CASE(creating_through_a_dangling_link_makes_the_target) {
    TRY(symlink("file", "link"));
    show("link");
    put("link", "new");
    show("file");
}

CASE(a_dangling_link_is_not_created_exclusively) {
    TRY(symlink("file", "link"));
    TRY(open("link", O_CREAT | O_EXCL | O_WRONLY, 0644));
    kind("file");
}

CASE(the_target_may_be_anything) {
    char text[64] = "";
    TRY(symlink("no/such/../place ", "link"));
    VALUE(readlink("link", text, sizeof text));
    puts(text);
}

CASE(a_link_with_an_empty_target) {
    TRY(symlink("", "link"));
}

CASE(reading_a_link_into_a_short_buffer) {
    char text[8] = "";
    TRY(symlink("0123456789", "link"));
    VALUE(readlink("link", text, 4));
    puts(text);
}

CASE(the_size_of_a_link_is_its_target_s_length) {
    struct stat status;
    TRY(symlink("0123456789", "link"));
    TRY(lstat("link", &status));
    VALUE(status.st_size);
}

CASE(a_link_with_a_slash_behind_is_its_directory) {
    struct stat status;
    TRY(mkdir("dir", 0755));
    TRY(symlink("dir", "link"));
    TRY(lstat("link/", &status));
    VALUE(S_ISDIR(status.st_mode) != 0);
    TRY(open("link/", O_RDONLY | O_NOFOLLOW));
}

CASE(a_link_to_a_file_with_a_slash_behind) {
    struct stat status;
    put("file", "text");
    TRY(symlink("file", "link"));
    TRY(stat("link/", &status));
    TRY(open("link/", O_RDONLY));
}

CASE(removing_a_link_leaves_the_target) {
    put("file", "text");
    TRY(symlink("file", "link"));
    TRY(unlink("link"));
    show("file");
}

CASE(removing_a_link_to_a_directory_takes_unlink) {
    TRY(mkdir("dir", 0755));
    TRY(symlink("dir", "link"));
    TRY(rmdir("link"));
    TRY(rmdir("link/"));
    TRY(unlink("link/"));
    TRY(unlink("link"));
    kind("dir");
}

CASE(a_loop) {
    TRY(symlink("two", "one"));
    TRY(symlink("one", "two"));
    TRY(open("one", O_RDONLY));
    TRY(open("one/x", O_RDONLY));
    TRY(unlink("one"));
    TRY(open("two", O_RDONLY));
}

CASE(renaming_a_link_moves_the_link) {
    put("file", "text");
    TRY(symlink("file", "link"));
    TRY(rename("link", "other"));
    kind("other");
    kind("file");
}

CASE(renaming_over_a_link_replaces_the_link) {
    put("file", "text");
    put("new", "new");
    TRY(symlink("file", "link"));
    TRY(rename("new", "link"));
    kind("link");
    show("file");
}

CASE(hard_links_share_contents_and_count) {
    struct stat one, two;
    put("one", "text");
    TRY(link("one", "two"));
    put("two", "other text");
    show("one");
    TRY(stat("one", &one));
    TRY(stat("two", &two));
    VALUE(one.st_nlink);
    VALUE(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
    TRY(unlink("one"));
    TRY(stat("two", &two));
    VALUE(two.st_nlink);
}

CASE(a_hard_link_over_something) {
    put("one", "one");
    put("two", "two");
    TRY(link("one", "two"));
    TRY(link("one", "one"));
    show("two");
}

CASE(a_hard_link_to_a_directory) {
    TRY(mkdir("dir", 0755));
    TRY(link("dir", "link"));
}

CASE(a_hard_link_to_a_link_is_a_link) {
    TRY(symlink("file", "soft"));
    TRY(link("soft", "hard"));
    kind("hard");
}

CASE(a_hard_link_with_slashes_behind) {
    put("file", "text");
    TRY(link("file/", "link"));
    TRY(link("file", "link/"));
}

CASE(renaming_replaces_a_file) {
    put("one", "one");
    put("two", "two");
    TRY(rename("one", "two"));
    show("two");
    kind("one");
}

CASE(renaming_replaces_an_empty_directory) {
    TRY(mkdir("one", 0755));
    put("one/file", "text");
    TRY(mkdir("two", 0755));
    TRY(rename("one", "two"));
    show("two/file");
}

CASE(renaming_does_not_replace_a_full_directory) {
    TRY(mkdir("one", 0755));
    TRY(mkdir("two", 0755));
    put("two/file", "text");
    TRY(rename("one", "two"));
    show("two/file");
}

CASE(renaming_between_kinds) {
    put("file", "text");
    TRY(mkdir("dir", 0755));
    TRY(rename("file", "dir"));
    TRY(rename("dir", "file"));
    TRY(rename("file", "dir/"));
    TRY(rename("file", "new/"));
    TRY(rename("dir/", "new/"));
    kind("new");
}

CASE(renaming_into_itself) {
    TRY(mkdir("dir", 0755));
    TRY(mkdir("dir/sub", 0755));
    TRY(rename("dir", "dir/new"));
    TRY(rename("dir", "dir/sub/new"));
    TRY(rename("dir", "dir"));
    TRY(rename("dir/sub", "dir"));
}

CASE(renaming_to_another_name_of_the_same_file) {
    put("one", "text");
    TRY(link("one", "two"));
    TRY(rename("one", "two"));
    kind("one");
    kind("two");
}

CASE(an_open_file_survives_renaming_and_removal) {
    char text[8] = "";
    put("one", "text");
    int fd = open("one", O_RDONLY);
    TRY(rename("one", "two"));
    TRY(unlink("two"));
    VALUE(read(fd, text, 7));
    puts(text);
    close(fd);
}

CASE(removing_what_is_not_empty) {
    TRY(mkdir("dir", 0755));
    put("dir/file", "text");
    TRY(rmdir("dir"));
    TRY(remove("dir"));
    TRY(unlink("dir"));
    TRY(remove("dir/file"));
    TRY(remove("dir"));
}

CASE(removing_dots) {
    TRY(mkdir("dir", 0755));
    TRY(rmdir("dir/."));
    kind("dir");
}

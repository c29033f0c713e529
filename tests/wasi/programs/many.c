/* As many files as there may be (the process has 300, of which 64 are not for programs). */
//! native: no
//> 232 opened, then EMFILE
//> 0 of them cannot be read
//> 232 of them are ready both ways
//> new names still work
//> 232 opened again
//> what was not opened was not made
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1000 };

static int fds[MOST];

static int open_all(void) {
    int count = 0;
    while (count < MOST && (fds[count] = open("data/input", O_RDWR)) >= 0) {
        count++;
    }
    return count;
}

int main(void) {
    static struct pollfd polled[MOST];
    struct stat status;
    int count = open_all(), wrong = 0, ready = 0;
    printf("%d opened, then %s\n", count, errno == EMFILE ? "EMFILE" : "something else");
    for (int i = 0; i < count; i++) {
        char letter = 0;
        wrong += read(fds[i], &letter, 1) != 1 || letter != 'o';
        polled[i] = (struct pollfd){fds[i], POLLIN | POLLOUT, 0};
    }
    printf("%d of them cannot be read\n", wrong);
    poll(polled, (nfds_t)count, 1000);
    for (int i = 0; i < count; i++) {
        ready += polled[i].revents == (POLLIN | POLLOUT);
    }
    printf("%d of them are ready both ways\n", ready);
    int made = open("new", O_CREAT | O_WRONLY, 0644);
    if (mkdir("dir", 0755) == 0 && stat("dir/../data", &status) == 0 && rmdir("dir") == 0) {
        puts("new names still work");
    }
    for (int i = 0; i < count; i++) {
        close(fds[i]);
    }
    printf("%d opened again\n", open_all());
    if (made < 0 && stat("new", &status) != 0) puts("what was not opened was not made");
    return 0;
}

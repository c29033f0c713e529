/* poll and select: timeouts, files that are always ready, bad descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(void) {
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    struct pollfd polled[2] = {{fd, POLLIN | POLLOUT, 0}, {1, POLLOUT, 0}};
    printf("%d\n", poll(polled, 2, -1));
    printf("%d %d\n", polled[0].revents == (POLLIN | POLLOUT), polled[1].revents == POLLOUT);
    double before = now();
    struct timeval wait = {0, 30000};
    printf("%d\n", select(0, NULL, NULL, NULL, &wait));
    printf("%d\n", now() - before >= 0.03);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    wait = (struct timeval){5, 0};
    printf("%d\n", select(fd + 1, &set, NULL, NULL, &wait));
    printf("%d\n", FD_ISSET(fd, &set) != 0);
    polled[0] = (struct pollfd){77, POLLIN, 0};
    printf("%d\n", poll(polled, 1, 1000));
    printf("%d\n", polled[0].revents == POLLNVAL);
    return 0;
}

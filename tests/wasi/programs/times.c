/* Clocks, waiting and the times of files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static long long nanoseconds(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) return -1;
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void show(const char *name) {
    struct stat status;
    lstat(name, &status);
    printf("%s %lld.%09ld %lld.%09ld\n", name, (long long)status.st_atim.tv_sec,
           (long)status.st_atim.tv_nsec, (long long)status.st_mtim.tv_sec,
           (long)status.st_mtim.tv_nsec);
}

int main(void) {
    struct timespec resolution, wait = {0, 30 * 1000 * 1000};
    printf("%d\n", clock_getres(CLOCK_MONOTONIC, &resolution));
    printf("%d\n", resolution.tv_nsec > 0);
    long long before = nanoseconds(CLOCK_MONOTONIC);
    printf("%d\n", nanosleep(&wait, NULL));
    long long slept = nanoseconds(CLOCK_MONOTONIC) - before;
    printf("%d\n", slept >= 30 * 1000 * 1000 && slept < 20 * 1000000000LL);
    before = nanoseconds(CLOCK_MONOTONIC);
    usleep(1000);
    printf("%d\n", clock_nanosleep(CLOCK_REALTIME, 0, &wait, NULL));
    printf("%d\n", nanoseconds(CLOCK_MONOTONIC) - before >= 31 * 1000 * 1000);
    long long moment = nanoseconds(CLOCK_MONOTONIC) + 20 * 1000 * 1000;
    struct timespec until = {moment / 1000000000, moment % 1000000000};
    printf("%d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    printf("%d\n", nanoseconds(CLOCK_MONOTONIC) >= moment);

    struct timeval day;
    gettimeofday(&day, NULL);
    long long difference = nanoseconds(CLOCK_REALTIME) / 1000000000 - day.tv_sec;
    printf("%d %d\n", difference >= 0 && difference < 100, time(NULL) >= day.tv_sec);
    printf("%d\n", time(NULL) > 1700000000);
    /* Processor time goes on only while the program works. */
    volatile double work = 0;
    clock_t start = clock();
    for (int i = 0; i < 20 * 1000 * 1000; i++) {
        work += i;
    }
    printf("%d\n", clock() > start);

    int fd = open("file", O_CREAT | O_RDWR, 0644);
    struct timespec times[2] = {{1000000001, 123456789}, {1500000002, 987654321}};
    printf("%d\n", futimens(fd, times));
    show("file");
    times[0].tv_nsec = UTIME_OMIT;
    times[1] = (struct timespec){7, 5};
    printf("%d\n", utimensat(AT_FDCWD, "file", times, 0));
    show("file");
    symlink("file", "link");
    times[0] = (struct timespec){11, 0};
    printf("%d\n", utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    show("link");
    show("file");
    struct utimbuf simple = {12345, 67890};
    printf("%d\n", utime("file", &simple));
    show("file");
    times[0].tv_nsec = times[1].tv_nsec = UTIME_NOW;
    printf("%d\n", utimensat(AT_FDCWD, "file", times, 0));
    struct stat status;
    stat("file", &status);
    printf("%d %d\n", status.st_mtime >= day.tv_sec - 10, status.st_atime >= day.tv_sec - 10);
    utime("file", &simple);
    printf("%d\n", utime("file", NULL));
    stat("file", &status);
    printf("%d %d\n", status.st_mtime >= day.tv_sec - 10, status.st_atime >= day.tv_sec - 10);
    utime("file", &simple);
    times[0] = (struct timespec){5, 5};
    times[1] = (struct timespec){0, UTIME_NOW};
    printf("%d\n", futimens(fd, times));
    stat("file", &status);
    printf("%d %lld\n", status.st_mtime >= day.tv_sec - 10, (long long)status.st_atime);
    times[1].tv_nsec = 1000000000;
    printf("%d\n", futimens(fd, times));
    utime("file", &simple);
    printf("%d\n", futimens(fd, NULL));
    stat("file", &status);
    printf("%d\n", status.st_mtime >= day.tv_sec - 10);
    printf("%d\n", utime("missing", &simple));
    printf("%d\n", errno == ENOENT);

    struct tm *broken = gmtime(&(time_t){86400 * 365});
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", broken);
    puts(text);
    return 0;
}

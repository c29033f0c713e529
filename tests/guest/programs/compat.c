/* What the C library lacks and the compatibility layer gives. Prints "ok" or what is wrong. */
#include <complex.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <grp.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/times.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

struct record {
    int key;
    char name[9];
};

static int compare_records(const void *a, const void *b) {
    return ((const struct record *)a)->key - ((const struct record *)b)->key;
}
static int compare_ints(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void test_sort(void) {
    enum { COUNT = 5000 };
    static struct record records[COUNT];
    static int ints[COUNT];
    unsigned seed = 1;
    for (int count = 0; count <= COUNT; count = count < 20 ? count + 1 : count * 3 + 1) {
        for (int i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            records[i].key = (int)(seed >> 24);
            snprintf(records[i].name, sizeof records[i].name, "%d", i);
            ints[i] = (int)(seed >> 8);
        }
        long long sum = 0, sum_after = 0;
        for (int i = 0; i < count; i++)
            sum += ints[i];
        qsort(records, (size_t)count, sizeof *records, compare_records);
        qsort(ints, (size_t)count, sizeof *ints, compare_ints);
        for (int i = 0; i < count; i++)
            sum_after += ints[i];
        CHECK(sum == sum_after);
        for (int i = 1; i < count; i++) {
            CHECK(ints[i - 1] <= ints[i]);
            CHECK(records[i - 1].key < records[i].key ||
                  (records[i - 1].key == records[i].key &&
                   atoi(records[i - 1].name) < atoi(records[i].name)));
        }
    }
}

/* Quotients that are exact, of numbers at the ends of the range and in between. */
static void test_division(void) {
    static const volatile double sizes[] = {DBL_MAX, 0x1p1023,  0x1.8p1020, 0x1p1000, 0x1p300,
                                            3,       0x1.8p-20, 0x1p-300,   0x1p-960, 0x1.4p-999,
                                            DBL_MIN, 0x1p-1060, 0x3p-1074,  0x1p-1074};
    static const volatile float floats[] = {FLT_MAX, 0x1p127f, 3, FLT_MIN, 0x3p-149f};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double x = sizes[i];
        CHECK(CMPLX(x, 0) / CMPLX(x, 0) == 1 && CMPLX(0, x) / CMPLX(0, x) == 1);
        CHECK(CMPLX(x, x) / CMPLX(x, x) == 1 && CMPLX(x, x) / CMPLX(x, -x) == I);
        CHECK(CMPLX(0, x) / CMPLX(x, 0) == I && CMPLX(x, 0) / CMPLX(0, x) == -I);
        CHECK(CMPLX(x, -x) / CMPLX(1, 0) == CMPLX(x, -x));
    }
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        float x = floats[i];
        CHECK(CMPLXF(x, 0) / CMPLXF(x, 0) == 1 && CMPLXF(x, x) / CMPLXF(x, -x) == I);
    }
    const volatile double none = 0, infinite = INFINITY, small = 0x1p-1074;
    CHECK(CMPLX(3 * small, small) / CMPLX(2 * small, 0) == CMPLX(1.5, 0.5));
    CHECK(CMPLX(1, 7) / CMPLX(3, -1) == CMPLX(-0.4, 2.2));
    CHECK(isinf(cimag(CMPLX(1, -1) / CMPLX(none, 0))) && CMPLX(1, 1) / CMPLX(infinite, 1) == 0);
    CHECK(isinf(creal(CMPLX(infinite, 1) / CMPLX(1, 1))) && isnan(creal(CMPLX(none, 0) / none)));
    CHECK(CMPLX(DBL_MAX, 0) / CMPLX(small, 0) == INFINITY &&
          CMPLX(small, 0) / CMPLX(DBL_MAX, 0) == 0);
}

static void test_hypot(void) {
    static const volatile float sizes[] = {0x1p126f, 0x1p100f, 1, 0x1p-100f, 0x1p-126f, 0x1p-149f};
    const volatile float infinite = INFINITY, none = NAN, largest = FLT_MAX, zero = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        float x = sizes[i] * 0.3125f;
        if (i < 4) CHECK(hypotf(3 * x, -4 * x) == 5 * x);
        CHECK(hypotf(sizes[i], zero) == sizes[i] && cabsf(CMPLXF(zero, -sizes[i])) == sizes[i]);
    }
    CHECK(hypotf(3 * sizes[5], 4 * sizes[5]) == 5 * sizes[5]);
    CHECK(hypotf(largest, zero) == largest && isinf(hypotf(largest, largest)));
    CHECK(isinf(hypotf(none, -infinite)) && isinf(hypotf(infinite, none)) &&
          isnan(hypotf(none, 1)));
    CHECK(hypotf(1, 0x1p-12f) == 1.00000002980232f);
}

static void test_files(void) {
    char name[] = "fileXXXXXX", directory[] = "dirXXXXXX", path[PATH_MAX], line[32];
    int fd = mkstemp(name);
    CHECK(fd >= 0 && strcmp(name, "fileXXXXXX") != 0);
    CHECK(write(fd, "text\n", 5) == 5);
    close(fd);
    CHECK(mkdtemp(directory) != NULL);
    char twisted[64];
    snprintf(twisted, sizeof twisted, "./%s/..//%s", directory, name);
    CHECK(realpath(twisted, path) != NULL);
    size_t length = strlen(path), tail = strlen(name);
    CHECK(length > tail && strcmp(path + length - tail, name) == 0 && !strstr(path, ".."));
    CHECK(realpath("no such file", path) == NULL && errno == ENOENT);
    CHECK(chmod(name, 0600) == 0);
    FILE *file = fopen(name, "r");
    CHECK(file && fgets(line, sizeof line, file) && strcmp(line, "text\n") == 0);
    if (file) fclose(file);
    file = fopen(name, "ab");
    CHECK(file && ftell(file) == 5 && fputs("more\n", file) >= 0 && ftell(file) == 10);
    if (file) fclose(file);
    file = fopen(name, "a+");
    CHECK(file && ftell(file) == 0 && fgets(line, sizeof line, file) &&
          strcmp(line, "text\n") == 0 && fseek(file, 0, SEEK_SET) == 0 && fputs("end", file) >= 0 &&
          ftell(file) == 13);
    if (file) fclose(file);
    CHECK(!fopen(name, "wx") && errno == EEXIST && !fopen(name, "n") && errno == EINVAL);
    CHECK(!fopen("no such file", "r+") && errno == ENOENT);
    CHECK(unlink(name) == 0 && rmdir(directory) == 0);
    file = tmpfile();
    CHECK(file && fputs("temporary", file) >= 0);
    if (file) {
        rewind(file);
        CHECK(fgets(line, sizeof line, file) && strcmp(line, "temporary") == 0);
        fclose(file);
    }
}

static int once_calls;
static void count_once(void) {
    once_calls++;
}
static void *thread(void *argument) {
    return argument;
}

static void test_threads(void) {
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, recursive;
    pthread_mutexattr_t attributes;
    CHECK(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_trylock(&mutex) == EBUSY);
    CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_destroy(&mutex) == 0);
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &attributes);
    CHECK(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, count_once);
    pthread_once(&once, count_once);
    CHECK(once_calls == 1);
    pthread_key_t key;
    CHECK(pthread_key_create(&key, NULL) == 0 && pthread_getspecific(key) == NULL);
    CHECK(pthread_setspecific(key, &key) == 0 && pthread_getspecific(key) == &key);
    pthread_t other;
    CHECK(pthread_create(&other, NULL, thread, NULL) == EAGAIN);
    CHECK(pthread_equal(pthread_self(), pthread_self()));
    CHECK(omp_get_max_threads() == 1 && omp_get_wtime() > 0);
}

static void test_locks(void) {
    int fd = open("lock.tmp", O_RDWR | O_CREAT, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK(fd >= 0 && fcntl(fd, F_SETLK, &lock) == -1 && errno == ENOSYS);
    CHECK(flock(fd, LOCK_EX) == -1 && errno == ENOSYS);
    CHECK(fcntl(fd, F_SETFL, O_APPEND) == 0 && (fcntl(fd, F_GETFL) & O_APPEND));
    CHECK(close(fd) == 0 && fcntl(fd, F_SETLKW, &lock) == -1 && errno == EBADF);
    CHECK(unlink("lock.tmp") == 0);
}

static volatile int signals;
static void handle(int number) {
    signals += number;
}

static void test_processes(void) {
    struct sigaction action = {.sa_handler = handle}, old;
    sigset_t set;
    CHECK(sigaction(SIGTERM, &action, &old) == 0 && raise(SIGTERM) == 0 && signals == SIGTERM);
    CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGINT) == 0 && sigismember(&set, SIGINT) == 1);
    CHECK(sigismember(&set, SIGTERM) == 0 && sigaddset(&set, 1000) == -1);
    CHECK(fork() == -1 && errno == ENOSYS && system(NULL) == 0 && popen("ls", "r") == NULL);
    CHECK(!dlerror() && !dlopen("libz.so", RTLD_LAZY | RTLD_LOCAL) && dlerror() && !dlerror());
    CHECK(wait(NULL) == -1 && errno == ECHILD);
    char host[256];
    CHECK(gethostname(host, sizeof host) == 0 && *host);
    CHECK(getpid() > 0 && getpwuid(getuid()) && *getpwuid(getuid())->pw_name);
    cpu_set_t cpus;
    CHECK(sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_ISSET(0, &cpus));
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    CHECK(getgrgid(getgid()) && !getgrgid(getgid() + 1));
    struct statfs file_system;
    CHECK(statfs(".", &file_system) == -1 && errno == ENOSYS);
    jmp_buf place;
    CHECK(setjmp(place) == 0);
    void *map = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED && madvise(map, 100, POSIX_MADV_NORMAL) == 0);
    tzset();
    CHECK(timezone == 0 && strcmp(tzname[0], "UTC") == 0);
}

static void test_times(void) {
    struct rusage usage;
    struct tms ticks;
    clock_t before = clock();
    volatile double x = 1;
    for (int i = 0; i < 20000000; i++)
        x = x * 1.0000001;
    CHECK(clock() > before);
    struct timespec used = {0}, resolution = {0};
    CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 && used.tv_sec + used.tv_nsec > 0);
    CHECK(clock_getres(CLOCK_THREAD_CPUTIME_ID, &resolution) == 0 && resolution.tv_nsec > 0);
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss > 0);
    CHECK(usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec > 0);
    CHECK(times(&ticks) != (clock_t)-1);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur < 1ull << 32);
}

static void test_remainders(void) {
    volatile double x = 1e300, y = 7, tiny = 5e-324;
    volatile float a = 0x1.000002p38f, b = 0x1.fffffcp37f, c = 0x1.000002p100f;
    CHECK(fmod(x, y) == 1 && fmod(-5.5, y) == -5.5 && fmod(1, tiny) == 0 && isnan(fmod(x, 0)));
    CHECK(fmodf(-7.5f, 2) == -1.5f && signbit(fmod(-y, y)));
    /* Just below the middle: rounded to a double first it would be the middle. */
    CHECK(fmaf(a, b, c) == c && (float)((double)a * b + c) != c);
}

int main(void) {
    char text[64];
    test_remainders();
    test_sort();
    test_division();
    test_hypot();
    test_files();
    test_threads();
    test_processes();
    test_locks();
    test_times();
    snprintf(text, sizeof text, "%.3Lf", 1.5L);
    CHECK(strcmp(text, "1.500") == 0);
    void *memory = memalign(4096, 100);
    CHECK(((uintptr_t)memory & 4095) == 0);
    puts(failures ? "failed" : "ok");
    return failures != 0;
}

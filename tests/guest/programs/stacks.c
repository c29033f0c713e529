/*
 * stacks.c - threads that use up their stacks, or memory that was below one: how is the argument.
 *
 *   small   a thread uses 2 MiB of a stack of 1 MiB
 *   large   it uses 2 MiB of 4
 *   other   the first thread writes below the stack of another
 *   again   memory that threads' stacks and guards were in is used again, all of it
 *   limit   threads until there cannot be another
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 4096, DEEP = 2 << 20, ROUNDS = 50, BLOCK = 300 << 10, MOST = 10000 };

static pthread_barrier_t barrier;
static void *volatile place;

static void must(int code, const char *what) {
    if (code == 0) return;
    printf("%s: %s\n", what, strerror(code));
    exit(1);
}

__attribute__((noinline)) static int use(int bytes) {
    volatile char frame[FRAME];
    for (int i = 0; i < FRAME; i += 64)
        frame[i] = (char)bytes;
    return bytes <= 0 ? 0 : use(bytes - FRAME) + (frame[64] == (char)bytes);
}

static void *run(void *argument) {
    return use(*(int *)argument) >= 0 ? argument : NULL;
}

static void *show_stack(void *argument) {
    char here;
    place = &here;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return argument;
}

static void *sleep_for_ever(void *argument) {
    pthread_barrier_wait(&barrier);
    return argument;
}

static void in_thread(size_t stack, int bytes) {
    pthread_attr_t attributes;
    pthread_t thread;
    must(pthread_attr_init(&attributes), "pthread_attr_init");
    if (stack > 0) must(pthread_attr_setstacksize(&attributes, stack), "setstacksize");
    must(pthread_create(&thread, &attributes, run, &bytes), "pthread_create");
    must(pthread_join(thread, NULL), "pthread_join");
}

static void write_below(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    void *low;
    size_t size;
    pthread_barrier_init(&barrier, NULL, 2);
    must(pthread_create(&thread, NULL, show_stack, NULL), "pthread_create");
    pthread_barrier_wait(&barrier);
    must(pthread_getattr_np(thread, &attributes), "pthread_getattr_np");
    must(pthread_attr_getstack(&attributes, &low, &size), "pthread_attr_getstack");
    if ((char *)place < (char *)low || (char *)place >= (char *)low + size) puts("not its stack");
    ((volatile char *)low)[64] = 1;
    puts("in the stack");
    fflush(stdout);
    ((volatile char *)low)[-(64 << 10)] = 1;
    puts("below it");
}

/* Stacks of several sizes; then blocks of another size, written from end to end. */
static void use_again(void) {
    for (int round = 0; round < ROUNDS; round++) {
        enum { COUNT = 4, BLOCKS = 16 };
        pthread_t threads[COUNT];
        pthread_attr_t attributes;
        int bytes = 20000;
        char *blocks[BLOCKS];
        must(pthread_attr_init(&attributes), "pthread_attr_init");
        for (size_t i = 0; i < COUNT; i++) {
            must(pthread_attr_setstacksize(&attributes, 100000 + 70000 * i), "setstacksize");
            must(pthread_create(&threads[i], &attributes, run, &bytes), "pthread_create");
        }
        for (int i = 0; i < COUNT; i++)
            if (round % 2 == 0)
                must(pthread_join(threads[i], NULL), "pthread_join");
            else
                must(pthread_detach(threads[i]), "pthread_detach");
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = malloc(BLOCK + round * 1000);
            if (blocks[i] == NULL) exit(1);
            memset(blocks[i], i, BLOCK + (size_t)round * 1000);
        }
        for (int i = 0; i < BLOCKS; i++)
            free(blocks[i]);
    }
}

static void find_limit(void) {
    pthread_t thread;
    int count = 0, code = 0;
    pthread_barrier_init(&barrier, NULL, MOST);
    while (count < MOST && (code = pthread_create(&thread, NULL, sleep_for_ever, NULL)) == 0)
        count++;
    printf("%s after %s\n", code == EAGAIN ? "EAGAIN" : strerror(code),
           count > 10 && count < MOST ? "some" : "a wrong number");
}

int main(int count, char **arguments) {
    const char *how = count > 1 ? arguments[1] : "";
    if (strcmp(how, "small") == 0) in_thread(0, DEEP);
    if (strcmp(how, "large") == 0) in_thread(2 * DEEP, DEEP);
    if (strcmp(how, "other") == 0) write_below();
    if (strcmp(how, "again") == 0) use_again();
    if (strcmp(how, "limit") == 0) find_limit();
    puts("end");
    return 0;
}

/*
 * qsort.c - merge sort in place of the C library's smoothsort, which takes two to four times as
 * long.
 *
 * Stable, as the sorts of other C libraries happen to be.  Without memory for a second array it
 * falls back to heap sort.
 */
#include <stdlib.h>
#include <string.h>

typedef int comparison(const void *a, const void *b);

enum { SHORT_RUN = 8 };

/* memcpy with the sizes that matter known to the compiler. */
static inline void copy(char *to, const char *from, size_t size) {
    if (size == 4)
        memcpy(to, from, 4);
    else if (size == 8)
        memcpy(to, from, 8);
    else if (size == 16)
        memcpy(to, from, 16);
    else
        memcpy(to, from, size);
}

static void insertion_sort(char *items, size_t count, size_t size, comparison *compare,
                           char *spare) {
    for (size_t i = 1; i < count; i++) {
        size_t j = i;
        while (j > 0 && compare(items + (j - 1) * size, items + i * size) > 0)
            j--;
        if (j == i) continue;
        copy(spare, items + i * size, size);
        memmove(items + (j + 1) * size, items + j * size, (i - j) * size);
        copy(items + j * size, spare, size);
    }
}

/* Sort items; spare has room for half of them, and at least one. */
static void merge_sort(char *items, size_t count, size_t size, comparison *compare, char *spare) {
    if (count <= SHORT_RUN) {
        insertion_sort(items, count, size, compare, spare);
        return;
    }
    size_t half = count / 2;
    char *right = items + half * size, *end = items + count * size;
    merge_sort(items, half, size, compare, spare);
    merge_sort(right, count - half, size, compare, spare);
    if (compare(right - size, right) <= 0) return;
    memcpy(spare, items, half * size);
    char *left = spare, *left_end = spare + half * size, *out = items;
    while (left < left_end && right < end) {
        if (compare(left, right) <= 0) {
            copy(out, left, size);
            left += size;
        } else {
            copy(out, right, size);
            right += size;
        }
        out += size;
    }
    memcpy(out, left, (size_t)(left_end - left));
}

static void swap(char *a, char *b, size_t size) {
    for (size_t i = 0; i < size; i++) {
        char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

static void sift_down(char *items, size_t root, size_t count, size_t size, comparison *compare) {
    while (2 * root + 1 < count) {
        size_t child = 2 * root + 1;
        if (child + 1 < count && compare(items + child * size, items + (child + 1) * size) < 0)
            child++;
        if (compare(items + root * size, items + child * size) >= 0) return;
        swap(items + root * size, items + child * size, size);
        root = child;
    }
}

static void heap_sort(char *items, size_t count, size_t size, comparison *compare) {
    for (size_t i = count / 2; i-- > 0;)
        sift_down(items, i, count, size, compare);
    for (size_t i = count; i-- > 1;) {
        swap(items, items + i * size, size);
        sift_down(items, 0, i, size, compare);
    }
}

void qsort(void *items, size_t count, size_t size, comparison *compare) {
    char local[1024];
    if (count < 2 || size == 0) return;
    size_t needed = (count / 2) * size;
    char *spare = needed <= sizeof local ? local : malloc(needed);
    if (spare)
        merge_sort(items, count, size, compare, spare);
    else
        heap_sort(items, count, size, compare);
    if (spare != local) free(spare);
}

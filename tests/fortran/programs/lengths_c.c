/* C as Fortran without BIND(C) calls it and as it calls Fortran: some declare the lengths of
 * CHARACTERs as int, some as size_t. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void from_int_(const char *s, const int *i, const char *t, int s_length, int t_length);
void from_size_(const char *s, long long i, size_t length);
void for_c_(char *result, size_t length, const int *i);
void stars_(char *result, int length, const int *i);

void c_int_lengths_(const char *s, const int *i, const char *t, int s_length, int t_length) {
    printf("C: %.*s %d %.*s\n", s_length, s, *i, t_length, t);
    fflush(stdout);
}

void c_size_lengths_(const char *a, long long i, const char *s, const int *n, size_t a_length,
                     size_t s_length) {
    printf("C: %.*s %lld %.*s %d\n", (int)a_length * *n, a, i, (int)s_length, s, *n);
    fflush(stdout);
}

void c_text_(char *result, size_t length, const int *i) {
    memset(result, ' ', length);
    memset(result, 'c', (size_t)*i);
}

void c_name_(char *result, int length, const int *k, const char *s, int s_length) {
    memset(result, '#', (size_t)length);
    memcpy(result + *k, s, (size_t)s_length);
}

void c_act_(const char *s, long long i, size_t length) {
    printf("C: %.*s %lld\n", (int)length, s, i);
    fflush(stdout);
}

void c_act2_(const char *s, const int *i, int length) {
    printf("C: %.*s %d\n", length, s, *i);
    fflush(stdout);
}

void call_fortran_(void (*f)(const char *s, const int *i, size_t length)) {
    char text[8], stars[4];
    int i = 42, three = 3;
    from_int_("abc", &i, "defgh", 3, 5);
    from_size_("sized", 9000000000ll, 5);
    for_c_(text, sizeof text, &i);
    stars_(stars, sizeof stars, &three);
    printf("C: %.*s|%.*s|\n", (int)sizeof text, text, (int)sizeof stars, stars);
    fflush(stdout);
    f("from C", &i, 6);
}

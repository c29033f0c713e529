/*
 * check.h - the little that a unit test needs: checks that go on after a failure, and a count.
 *
 *     int main(void) {
 *         CHECK(1 + 1 == 2);
 *         CHECK_TEXT(err.message, "unexpected end");
 *         return check_report();
 *     }
 */
#ifndef MPIWASM_TESTS_CHECK_H
#define MPIWASM_TESTS_CHECK_H

#include <stdio.h>
#include <string.h>

static int check_count, check_failures;

/* Goes in front of the message of a failed check: which case of a table it was. May be NULL. */
static const char *check_context;

static inline void check_failed(const char *file, int line, const char *what, const char *more) {
    check_failures++;
    printf("%s:%d: %s%sfailed: %s%s%s\n", file, line, check_context == NULL ? "" : check_context,
           check_context == NULL ? "" : ": ", what, more[0] == '\0' ? "" : ", found ", more);
}

#define CHECK(condition)                                                                           \
    (check_count++, (condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, ""))

/* The text has the fragment in it. */
#define CHECK_TEXT(text, fragment)                                                                 \
    (check_count++, strstr((text), (fragment)) != NULL                                             \
                        ? (void)0                                                                  \
                        : check_failed(__FILE__, __LINE__, (fragment), (text)))

/* What main returns. A test that checked nothing has failed. */
static inline int check_report(void) {
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures > 0 || check_count == 0;
}

#endif

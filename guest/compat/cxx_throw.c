/*
 * cxx_throw.c - what a C++ `throw` calls in a module without exceptions: say so and abort.
 *
 * Weak, so that a C++ library with exceptions takes precedence.
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((weak)) void *__cxa_allocate_exception(unsigned long size) {
    return malloc(size);
}

__attribute__((weak, noreturn)) void __cxa_throw(void *object, void *type,
                                                 void (*destroy)(void *)) {
    (void)object, (void)type, (void)destroy;
    fputs("a C++ exception was thrown: this module was compiled without exceptions\n", stderr);
    abort();
}

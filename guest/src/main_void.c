/*
 * main_void.c - what runs if main takes arguments: fetches them from WASI and calls it. The C
 * library's own also defines a weak main, which would win over a main in an archive.
 */
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>
#include <wasi/api.h>

int __main_argc_argv(int argc, char **argv);

__attribute__((weak)) int __main_void(void) {
    size_t count, size;
    if (__wasi_args_sizes_get(&count, &size) != __WASI_ERRNO_SUCCESS) _exit(EX_OSERR);
    char **arguments = calloc(count + 1, sizeof *arguments);
    char *text = malloc(size + 1);
    if (!arguments || !text) _exit(EX_SOFTWARE);
    if (__wasi_args_get((uint8_t **)arguments, (uint8_t *)text) != __WASI_ERRNO_SUCCESS)
        _exit(EX_OSERR);
    return __main_argc_argv((int)count, arguments);
}

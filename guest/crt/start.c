/*
 * start.c - _start of a guest (WASI application ABI, "command").
 *
 * It calls the constructors itself: the linker then leaves the other exports alone.  Without such a
 * call (as with some versions of wasi-libc's own crt1) it wraps every export, malloc among them,
 * into one that runs constructors and destructors around each call from outside.
 */
#include <wasi/api.h>

void __wasm_call_ctors(void);
void __wasm_call_dtors(void); /* of libc: atexit functions, then stdio's buffers */
int __main_void(void);        /* of libc: fetches the arguments and calls main */

__attribute__((export_name("_start"))) void _start(void) {
    __wasm_call_ctors();
    int code = __main_void();
    __wasm_call_dtors();
    if (code != 0) __wasi_proc_exit((__wasi_exitcode_t)code);
}

/*
 * tools_early.c - MPI_T before MPI_Init and after MPI_Finalize. run.py: ranks 1,2
 *
 * What hosts crash at themselves (MPICH 4.0 at MPI_Init after MPI_T_finalize, Open MPI 4.1 at
 * reading variables of what it has unloaded and at MPI_T_finalize after MPI_Finalize) only the
 * module does.
 */
#include "report.h"

static int read_all(void) {
    int count = 0, readable = 0;
    MPI_T_cvar_get_num(&count);
#ifdef __wasm__
    static char value[1 << 20];
    for (int i = 0; i < count; i++) {
        MPI_T_cvar_handle handle;
        int elements;
        if (MPI_T_cvar_handle_alloc(i, NULL, &handle, &elements) != MPI_SUCCESS) continue;
        readable += MPI_T_cvar_read(handle, value) == MPI_SUCCESS;
        if (MPI_T_cvar_write(handle, value) != MPI_T_ERR_CVAR_SET_NEVER) return 0;
        MPI_T_cvar_handle_free(&handle);
    }
#else
    readable = count;
#endif
    return readable > 0;
}

int main(int argc, char **argv) {
    int provided = -1, number = -1;
    MPI_T_enum none = MPI_T_ENUM_NULL;
    report("before: %d", MPI_T_cvar_get_num(&number) == MPI_T_ERR_NOT_INITIALIZED);
    report("init: %d", MPI_T_init_thread(MPI_THREAD_SINGLE, &provided));
    report("values: %d", read_all());
#ifdef __wasm__
    MPI_T_finalize();
    if (MPI_T_cvar_get_num(&number) != MPI_T_ERR_NOT_INITIALIZED) report("not finalized");
#endif
    start(&argc, &argv);
#ifdef __wasm__
    MPI_T_init_thread(MPI_THREAD_SINGLE, &provided);
#endif
    report("values: %d", read_all());
#ifdef __wasm__
    if (MPI_T_enum_get_info(none, &number, NULL, NULL) != MPI_T_ERR_INVALID_HANDLE)
        report("a null enumeration");
#endif
    (void)none;
#ifndef __wasm__
    MPI_T_finalize();
#endif
    finish();
#ifdef __wasm__
    if (!read_all() || MPI_T_finalize() != MPI_SUCCESS) printf("after MPI_Finalize\n");
#endif
    return 0;
}

/* What the programs beside share: a call has to fail with the class of its error. */
#include <mpi.h>
#include <stdio.h>

static int rank, failures;

static void expect(int code, int wanted, const char *call) {
    int class = MPI_SUCCESS;
    if (code != MPI_SUCCESS) MPI_Error_class(code, &class);
    if (class != wanted) {
        failures++;
        fprintf(stderr, "rank %d: %s: class %d, expected %d\n", rank, call, class, wanted);
    }
}
#define FAILS(wanted, call) expect(call, wanted, #call)
#define WORKS(call) expect(call, MPI_SUCCESS, #call)

/* What the programs beside share: a call has to fail with the class of its error. */
#include <mpi.h>
#include <stdio.h>
#include <string.h>

static int rank, failures;

static void expect(int code, int wanted, const char *call) {
    int class = MPI_SUCCESS;
    if (code != MPI_SUCCESS) MPI_Error_class(code, &class);
    if (class != wanted) {
        failures++;
        fprintf(stderr, "rank %d: %s: class %d, expected %d\n", rank, call, class, wanted);
    }
}
/* Its text names what is wrong, too. */
static inline void expect_text(int code, int wanted, const char *word, const char *call) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length;
    expect(code, wanted, call);
    MPI_Error_string(code, text, &length);
    if (strstr(text, word) == NULL) {
        failures++;
        fprintf(stderr, "rank %d: %s: \"%s\" lacks \"%s\"\n", rank, call, text, word);
    }
}
#define SAYS(wanted, word, call) expect_text(call, wanted, word, #call)
#define FAILS(wanted, call) expect(call, wanted, #call)
#define WORKS(call) expect(call, MPI_SUCCESS, #call)

/*
 * hostile_test.c - calls every function of an MPI plugin with arguments that a malicious or broken
 * guest could pass, and expects an error of the right class, never a crash or a hang.
 *
 *   hostile_test PLUGIN        one process, without a launcher
 *
 * The arguments come from the kinds in mpi_functions.def: all good but one, which takes every bad
 * value of its kind in turn.  Arguments at random are hostile_fuzz.c's.
 */
#include "../unit/check.h"
#include "hostile_values.h"

static void one_bad_argument(const struct mpi_known_function *function) {
    char kinds[16][32], context[640];
    int n = hostile_split_kinds(function->kinds, kinds);
    for (int at = 0; at < n; at++) {
        struct bad bad[HOSTILE_BAD_AT_MOST];
        int bad_count = hostile_bad_values(kinds[at], bad);
        for (int b = 0; b < bad_count; b++) {
            int64_t arguments[16] = {0};
            for (int i = 0; i < n; i++) {
                arguments[i] =
                    i == at ? bad[b].value : hostile_good_value(function->name, kinds[i]);
            }
            if (hostile_is_allowed(function->name, kinds[at], bad[b].value)) {
                continue;
            }
            hostile_reset(1, GUEST_MPI_INT);
            snprintf(context, sizeof context, "%s, argument %d (%s) = 0x%llx", function->name, at,
                     kinds[at], (unsigned long long)bad[b].value);
            check_context = context;
            int32_t code = fake_guest_call(&hostile.fake, function->name, arguments);
            CHECK(code != GUEST_MPI_SUCCESS);
            if (bad[b].error_class != 0 && code != bad[b].error_class) {
                char found[32];
                snprintf(found, sizeof found, "class %d", code);
                check_failed(__FILE__, __LINE__, "the error class", found);
            }
        }
    }
    check_context = NULL;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "hostile_test PLUGIN\n");
        return 2;
    }
    hostile_open(argv[1], NULL);
    for (size_t i = 0; i < mpi_known_function_count; i++) {
        const struct mpi_known_function *function = &mpi_known_functions[i];
        if (!hostile_is_exempt(function->name) &&
            fake_guest_find(&hostile.fake, function->name) != NULL) {
            one_bad_argument(function);
        }
    }
    hostile_close();
    return check_report();
}

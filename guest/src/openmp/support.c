/*
 * support.c - what LLVM's OpenMP runtime asks of its surroundings: the number of processors, and
 * the lock that libgomp has for critical sections without a name, which the runtime's sources
 * define in assembly.
 *
 * A module cannot learn how many processors there are. The runtime takes their number for that of
 * a team's threads if OMP_NUM_THREADS does not give one, and has waiting threads yield at once if a
 * team has more. So OMP_NUM_THREADS is believed; without it there is one.
 */
#include <stdlib.h>

int unnamed_critical[8] __asm__(".gomp_critical_user_");
void *__kmp_unnamed_critical_addr = unnamed_critical;

int __mpiwasm_processors(void) {
    enum { MOST = 1024 };
    const char *text = getenv("OMP_NUM_THREADS");
    long count = text != NULL ? strtol(text, NULL, 10) : 1;
    return count < 1 ? 1 : count > MOST ? MOST : (int)count;
}

/*
 * critical.c - the lock of critical sections without a name, in LLVM's OpenMP runtime: three words
 * and a pointer under names that C cannot write, which the runtime's sources give in assembly.
 */
#define CRITICAL(name, number) int critical_##number[8] __asm__(name)

CRITICAL(".gomp_critical_user_", 1);
CRITICAL(".gomp_critical_user_.var", 2);
CRITICAL(".gomp_critical_user_.reduction.var", 3);
void *__kmp_unnamed_critical_addr = critical_1;

/*
 * support.c - what LLVM's OpenMP runtime asks of its surroundings: the lock that libgomp has for
 * critical sections without a name, which the runtime's sources define in assembly.
 */
int unnamed_critical[8] __asm__(".gomp_critical_user_");
void *__kmp_unnamed_critical_addr = unnamed_critical;

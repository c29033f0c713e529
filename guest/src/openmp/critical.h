/*
 * critical.h - included before every file compiled with -fopenmp: its critical sections without a
 * name have the lock in common with those of other files.  clang gives each file a lock of its own
 * (22), or one that cannot be there twice (19); the same goes for named ones, which nothing cures.
 */
#ifndef __ASSEMBLER__
__asm__(".weak .gomp_critical_user_.var\n"
        ".weak .gomp_critical_user_.reduction.var\n");
#endif

/*
 * signal.h - beside the sysroot's (whose signals are raised by the program itself alone): masks and
 * sigaction, over signal().
 */
#ifndef MPIWASM_COMPAT_SIGNAL_H
#define MPIWASM_COMPAT_SIGNAL_H

#include_next <signal.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIG_BLOCK 0
#define SIG_UNBLOCK 1
#define SIG_SETMASK 2
#define SA_NOCLDSTOP 1
#define SA_NOCLDWAIT 2
#define SA_SIGINFO 4
#define SA_ONSTACK 0x08000000
#define SA_RESTART 0x10000000
#define SA_NODEFER 0x40000000
#define SA_RESETHAND 0x80000000

#ifndef MPIWASM_COMPAT_SIGSET
#define MPIWASM_COMPAT_SIGSET
typedef unsigned long long mpiwasm_sigset;
#define sigset_t mpiwasm_sigset
#endif

typedef struct siginfo {
    int si_signo, si_errno, si_code;
    void *si_addr;
} siginfo_t;

struct sigaction {
    union {
        void (*sa_handler)(int);
        void (*sa_sigaction)(int, siginfo_t *, void *);
    };
    sigset_t sa_mask;
    int sa_flags;
};

int sigaction(int number, const struct sigaction *action, struct sigaction *old);
int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigemptyset(sigset_t *set);
int sigfillset(sigset_t *set);
int sigaddset(sigset_t *set, int number);
int sigdelset(sigset_t *set, int number);
int sigismember(const sigset_t *set, int number);
int kill(pid_t pid, int number);

#ifdef __cplusplus
}
#endif

#endif

/*
 * message.h - everything that mpiwasm itself says on standard error.
 *
 * Under a launcher many ranks tend to fail in the same way at the same time.  Equal messages of
 * the ranks of one host are folded into one that names the ranks.  This needs no MPI, since most
 * failures come before MPI_Init: the ranks meet in a file in a private directory of the user.
 * Nothing gets lost: another message, or no such directory, and the message is printed.
 */
#ifndef MPIWASM_CLI_MESSAGE_H
#define MPIWASM_CLI_MESSAGE_H

#include "base/error.h"

struct outcome;

/* Exit codes of mpiwasm's own failures; documented in mpiwasm(1). */
enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TRAP = 134 };

/* An error: "mpiwasm: ranks 0-3: TEXT". Returns the exit code that belongs to it. */
int message_error(const struct error *err);
int message_usage(const char *subcommand, const struct error *err);

/* The report of a trap: rank and host, kind, backtrace of the guest, and what it may mean. */
void message_trap(const struct outcome *outcome);

/* Printed by the first rank of the job only, unless quiet; not folded. */
void message_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void message_set_quiet(bool quiet);

/* Standard error is a terminal that may show colours (NO_COLOR, TERM=dumb). */
bool message_has_colors(void);

#endif

/*
 * thread.h - the threads of a guest: what the import "wasi" "thread-spawn" starts.
 *
 * The wasi-threads proposal.  A module that imports thread-spawn, (i32) -> i32, exports
 * wasi_thread_start, (i32, i32) -> (), and has a shared memory, imported or its own.  Each thread
 * is a native thread with an instance of its own: globals and tables are a thread's own, the
 * artifact and the shared memories are the first instance's, and so are the states of the host
 * layers, whose functions therefore run in several threads at once.
 *
 * A trap in any thread, and proc_exit in any, end the guest as a whole; so does the end of the
 * first thread's call.  Threads are not stopped then: whoever embeds the runtime finishes the
 * layers and ends the process, without freeing what threads may still use.
 */
#ifndef MPIWASM_RUNTIME_THREAD_H
#define MPIWASM_RUNTIME_THREAD_H

#include "runtime/host_module.h"
#include "runtime/instance.h"

/*
 * Guards below stacks: an extension that mpiwasmcc's modules use and others need not.  If a module
 * exports mpiwasm_thread_run, (i32, i32) -> (), and mpiwasm_thread_gone, (i32) -> (), a thread
 * calls these two instead of wasi_thread_start, with the same number and argument, and the argument
 * is the address of five i32 in its memory.  The last two are address and size of what lies below
 * the thread's stack: whole pages of the host in it are inaccessible during the first call, so that
 * an overrun traps, in every mode of compilation.
 */

/* The host layer that offers thread-spawn; a linker that it was added to, and the artifact, must
 * outlive the instance. */
extern const struct host_module thread_host_module;

/* Does the module start threads? */
bool thread_is_imported(const struct wasm_module *module);

/* Is the import a shared memory, which thread_memories_offer makes? */
bool thread_memory_is_imported(const struct wasm_module *module, const struct wasm_import *import);

/* Make the shared memories that the module imports, as its imports describe them, and offer them.
 * Errors: as store_memory_create. */
bool thread_memories_offer(struct store *store, struct linker *linker,
                           const struct wasm_module *module, bool explicit_bounds,
                           struct error *err);

/*
 * The guest has ended in the calling thread, and so for all of its threads.  Only the first caller
 * comes back; others wait for the process to end.  True: other threads may be running still, so
 * instance_finish will not destroy the layers, nothing may be freed, and the process is to be ended
 * by _exit.
 */
bool thread_end(struct instance *instance);

#endif

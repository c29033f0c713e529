#!/usr/bin/env python3
"""Jobs that go wrong: each has to end by itself, on all ranks, with a reason and the right exit code.

  failures.py BUILD MPI

Every program runs on two ranks; the one that does not fail waits for the other for ever.
"""
import os
import shutil
import sys

from run import execute

# name: (body of main after rank and size are known, accepted exit codes (None: any but 0),
#        what stderr must hold)
WAIT = "if (rank == 0) MPI_Recv(&value, 1, MPI_INT, 1, 99, MPI_COMM_WORLD, MPI_STATUS_IGNORE);"
CASES = {
    "trap": (WAIT + "__builtin_trap();", None, ["unreachable"]),
    "memory": (WAIT + "*(volatile int *)0x7ffffff0 = 1;", None, ["out of bounds memory access"]),
    "exit": (WAIT + "exit(3);", {3}, []),
    "return": (WAIT + "return 4;", {4}, []),
    "abort": (WAIT + "MPI_Abort(MPI_COMM_WORLD, 7);", {7}, []),
    "rank": (WAIT + "MPI_Send(&value, 1, MPI_INT, 9, 1, MPI_COMM_WORLD);", None,
             ["rank 1: MPI_Send, argument dest: 9 is not in [0, 2)", "MPI_ERR_RANK"]),
    "wild buffer": (WAIT + "MPI_Recv((void *)0x7ffffff0, 1, MPI_INT, 0, 1, MPI_COMM_WORLD, 0);",
                    None, ["rank 1: MPI_Recv, argument buf", "MPI_ERR_BUFFER"]),
    "overflowing buffer": (WAIT + "MPI_Send(&value, 2000000000, MPI_DOUBLE, 0, 1, MPI_COMM_WORLD);",
                           None, ["rank 1: MPI_Send, argument buf", "MPI_ERR_BUFFER"]),
    "freed request": (WAIT + """
        MPI_Request request, copy;
        MPI_Isend(&value, 0, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &request);
        copy = request;
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        MPI_Wait(&copy, MPI_STATUS_IGNORE);""", None, ["rank 1: MPI_Wait, argument request"]),
    "same request twice": (WAIT + """
        MPI_Request requests[2];
        MPI_Irecv(&value, 1, MPI_INT, 0, 1, MPI_COMM_WORLD, &requests[0]);
        requests[1] = requests[0];
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);""", None, ["occurs twice"]),
    "trap in an operator": ("""
        MPI_Op op;
        MPI_Op_create(trapping, 1, &op);
        int sum;
        MPI_Allreduce(&value, &sum, 1, MPI_INT, op, MPI_COMM_WORLD);""", None, ["unreachable"]),
    "trap in a callback": (WAIT + """
        int key;
        MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, trapping_delete, &key, NULL);
        MPI_Comm_set_attr(MPI_COMM_SELF, key, NULL);
        MPI_Finalize();""", None, ["unreachable"]),
    "exit in an error handler": (WAIT + """
        MPI_Errhandler handler;
        MPI_Comm_create_errhandler(exiting, &handler);
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
        MPI_Send(&value, -1, MPI_INT, 0, 1, MPI_COMM_WORLD);""", {5}, []),
    "operator within itself": (WAIT + """
        MPI_Op_create(nesting, 1, &op);
        MPI_Reduce_local(&value, &other, 1, MPI_INT, op);""", None, ["call each other without end"]),
    "error handler within itself": (WAIT + """
        MPI_Errhandler handler;
        MPI_Comm_create_errhandler(failing, &handler);
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
        MPI_Send(&value, -1, MPI_INT, 0, 1, MPI_COMM_WORLD);""", None, ["call each other without end"]),
    "copy callback within itself": (WAIT + """
        int key;
        MPI_Comm copy;
        MPI_Comm_create_keyval(duplicating, MPI_COMM_NULL_DELETE_FN, &key, NULL);
        MPI_Comm_set_attr(MPI_COMM_SELF, key, NULL);
        MPI_Comm_dup(MPI_COMM_SELF, &copy);""", None, ["call each other without end"]),
    "trap in an error handler in an operator": (WAIT + """
        MPI_Errhandler handler;
        MPI_Comm_create_errhandler(trapping_handler, &handler);
        MPI_Comm_set_errhandler(MPI_COMM_SELF, handler);
        MPI_Op_create(sending, 1, &op);
        MPI_Reduce_local(&value, &other, 1, MPI_INT, op);""", None, ["unreachable"]),
    "exit in a query callback": (WAIT + """
        MPI_Request request;
        MPI_Grequest_start(exiting_query, nothing_free, nothing_cancel, NULL, &request);
        MPI_Grequest_complete(request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);""", {5}, []),
    "after finalize": ("MPI_Finalize(); MPI_Comm_size(MPI_COMM_WORLD, &value);", None,
                       ["MPI_Comm_size: called after MPI_Finalize"]),
    "second init": (WAIT + "MPI_Init(NULL, NULL);", None, ["MPI_Init: called a second time"]),
}
PROGRAM = """
#include <mpi.h>
#include <stdlib.h>
static void trapping(void *in, void *inout, int *length, MPI_Datatype *type) { __builtin_trap(); }
static int trapping_delete(MPI_Comm comm, int key, void *value, void *state) { __builtin_trap(); }
static void exiting(MPI_Comm *comm, int *code, ...) { exit(5); }
static void trapping_handler(MPI_Comm *comm, int *code, ...) { __builtin_trap(); }
static void failing(MPI_Comm *comm, int *code, ...) { MPI_Send(0, -1, MPI_INT, 0, 1, *comm); }
static MPI_Op op;
static void nesting(void *in, void *inout, int *length, MPI_Datatype *type) {
    MPI_Reduce_local(in, inout, *length, *type, op);
}
static void sending(void *in, void *inout, int *length, MPI_Datatype *type) {
    MPI_Send(in, -1, *type, 0, 1, MPI_COMM_SELF);
}
static int duplicating(MPI_Comm comm, int key, void *state, void *in, void *out, int *flag) {
    return MPI_Comm_dup(comm, &comm);
}
static int exiting_query(void *state, MPI_Status *status) { exit(5); }
static int nothing_free(void *state) { return MPI_SUCCESS; }
static int nothing_cancel(void *state, int complete) { return MPI_SUCCESS; }
int main(int argc, char **argv) {
    int rank, value = 0, other = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    %s
    return 0;
}
"""
BEFORE_INIT = "#include <mpi.h>\nint main(void) { int n; MPI_Comm_size(MPI_COMM_WORLD, &n); return 0; }\n"
WITHOUT_INIT = "#include <mpi.h>\nint main(int c, char **v) { return c > 9 ? MPI_Init(0, 0) : 6; }\n"
MISSING = """
#include <mpi.h>
#define COMING(name) __attribute__((import_module("mpi_abi_1"), import_name(#name))) int name(int)
COMING(MPI_Coming_soon);
COMING(MPI_Coming_later);
int main(void) {
    MPI_Init(0, 0);
    return MPI_Coming_soon(0) + MPI_Coming_later(0);
}
"""


class Driver:
    def __init__(self, build, mpi):
        self.work = os.path.join(os.path.abspath(build), "tests", "mpi", "failures", mpi)
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.mpi = mpi
        self.failed = 0
        os.makedirs(self.work, exist_ok=True)
        suffixed = f"mpiexec.{mpi}"
        self.mpiexec = [suffixed if shutil.which(suffixed) else "mpiexec"]
        if mpi == "openmpi":
            self.mpiexec += ["--oversubscribe"]
            self.mpiexec += ["--allow-run-as-root"] if os.getuid() == 0 else []

    def module(self, name, source):
        path = os.path.join(self.work, name.replace(" ", "_"))
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(source)
        code, out, err = execute([os.path.join(self.bin, "mpiwasmcc"), "-w", "-O1", path + ".c",
                                  "-o", path + ".wasm"], 120)
        if code != 0:
            sys.exit(f"{name}: {out}{err}")
        return path + ".wasm"

    def job(self, module, ranks=2, options=()):
        launcher = self.mpiexec + ["-n", str(ranks)] if ranks else []
        return execute([*launcher, os.path.join(self.bin, "mpiwasm"), *options, module], 60)

    def expect(self, name, outcome, codes, texts):
        code, _, err = outcome
        wrong = []
        if code == "timeout" or code == 0 and codes != {0} or codes is not None and code not in codes:
            wrong.append(f"exit {code}, expected {'any but 0' if codes is None else codes}")
        wrong += [f"no '{text}' on stderr" for text in texts if text not in err]
        print(f"{name}: {'; '.join(wrong) if wrong else 'as expected'}")
        if wrong:
            self.failed += 1
            print(err[-1500:])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    driver = Driver(sys.argv[1], sys.argv[2])
    for name, (body, codes, texts) in CASES.items():
        driver.expect(name, driver.job(driver.module(name, PROGRAM % body)), codes, texts)
    driver.expect("before init", driver.job(driver.module("before init", BEFORE_INIT)), None,
                  ["MPI_Comm_size: called before MPI_Init"])
    driver.expect("without init", driver.job(driver.module("without init", WITHOUT_INIT), 0), {6},
                  [])
    driver.expect("missing functions", driver.job(driver.module("missing", MISSING), 0), None,
                  ["MPI_Coming_soon", "MPI_Coming_later"])
    inspected = execute([os.path.join(driver.bin, "mpiwasm"), "inspect",
                         driver.module("missing", MISSING)], 30)
    driver.expect("inspect", (1, "", inspected[1]), None, ["MPI_Coming_later  (i32) -> (i32)  MISSING"])
    driver.expect("unknown plugin", driver.job(driver.module("missing", MISSING), 0,
                                               ["--mpi=nonesuch"]), None, ["nonesuch"])
    other = {"openmpi": "mpich", "mpich": "openmpi"}[driver.mpi]
    if os.path.exists(os.path.join(driver.bin, "..", "lib", "mpiwasm", f"mpiwasm-mpi-{other}.so")):
        module = driver.module("wrong plugin", PROGRAM % WAIT)
        driver.expect("wrong plugin", driver.job(module, 2, [f"--mpi={other}"]), None,
                      [" of 2 by ", f"--mpi={driver.mpi}"])
    sys.exit(1 if driver.failed else 0)


if __name__ == "__main__":
    main()

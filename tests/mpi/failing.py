#!/usr/bin/env python3
"""Programs that fail on some rank: the whole job ends soon, with exit code and message.

  failing.py BUILD MPI [CASE...]
"""
import os
import shutil
import sys

import run

SETTING = "OMPI_MCA_pml_ob1_max_rdma_per_request"

# Case -> what stderr has to name.
CASES = {
    "operator_trap": ["out of bounds memory access"],
    "operator_throw": ["uncaught exception", "in throwing", "in MPI_Allreduce (of the host)"],
    "handler_throw": ["uncaught exception", "in throwing_handler"],
    "operator_exit": [],
    "operator_type": ["MPI_Op_create", "user_fn", "MPI_ERR_ARG"],
    "null_buffer": ["MPI_Bcast", "buffer", "MPI_ERR_BUFFER"],
    "wild_buffer": ["rank 0", "MPI_Allreduce", "recvbuf", "MPI_ERR_BUFFER"],
    "long_buffer": ["rank 0", "MPI_Gather", "recvbuf", "MPI_ERR_BUFFER"],
    "negative_count": ["MPI_Allgatherv", "recvcounts", "MPI_ERR_COUNT"],
    "wild_displacement": ["MPI_Alltoallv", "sendbuf", "MPI_ERR_BUFFER"],
    "forged_type": ["MPI_Bcast", "datatype", "MPI_ERR_TYPE"],
    "freed_type": ["MPI_Bcast", "datatype", "MPI_ERR_TYPE"],
    "uncommitted_type": ["MPI_Bcast", "datatype", "not committed", "MPI_ERR_TYPE"],
    "spawn_denied": ["MPI_Comm_spawn", "--allow-spawn", "MPI_ERR_SPAWN"],
    "port_denied": ["MPI_Open_port", "--allow-ports", "MPI_ERR_PORT"],
    "wrong_root": ["MPI_Bcast", "root", "MPI_ERR_ROOT"],
}


def prepare(work):
    """Directories to grant, beside one that is not; returns mpiwasm's options."""
    top = os.path.join(work, "files")
    shutil.rmtree(top, ignore_errors=True)
    for name in ("box/sub", "ro", "secret"):
        os.makedirs(os.path.join(top, name))
    for name, text in (("box/data", "public"), ("ro/data", "public"), ("secret/file", "secret")):
        with open(os.path.join(top, name), "w", encoding="utf-8") as file:
            file.write(text)
    box = os.path.join(top, "box")
    for name, target in (("link", "../secret/file"), ("dirlink", "../secret"), ("inside", "data"),
                         ("absolute", os.path.join(top, "secret", "file")),
                         ("dangling", "../secret/new")):
        os.symlink(target, os.path.join(box, name))
    os.mkfifo(os.path.join(box, "pipe"))
    return top, ["--dir", box + "::.", "--dir", os.path.join(top, "ro") + "::/ro:ro"]


def unharmed(top):
    """What the program must not have changed; what it must not have left behind."""
    with open(os.path.join(top, "secret", "file"), encoding="utf-8") as file:
        same = file.read() == "secret"
    with open(os.path.join(top, "ro", "data"), encoding="utf-8") as file:
        same = same and file.read() == "public"
    left = [name for name in os.listdir(os.path.join(top, "box")) if name.startswith(".")]
    return same and os.listdir(os.path.join(top, "secret")) == ["file"] and \
        os.listdir(os.path.join(top, "ro")) == ["data"] and not left


def spawning(build, mpi, work):
    """Starting processes: refused without the option, and with it whatever is not the program's."""
    granted = os.path.join(work, "granted")
    os.makedirs(os.path.join(granted, "inside"), exist_ok=True)
    os.makedirs(os.path.join(work, "cache"), mode=0o700, exist_ok=True)
    module = os.path.join(granted, "spawn.wasm")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "failing", "spawn.c")
    run.build([os.path.join(build, "bin", "mpiwasmcc")], source, module)
    code, out, err = run.execute([os.path.join(build, "bin", "mpiwasm"), "compile", module, "-o",
                                  os.path.join(granted, "artifact.so")], run.LIMIT)
    if code != 0:
        sys.exit(f"mpiwasm compile: {out}{err}")
    outside = os.path.join(work, "outside.wasm")
    shutil.copy(module, outside)
    if not os.path.islink(os.path.join(granted, "link.wasm")):
        os.symlink(outside, os.path.join(granted, "link.wasm"))
    good = True
    for words, argument in (([], "denied"), (["--allow-spawn", "--allow-ports"], "allowed")):
        code, out, err = run.launch(mpi, 2, [
            os.path.join(build, "bin", "mpiwasm"), f"--cache-dir={work}/cache", *words,
            f"--dir={granted}::.", module, argument])
        print(f"spawn, {argument}, {mpi}: exit {code}\n{out}{err}")
        good &= code == 0 and "all refused" in out
    return good


def lengths(build, mpi, work):
    """Messages that are too long: nothing is written behind what they are received into."""
    module = os.path.join(work, "lengths.wasm")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "failing", "lengths.c")
    run.build([os.path.join(build, "bin", "mpiwasmcc")], source, module)
    good, open_mpi = True, mpi.startswith("openmpi")  # also openmpi5, of other_mpis.py
    # The user's own setting goes before that of the option.
    for option, setting, value in (("--untrusted", None, "0"), ("--bounds=explicit", None, "0"),
                                   ("--untrusted", "3", "3"), ("--quiet", None, "4")):
        os.environ.pop(SETTING, None)
        if setting is not None:
            os.environ[SETTING] = setting
        code, out, err = run.launch(mpi, 2, [os.path.join(build, "bin", "mpiwasm"), option, module,
                                             value if open_mpi else "-1"])
        print(f"lengths, {option}, {setting}, {mpi}: exit {code}\n{out}{err}")
        good &= code == 0 and "all refused" in out
        if not open_mpi:
            break
    os.environ.pop(SETTING, None)
    return good


def main():
    build, mpi, chosen = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    work = os.path.join(build, "tests", "mpi", "failing", mpi)
    os.makedirs(work, exist_ok=True)
    module = os.path.join(work, "failing.wasm")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "failing", "failing.c")
    run.build([os.path.join(build, "bin", "mpiwasmcc")], source, module)
    failed = False
    for case, words in CASES.items():
        if chosen and case not in chosen:
            continue
        code, out, err = run.launch(mpi, 2, [os.path.join(build, "bin", "mpiwasm"), module, case])
        missing = [word for word in words if word not in err]
        if code in (0, "timeout") or "not reached" in out or missing:
            failed = True
            print(f"{case}, {mpi}: exit {code}, stderr lacks {missing}\n{out}{err}")
        else:
            print(f"{case}, {mpi}: exit {code}")
    for name in ("windows", "counts", "files", "quotas", "kept", "hints"):
        if chosen and name not in chosen:
            continue
        module = os.path.join(work, name + ".wasm")
        source = os.path.join(os.path.dirname(source), name + ".c")
        run.build([os.path.join(build, "bin", "mpiwasmcc")], source, module)
        top, grants = prepare(work)
        if name == "kept":
            grants += ["--max-memory=64M"]
        code, out, err = run.launch(mpi, 2, [os.path.join(build, "bin", "mpiwasm"), *grants, module])
        print(f"{name}, {mpi}: exit {code}, unharmed: {unharmed(top)}\n{out}{err}")
        failed |= code != 0 or "all refused" not in out or not unharmed(top)
    if not chosen or "lengths" in chosen:
        failed |= not lengths(build, mpi, work)
    if not chosen or "spawn" in chosen:
        failed |= not spawning(build, mpi, os.path.join(work, "spawn"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

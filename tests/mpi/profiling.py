#!/usr/bin/env python3
"""A PMPI tool that is preloaded on the host sees what a module does, levels of MPI_Pcontrol included.

  profiling.py BUILD MPI
"""
import os
import sys

import run


def main():
    build, mpi = os.path.abspath(sys.argv[1]), sys.argv[2]
    work = os.path.join(build, "tests", "mpi", "profiling", mpi)
    os.makedirs(work, exist_ok=True)
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "profiling")
    tool, module = os.path.join(work, "tool.so"), os.path.join(work, "program.wasm")
    run.build([f"mpicc.{mpi}", "-shared", "-fPIC"], os.path.join(folder, "tool.c"), tool)
    run.build([os.path.join(build, "bin", "mpiwasmcc")], os.path.join(folder, "program.c"), module)
    code, out, err = run.launch(mpi, 2, ["env", "LD_PRELOAD=" + tool,
                                         os.path.join(build, "bin", "mpiwasm"), module])
    wanted = [f"tool: rank {rank}, 5 sends, 128 bytes, level 2" for rank in (0, 1)]
    told = sorted(line for line in err.splitlines() if line.startswith("tool: "))
    if code != 0 or told != wanted:
        sys.exit(f"exit {code}, the tool tells {told}, expected {wanted}\n{out}{err}")
    print("\n".join(told))


if __name__ == "__main__":
    main()

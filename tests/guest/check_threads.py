#!/usr/bin/env python3
"""Check threads and OpenMP as mpiwasmcc makes them of the full level's libraries.

  check_threads.py BUILD [NAME...]    all checks, or those named

The libraries are those of prepare.py, with MPIWASM_TEST_SYSROOT=all C++'s too; without them the
checks are skipped (exit code 77). Natively the same programs are gcc's.
"""
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "apps"))
import harness
from prepare import FULL, SKIPPED, WHOLE
from wrappers import BIN, PROGRAMS, SHARE, cc, cxx, mpiwasm, program, run, run_checks, write

LIBRARIES = os.path.join(FULL, "lib", "wasm32-wasip1", "threads")
JACOBI = os.path.join(PROGRAMS, "..", "..", "..", "examples", "jacobi.c")
TEAM = """
#include <cstdio>
#include <omp.h>
#include <stdexcept>
#include <vector>
int main() {
    std::vector<int> seen(omp_get_max_threads());
    int caught = 0;
#pragma omp parallel reduction(+ : caught)
    try {
        seen.at(omp_get_thread_num()) = omp_get_num_threads();
        seen.at(1000);
    } catch (const std::out_of_range &) { caught++; }
    std::printf("%zu %d %d %d\\n", seen.size(), seen.back(), caught, omp_get_num_procs());
}
"""
FUTURE = """
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>
int main() {
    std::vector<std::thread> threads;
    std::vector<int> seen(6);
    for (int i = 0; i < 6; i++) threads.emplace_back([&, i] { seen[i] = i * i; });
    for (auto &thread : threads) thread.join();
    auto failing = std::async(std::launch::async, [] () -> int { throw std::range_error("far"); });
    try { failing.get(); } catch (const std::exception &e) { std::cout << e.what(); }
    for (int value : seen) std::cout << ' ' << value;
}
"""
# A critical section excludes those of other files: nobody gets into the second one meanwhile.
FIRST = """
#include <omp.h>
#include <stdio.h>
void second(volatile int *is_in);
int main(void) {
    volatile int is_held = 0, is_in = 0, is_wrong = 0;
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 0) {
#pragma omp critical NAME
        {
            is_held = 1;
            for (double until = omp_get_wtime() + 0.2; omp_get_wtime() < until;)
                is_wrong |= is_in;
        }
    } else {
        while (!is_held) {}
        second(&is_in);
    }
    printf("%d %d\\n", is_wrong, is_in);
}
"""
SECOND = "void second(volatile int *is_in) {\n#pragma omp critical NAME\n    *is_in = 1;\n}\n"
COUNT = """
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    printf("%d %ld %d %d\\n", CPU_COUNT(&set), sysconf(_SC_NPROCESSORS_ONLN), omp_get_num_procs(),
           omp_get_max_threads());
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.20)
project(both C)
find_package(OpenMP REQUIRED)
find_package(Threads REQUIRED)
add_executable(team team.c)
target_link_libraries(team OpenMP::OpenMP_C)
add_executable(thread thread.c)
target_link_libraries(thread Threads::Threads)
"""
TEAM_OF_THREE = """
#include <stdio.h>
int main(void) {
    int n = 0;
#pragma omp parallel num_threads(3) reduction(+ : n)
    n++;
    printf("%d\\n", n);
}
"""
THREAD = """
#include <pthread.h>
#include <stdio.h>
static void *run(void *text) { return text; }
int main(void) {
    pthread_t thread;
    void *text = "";
    if (pthread_create(&thread, 0, run, "ran") == 0) pthread_join(thread, &text);
    puts(text);
}
"""
TOO_SMALL = "trap: call stack exhausted: the stack of thread 1 is too small: " \
            "pthread_attr_setstacksize or OMP_STACKSIZE give threads larger ones"


def check_pthread():
    """-pthread: locks, conditions, barriers, keys and streams do as natively."""
    run("cc", "-pthread", program("threads.c"), "-o", "native")
    cc("-O2", "-pthread", program("threads.c"), "-o", "threads.wasm")
    for out in run("./native")[0], mpiwasm("threads.wasm")[0]:
        lines = out.splitlines()
        assert lines.pop() == "ok", out
        assert len(lines) == 800 and len(set(lines)) == 8, out


def check_cxx():
    """C++ threads, and exceptions within a parallel region."""
    if not WHOLE:
        return
    write("future.cpp", FUTURE)
    cxx("-O2", "-pthread", "future.cpp", "-o", "future.wasm")
    assert mpiwasm("future.wasm")[0] == "far 0 1 4 9 16 25"
    write("team.cpp", TEAM)
    cxx("-O1", "-fopenmp", "team.cpp", "-o", "team.wasm")
    for threads in "1", "3":
        out, _ = mpiwasm(f"--env=OMP_NUM_THREADS={threads}", "team.wasm")
        assert out.startswith(f"{threads} {threads} {threads} "), out
    write("count.cpp", "#include <cstdio>\n#include <thread>\n"
                       "int main() { std::printf(\"%u\", std::thread::hardware_concurrency()); }\n")
    cxx("-pthread", "count.cpp", "-o", "count.wasm")
    assert mpiwasm("count.wasm")[0] == str(len(os.sched_getaffinity(0)))


def check_openmp():
    """-fopenmp: teams, loops, locks, tasks and the like, by every supported clang."""
    run("cc", "-O2", "-fopenmp", program("openmp.c"), "-o", "native")
    os.environ["OMP_NUM_THREADS"] = "4"
    assert run("./native")[0] == "ok\n"
    cc("-fopenmp", "-O2", "-Wall", "-Werror", "-c", program("openmp.c"), "-o", "openmp.o")
    cc("openmp.o", "-fopenmp", "-o", "openmp.wasm")
    assert mpiwasm("openmp.wasm")[0] == "ok\n"
    del os.environ["OMP_NUM_THREADS"]


def check_critical():
    """Critical sections, with and without a name, exclude each other across files and libraries."""
    used = os.path.basename(cc("--showme:command")[0].strip())
    os.mkdir("temporary")
    os.environ["TMPDIR"] = os.path.abspath("temporary")
    for clang in ("clang-19", "clang-20", "clang-21", "clang-22"):
        if not shutil.which(clang):
            continue
        os.environ["MPIWASM_CLANG"] = clang
        for name in ("", "(door)") if clang == used else ("(door)",):
            write("first.c", FIRST.replace("NAME", name))
            write("second.c", SECOND.replace("NAME", name))
            cc("-O1", "-g", "-fopenmp", "first.c", "second.c", "-o", "critical.wasm")
            assert mpiwasm("-O0", "critical.wasm")[0] == "0 1\n", (clang, name)
        cc("-O1", "-fopenmp", "-c", "second.c")
        run("ar", "rcs", "libsecond.a", "second.o")
        before = os.stat("libsecond.a")
        cc("-O1", "-fopenmp", "first.c", "-L.", "-lsecond", "-o", "critical.wasm")
        assert mpiwasm("-O0", "critical.wasm")[0] == "0 1\n", (clang, "archive")
        assert os.stat("libsecond.a").st_mtime_ns == before.st_mtime_ns
        if clang != used and WHOLE:
            cc("-O2", "-fopenmp", program("openmp.c"), "-o", "other.wasm")
            assert mpiwasm("-O1", "--env=OMP_NUM_THREADS=4", "other.wasm")[0] == "ok\n"
        del os.environ["MPIWASM_CLANG"]
    assert not [name for name in os.listdir("temporary") if "mpiwasm-ld-" in name]
    del os.environ["TMPDIR"]
    # Messages name files as they are called, and what is missing.
    write("lost.c", "void nowhere(void);\nint main(void) {\n#pragma omp critical (door)\n"
                    "    nowhere();\n}\n")
    cc("-fopenmp", "-c", "lost.c")
    assert cc("-fopenmp", "lost.o", status=1)[1].startswith(
        "mpiwasmcc: error: nowhere is missing, which lost.o uses")
    assert "link with -fopenmp" in cc("lost.o", "-pthread", status=1)[1]


def check_stacks():
    """A thread that overruns its stack traps; guards are gone with their threads."""
    cc("-O1", "-D_GNU_SOURCE", "-pthread", program("stacks.c"), "-o", "stacks.wasm")
    for options in [], ["--bounds=explicit"]:
        def guest(how, status=0, options=options):
            return mpiwasm(*options, "stacks.wasm", how, status=status)
        assert guest("large")[0] == guest("again")[0] == "end\n"
        assert TOO_SMALL in guest("small", status=134)[1]
        out, err = guest("other", status=134)
        assert out == "in the stack\n" and "below the stack of another thread" in err, out + err
    out, _ = mpiwasm("--max-memory=200M", "stacks.wasm", "limit")
    assert out == "EAGAIN after some\nend\n", out
    write("team.c", """
#include <stdio.h>
__attribute__((noinline)) static int use(int n) {
    volatile char frame[1024] = {(char)n};
    return n == 0 ? 0 : use(n - 1) + frame[0] * 0;
}
int main(int count, char **arguments) {
    int sum = 1;
#pragma omp parallel num_threads(2) reduction(+ : sum)
    sum += use(1000);
    printf("%d\\n", sum);
}
""")
    cc("-O1", "-fopenmp", "team.c", "-o", "team.wasm")
    assert mpiwasm("-O0", "team.wasm")[0] == "1\n"
    assert TOO_SMALL in mpiwasm("-O0", "--env=OMP_STACKSIZE=200K", "team.wasm", status=134)[1]
    # The runtime says what it is that a team cannot have.
    _, err = mpiwasm("-O0", "--env=OMP_STACKSIZE=1G", "--max-memory=1G", "team.wasm", status=134)
    assert "OMP: Error #34" in err and "decreasing the value of OMP_NUM_THREADS" in err, err


def check_cmake():
    """find_package(OpenMP) and find_package(Threads) give what compiles and links."""
    write("CMakeLists.txt", PROJECT)
    write("team.c", TEAM_OF_THREE)
    write("thread.c", THREAD)
    toolchain = os.path.join(SHARE, "cmake", "mpiwasm.cmake")
    run("cmake", "-S", ".", "-B", "made", f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")
    run("cmake", "--build", "made")
    assert mpiwasm("-O0", "made/team.wasm")[0] == "3\n"
    assert mpiwasm("-O0", "made/thread.wasm")[0] == "ran\n"


def check_processors():
    """As many processors as natively, of those that a rank is bound to."""
    write("count.c", COUNT)
    run("cc", "-fopenmp", "count.c", "-o", "native")
    cc("-fopenmp", "count.c", "-o", "count.wasm")
    guest = [os.path.join(BIN, "mpiwasm"), "-O0", "count.wasm"]
    one = str(min(os.sched_getaffinity(0)))
    assert run(*guest)[0] == run("./native")[0]
    assert run("taskset", "-c", one, *guest)[0] == "1 1 1 1\n"
    # natively sysconf does not heed the binding
    assert re.fullmatch("1 .* 1 1\n", run("taskset", "-c", one, "./native")[0])
    assert mpiwasm("-O0", "--env=MPIWASM_PROCESSORS=7", "count.wasm")[0] == "7 7 7 7\n"
    assert mpiwasm("-O0", "--env=OMP_NUM_THREADS=3", "count.wasm")[0].endswith(" 3\n")


def check_hybrid():
    """MPI with OpenMP: two ranks of two threads, whose results are the native ones."""
    os.environ["OMP_NUM_THREADS"] = "2"
    cc("-O2", "-fopenmp", JACOBI, "-o", "jacobi.wasm")
    mpi = harness.chosen_mpis("all")[-1]
    run(mpi.mpicc, "-O2", "-fopenmp", JACOBI, "-lm", "-o", "native")
    lines = []
    for command in ["./native"], [os.path.join(BIN, "mpiwasm"), "jacobi.wasm"]:
        outcome = harness.run(mpi.launch(2, [*command, "50", "100"]), timeout=120)
        assert outcome.code == 0 and "\nPASS\n" in outcome.out, outcome.out
        assert "2 threads in a rank" in outcome.out, outcome.out
        lines.append(re.sub("time: .*", "", outcome.out))
    assert lines[0] == lines[1], lines
    del os.environ["OMP_NUM_THREADS"]
    cc("-O2", "-fopenmp", program("multiple.c"), "-o", "multiple.wasm")
    for mpi in harness.chosen_mpis("all"):
        outcome = harness.run(mpi.launch(2, [os.path.join(BIN, "mpiwasm"), "multiple.wasm"]),
                              timeout=120)
        assert outcome.code == 0 and outcome.out == "ok\n", outcome.out


if __name__ == "__main__":
    if not os.path.exists(os.path.join(LIBRARIES, "libomp.a")):
        sys.exit(SKIPPED)
    os.environ["MPIWASM_SYSROOT"] = FULL
    os.environ.pop("OMP_NUM_THREADS", None)
    sys.exit(run_checks(dict(globals())))

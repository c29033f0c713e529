#!/usr/bin/env python3
"""An installation works wherever it lies: everything is found relative to the executables."""
import harness
from harness import CliTest

HELLO = r"""
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    printf("rank %d of %d\n", rank, size);
    MPI_Finalize();
    return 0;
}
"""


class Install(CliTest):
    def test_moved_installation(self):
        first = self.directory / "first prefix"
        prefix = self.directory / "moved with spaces"
        result = self.execute(["cmake", "--install", harness.BUILD, "--prefix", first])
        self.assertEqual(result.code, 0, result)
        first.rename(prefix)
        for path in ("bin/mpiwasm", "bin/mpiwasmcc", "bin/mpiwasmcxx",
                     "libexec/mpiwasm/mpiwasm-compile", "share/mpiwasm/include/mpi.h",
                     "share/man/man1/mpiwasm.1", "share/man/man1/mpiwasmcc.1",
                     "share/man/man1/mpiwasmfort.1", "share/man/man1/mpiwasmf90.1",
                     "share/bash-completion/completions/mpiwasm"):
            self.assertTrue((prefix / path).exists(), path)
        for path in prefix.rglob("*"):  # nothing points back to the build tree or the first place
            if path.is_symlink():
                self.assertNotIn(str(harness.BUILD), str(path.readlink()))
        (self.directory / "hello.c").write_text(HELLO)
        env = {"MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        for compiler in ("mpiwasmcc", "mpiwasmcxx"):
            language = ["-x", "c++"] if compiler == "mpiwasmcxx" else []
            result = self.execute([prefix / "bin" / compiler, "-O2", *language, "hello.c", "-o",
                                   "hello.wasm"], env=env)
            self.assertEqual(result.code, 0, result)
            result = self.execute([prefix / "bin/mpiwasm", "hello.wasm"], env=env)
            self.assertEqual((result.code, result.out), (0, "rank 0 of 1\n"), result)
        for name, launcher in harness.launchers():
            result = self.execute([launcher, "-n", "2", prefix / "bin/mpiwasm", "hello.wasm"],
                                  env=env)
            self.assertEqual(sorted(result.out.split("\n")), ["", "rank 0 of 2", "rank 1 of 2"],
                             result)
        version = self.execute([prefix / "bin/mpiwasm", "--version"], env=env).out
        self.assertIn("LLVM", version)
        self.assertNotIn(str(harness.BUILD), version)

    def test_no_llvm_and_no_mpi_linked(self):
        """The runner needs neither: LLVM is loaded to compile alone, and only by the compiler."""
        needed = self.execute(["ldd", harness.BUILD / "bin/mpiwasm"]).out
        for library in ("libLLVM", "libmpi", "libmpich", "libopen-rte"):
            self.assertNotIn(library, needed)
        module = self.write("exit.wasm", harness.exit_with(0))
        env = {"MPIWASM_CACHE_DIR": str(self.directory / "cache"), "LD_DEBUG": "files"}
        first = self.loaded(module, "first", env)
        again = self.loaded(module, "again", env)
        self.assertIn("libLLVM", first)
        self.assertIn("libc.so", again)
        for library in ("libLLVM", "libmpi", "libopen"):
            self.assertNotIn(library, again)

    def loaded(self, module, name, env):
        """What the dynamic linker says it loads, in all processes of a run."""
        result = self.mpiwasm(module, env={**env, "LD_DEBUG_OUTPUT": str(self.directory / name)})
        self.assertEqual(result.code, 0, result)
        return "".join(path.read_text() for path in self.directory.glob(f"{name}.*"))


if __name__ == "__main__":
    harness.main()

#!/usr/bin/env python3
"""What engineers get to see: lines in backtraces, in the artifact, in remarks; the compiler's IR."""
import struct

import harness
from harness import CliTest

PROGRAM = r"""
#include <stdlib.h>
#include "inner.h"
__attribute__((noinline)) void scale(double *a, int n) {
    for (int i = 0; i < n; i++)
        a[i] = a[i] * 3 + 1;                      /* line 6 */
}
__attribute__((noinline)) double add(double *a, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++)                   /* line 10 */
        sum += inner(a, i);
    return sum;
}
__attribute__((noinline)) int divide(int a, volatile int b) {
    return a / b;                                 /* line 15 */
}
int main(int argc, char **argv) {
    static double a[100];
    if (argc < 2) return 0;
    switch (argv[1][0]) {
    case 's': scale((double *)0x7fffff00, 100); break;   /* line 21 */
    case 'a': return (int)add((double *)0x7fffff00, 100);
    case 'd': return divide(argc, argc - 2);
    case 'e': exit(0);
    }
    scale(a, 100);
    return add(a, 100) < 0;
}
"""

INNER = r"""
static inline double inner(const double *a, int i) {
    return a[i] * 2;                              /* line 3 */
}
"""


def sections(data):
    """Name and content of each section of an ELF file."""
    offset, = struct.unpack_from("<Q", data, 0x28)
    size, count, names = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
    base = headers[names][4]
    found = {}
    for name, kind, _, _, at, length in headers:
        text = data[base + name:data.index(b"\0", base + name)].decode()
        found[text] = data[at:at + length] if kind != 8 else b""
    return found


def without_debug(wasm):
    """The module without its custom sections .debug_*."""
    def leb(at):
        value = shift = 0
        while True:
            value |= (wasm[at] & 0x7F) << shift
            shift += 7
            at += 1
            if wasm[at - 1] < 0x80:
                return value, at
    out, at = wasm[:8], 8
    while at < len(wasm):
        size, begin = leb(at + 1)
        _, name = leb(begin)
        if wasm[at] != 0 or not wasm[name:].startswith(b".debug"):
            out += wasm[at:begin + size]
        at = begin + size
    return out


class Insight(CliTest):
    def program(self, *options):
        self.write("inner.h", INNER.encode())
        return self.compile("program", PROGRAM, "-O3", *options)

    def trap(self, module, argument, *options):
        result = self.mpiwasm(*options, module, argument)
        self.assertEqual(result.code, 134, result)
        return result.err

    def test_lines_of_a_trap(self):
        for option in "-gdwarf-4", "-gdwarf-5":
            module = self.program("-g", option)
            with self.subTest(option):
                text = self.trap(module, "s")
                self.assertRegex(text, r"in scale \(function \d+\) at program\.c:6\n")
                self.assertRegex(text, r"in main \(function \d+\) at program\.c:21\n")
                # inlined from another file
                self.assertRegex(self.trap(module, "a"), r"in add .* at (\./)?inner\.h:3\n")
                # a check in the code instead of a fault
                self.assertRegex(self.trap(module, "d"), r"in divide .* at program\.c:15\n")
                self.assertRegex(self.trap(module, "s", "--bounds=explicit"),
                                 r"in scale .* at program\.c:6\n")
                self.assertRegex(self.trap(module, "s", "-O0"), r"in scale .* at program\.c:6\n")

    def test_no_lines_without_debug_information(self):
        text = self.trap(self.program(), "s")
        self.assertRegex(text, r"in scale \(function \d+\)\n")
        self.assertNotIn("program.c", text)

    def test_broken_debug_information(self):
        """It is no reason not to run."""
        wasm = (self.directory / self.program("-g")).read_bytes()
        section = wasm.index(b".debug_line") + len(b".debug_line")
        for at in 4, 10, 40:
            damaged = bytearray(wasm)
            damaged[section + at:section + at + 60] = b"\xff" * 60
            self.write("damaged.wasm", damaged)
            self.assertIn("in scale", self.trap("damaged.wasm", "s"))

    def test_debug_information_changes_no_code(self):
        wasm = (self.directory / self.program("-g")).read_bytes()
        self.write("debug.wasm", wasm)
        self.write("plain.wasm", without_debug(wasm))
        for level in "0123":
            made = []
            for name in "debug", "plain":
                result = self.mpiwasm("compile", f"-O{level}", f"{name}.wasm")
                self.assertEqual(result.code, 0, result)
                made.append(sections((self.directory / f"{name}.so").read_bytes()))
            self.assertEqual(made[0][".text"], made[1][".text"], level)
            self.assertIn(".debug_line", made[0])
            self.assertNotIn(".debug_line", made[1])

    def test_debuggers_find_lines(self):
        module = self.program("-g")
        self.assertEqual(self.mpiwasm("compile", "-O1", module).code, 0)
        result = self.execute(["gdb", "-batch", "-nx", "-ex", "info line program.c:15",
                               "program.so"]) if harness.shutil.which("gdb") else None
        if result is None:
            self.skipTest("no gdb here")
        self.assertRegex(result.out, r'Line 15 of "program\.c" (starts|is) at address .*<divide\.w')

    def test_remarks(self):
        for options, place in ((["-g"], r"program\.c:{}"), ([], r"code offset 0x[0-9a-f]+")):
            module = self.program(*options)
            result = self.mpiwasm("compile", "--remarks", module)
            self.assertEqual((result.code, result.err), (0, ""), result)
            vectorised = "scale: loop at " + place.format("[56]")
            self.assertRegex(result.out, vectorised + r": vectorised \(width \d+, interleave \d+\)")
            add = "add: loop at " + place.format("10")
            self.assertRegex(result.out, add + r": not vectorised: .*reorder floating-point.*"
                             r"\(--fp=fast allows it\)")
            fast = self.mpiwasm("compile", "--remarks", "--fp=fast", module)
            self.assertRegex(fast.out, add + r": vectorised")
            for line in result.out.splitlines():
                self.assertRegex(line, r"^\S+: loop( at [^:]+(:\d+)?)?: (not )?vectorised")
        self.assertEqual(self.mpiwasm("compile", "--remarks", "-O0", module).out, "")
        # The artifact has source lines nevertheless.
        module = self.program("-g")
        self.mpiwasm("compile", "--remarks", module)
        self.assertRegex(self.trap("program.so", "s"), r"in scale .* at program\.c:6\n")

    def test_remarks_of_a_bad_module(self):
        self.write("bad.wasm", b"\0asm\1\0\0\0\x99")
        self.check_error(self.mpiwasm("compile", "--remarks", "bad.wasm"), 1, "bad.wasm")

    def test_emit(self):
        module = self.program("-g")
        for kind, name, content in (("llvm", "program.ll", b"define "),
                                    ("asm", "program.s", b"scale.w"),
                                    ("obj", "program.o", b"\x7fELF"),
                                    ("so", "program.so", b"\x7fELF")):
            result = self.mpiwasm("compile", f"--emit={kind}", module)
            self.assertEqual(result.code, 0, result)
            self.assertIn(content, (self.directory / name).read_bytes())
        self.assertIn(b"!DILocation(line: 6", (self.directory / "program.ll").read_bytes())


if __name__ == "__main__":
    harness.main()

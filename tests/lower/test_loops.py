#!/usr/bin/env python3
"""Loops of many shapes give the same results optimised as unoptimised.

    test_loops.py BUILD_DIR [SEED]

Each loop is a function that walks through memory with a counter and addresses of random step, start
and direction, in one or two levels, reads and writes, and returns what it read. One function calls
all that stay inside memory, so that one run compares them all; those that leave memory must trap
however they were compiled. All of it with addresses of 32 bits, of 64, and in a second memory. Exit code 77: wasm-tools or mpiwasm are missing.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lower  # noqa: E402

VARIANTS = [("i32", 0, 150), ("i64", 0, 60), ("i32", 1, 60)]  # address, memory, loops
MEMORY = 65536  # bytes


class Loop:
    """One innermost loop: its instructions, and the lowest and highest address it touches."""

    def __init__(self, choose, name, outside, address):
        self.name, self.address_type = name, address
        wide = choose.random() < 0.15  # the counter is an i64
        self.type = "i64" if wide else "i32"
        step = choose.choice([1, 1, 1, 2, 4, 8, 3, 16])
        self.count = choose.choice([1, 2, 3, 7, 16, 17, 40, 100, 129])  # iterations
        down = choose.random() < 0.4
        predicate = choose.choice(["ne", "ne", "lt_s", "lt_u", "le_s", "le_u"])
        if predicate == "ne" and step == 3:
            step = 1
        start = choose.randrange(0, 50) if not down else self.count * step + choose.randrange(1, 9)
        # The loop goes on while the counter, after its step, is before the bound.
        last = start - self.count * step if down else start + self.count * step
        bound = last
        if predicate.startswith("le"):
            bound = last + (1 if down else -1)
        if predicate != "ne":
            slack = choose.randrange(0, step)  # the bound need not be hit
            bound += slack if down else -slack
            if bound < 0:
                bound -= slack
            if down:
                predicate = predicate.replace("l", "g", 1)
        self.start, self.bound, self.step = start, bound, -step if down else step
        self.predicate = predicate
        self.accesses = []
        for i in range(choose.randrange(1, 4)):
            self.accesses.append(self.access(choose, i))
        # Starts that are arguments are different arrays to the compiler, which may overlap.
        self.takes_starts = choose.random() < 0.7
        if outside:
            self.accesses[0]["start"] = choose.choice(
                [MEMORY - 8, MEMORY - 8 * self.count // 2 - 8, 2**32 - 16, 2**32 - 40000])
            if self.accesses[0]["stride"] < 0:
                self.accesses[0]["start"] = choose.choice([8, 2**32 - 65500, 64])
            self.accesses[0]["often"] = "always"

    def access(self, choose, number):
        stride = choose.choice([1, 4, 8, 8, 16, 24, 56, 400]) * choose.choice([1, 1, -1])
        span = abs(stride) * self.count
        low = choose.randrange(1024, MEMORY // 2) if span < MEMORY // 2 - 2048 else 1024
        if self.accesses and choose.random() < 0.5:  # overlap, or nearly
            other = self.accesses[0]
            low = max(1024, other["low"] + choose.choice([-64, -8, -4, -1, 0, 0, 4, 8, 20, 128]))
        low = min(low, MEMORY - span - 1024)
        return {"number": number, "stride": stride, "low": low, "start": low if stride > 0 else low + span,
                "offset": choose.choice([0, 0, 0, 8, 16, 1000]),
                "constant": choose.choice([0, 0, 8, -8, 24, -16, 900]),
                "often": choose.choice(["always", "always", "always", "odd"]),
                "kind": choose.choice(["load", "load", "store", "both", "narrow"]),
                "by_counter": choose.random() < 0.3}

    def text(self):
        t, a = self.type, self.address_type
        lines = [f"(func ${self.name} (export \"{self.name}\") (result i64)",
                 f"  (call ${self.name}_from " + " ".join(
                     f"({a}.const {access['start']})" for access in self.accesses) + "))",
                 f"(func ${self.name}_from", *[
                     f"  (param $s{access['number']} {a})" for access in self.accesses],
                 f"  (result i64) (local $i {t}) (local $sum i64) (local $k {a})"]
        for access in self.accesses:
            lines.append(f"  (local $p{access['number']} {a})")
        lines.append(f"  (local.set $i ({t}.const {self.start}))")
        for access in self.accesses:
            lines.append(f"  (local.set $p{access['number']} {self.start_text(access)})")
        lines.append("  (loop $next")
        for access in self.accesses:
            lines += ["    " + line for line in self.access_text(access)]
        for access in self.accesses:
            name = f"$p{access['number']}"
            lines.append(f"    (local.set {name} "
                         f"({a}.add (local.get {name}) ({a}.const {access['stride']})))")
        lines.append(f"    (local.set $k ({a}.add (local.get $k) ({a}.const 1)))")
        lines.append(f"    (local.set $i ({t}.add (local.get $i) ({t}.const {self.step})))")
        lines.append(f"    (br_if $next ({t}.{self.predicate} (local.get $i) "
                     f"({t}.const {self.bound}))))")
        lines.append("  (local.get $sum))")
        return "\n".join(lines)

    def start_text(self, access):
        return f"(local.get $s{access['number']})" if self.takes_starts \
            else f"({self.address_type}.const {access['start']})"

    def access_text(self, access):
        a = self.address_type
        address = f"(local.get $p{access['number']})"
        if access["by_counter"]:  # the same address, from the number of the iteration
            address = (f"({a}.add {self.start_text(access)} "
                       f"({a}.mul (local.get $k) ({a}.const {access['stride']})))")
        if access["constant"]:
            address = f"({a}.add {address} ({a}.const {access['constant']}))"
        offset = f"offset={access['offset']} " if access["offset"] else ""
        add = "(local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 7)) {}))"
        load = f"(i64.load {offset}{address})"
        number = "(local.get $k)" if a == "i64" else "(i64.extend_i32_u (local.get $k))"
        value = f"(i64.xor (local.get $sum) {number})"
        lines = {"load": [add.format(load)],
                 "store": [f"(i64.store {offset}{address} {value})"],
                 "both": [f"(i64.store {offset}{address} (i64.add {load} (i64.const 3)))",
                          add.format(load)],
                 "narrow": [add.format(f"(i64.load8_u {offset}{address})"),
                            f"(i64.store16 {offset}{address} {value})"]}[access["kind"]]
        if access["often"] == "odd":
            lines = [f"(if (i32.eqz ({a}.eqz ({a}.and (local.get $k) ({a}.const 1)))) (then", *lines,
                     "))"]
        return lines


def make_module(seed, address, memory, count):
    choose = random.Random(seed)
    inside = [Loop(choose, f"in{i}", False, address) for i in range(count)]
    outside = [Loop(choose, f"out{i}", True, address) for i in range(12)]
    # Called in a loop of their own, so that some have one around them.
    calls = "\n".join(f"  (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31)) "
                      f"(call ${loop.name})))" for loop in inside)
    fill = """(func $fill (local $i i32) (loop $next
  (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const 1640531527)))
  (local.set $i (i32.add (local.get $i) (i32.const 4)))
  (br_if $next (i32.ne (local.get $i) (i32.const 65536)))))"""
    matrix = """(func $matrix (param $n i32) (result i64)
  (local $i i32) (local $j i32) (local $k i32) (local $c i32) (local $s i64)
  (loop $rows (local.set $j (i32.const 0))
    (loop $columns (local.set $k (i32.const 0)) (local.set $s (i64.const 0))
      (loop $sum
        (local.set $s (i64.add (local.get $s) (i64.mul
          (i64.load (i32.shl (i32.add (i32.mul (local.get $i) (local.get $n)) (local.get $k))
                             (i32.const 3)))
          (i64.load offset=16384 (i32.shl (i32.add (i32.mul (local.get $k) (local.get $n))
                                                   (local.get $j)) (i32.const 3))))))
        (br_if $sum (i32.lt_s (local.tee $k (i32.add (local.get $k) (i32.const 1)))
                              (local.get $n))))
      (i64.store offset=32768 (local.get $c) (local.get $s))
      (local.set $c (i32.add (local.get $c) (i32.const 8)))
      (br_if $columns (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1)))
                                (local.get $n))))
    (br_if $rows (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
  (local.get $s))"""
    loops = "\n".join(loop.text() for loop in inside + outside)
    if address == "i64":
        fill = fill.replace("i32.store", "i64.store32").replace("i32.", "i64.").replace(" i32", " i64")
        matrix = matrix.replace("i32.", "i64.").replace(" i32", " i64")
    limits = "i64 1" if address == "i64" else "1"
    functions = f"{fill}\n{matrix}\n{loops}\n"
    if memory > 0:
        functions = re.sub(r"(i\d\d\.(load|store)\w*) ", rf"\1 {memory} ", functions)
    return (f"(module {'(memory 0)' * memory} (memory {limits})\n{functions}"
            f"(func (export \"all\") (result i64) (local $h i64) (call $fill)\n{calls}\n"
            f"  (i64.add (local.get $h) (call $matrix ({address}.const 37)))))"), outside


def differs(seed, variant, compiler, mpiwasm, converter):
    """Compare the loops of a variant in all modes; True if any are not the same."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        text, wasm = os.path.join(folder, "loops.wat"), os.path.join(folder, "loops.wasm")
        module, outside = make_module(seed, *variant)
        with open(text, "w", encoding="utf-8") as file:
            file.write(module)
        subprocess.run([*converter, text, "-o", wasm], check=True, timeout=60)

        def invoke(name, options, artifact):
            if not os.path.exists(artifact):
                subprocess.run([compiler, wasm, "-o", artifact, *options], check=True, timeout=300)
            return subprocess.run([mpiwasm, f"--invoke={name}", artifact], capture_output=True,
                                  text=True, timeout=60)

        plain = os.path.join(folder, "o0.so")
        reference = invoke("all", ["-O0"], plain)
        assert reference.returncode == 0, reference.stderr
        message = "out of bounds memory access"
        trapping = [loop.name for loop in outside
                    if message in invoke(loop.name, ["-O0"], plain).stderr]
        assert len(trapping) >= 3
        for number, options in enumerate((["-O3"], ["-O1"], ["-O3", "--cpu=baseline"],
                                          ["-O3", "--strict-traps"],
                                          ["-O3", "--bounds=explicit"])):
            artifact = os.path.join(folder, f"{number}.so")
            result = invoke("all", options, artifact)
            if result.stdout != reference.stdout:
                failed = True
                print(f"{variant}, {options}, seed {seed}: {result.stdout or result.stderr} "
                      f"instead of {reference.stdout}")
            for name in trapping:
                result = invoke(name, options, artifact)
                if message not in result.stderr:
                    failed = True
                    print(f"{variant}, {options}, seed {seed}: {name} does not trap: {result}")
    return failed


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tools = lower.run_tools()
    if tools is None:
        return 77
    compiler, mpiwasm, converter = tools
    return 1 if sum(differs(seed, variant, compiler, mpiwasm, converter)
                    for variant in VARIANTS) else 0


if __name__ == "__main__":
    sys.exit(main())

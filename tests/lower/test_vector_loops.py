#!/usr/bin/env python3
"""Loops over vectors give the same results split and vectorised anew as unoptimised.

    test_vector_loops.py BUILD_DIR [SEED]

Each loop loads vectors from addresses that may overlap, computes with lanes of some width, moves
lanes, keeps one vector for the next iteration or adds up, and stores, in the loop or behind it. One function runs them all
and returns a checksum of memory. Numbers are made from small integers, so that no NaN shows, whose
bits may be any. Exit code 77: wasm-tools or mpiwasm are missing.
"""
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lower  # noqa: E402

LOOPS = 100
MEMORY = 65536  # bytes
BINARY = {
    "i32x4": ["add", "sub", "mul", "min_s", "max_u"],
    "i64x2": ["add", "sub", "mul"],
    "f32x4": ["add", "sub", "mul", "min", "max", "pmin", "pmax"],
    "f64x2": ["add", "sub", "mul", "min", "max", "pmin", "pmax"],
    "i16x8": ["add", "sub", "min_s", "add_sat_s"],
}
# Integers of eight bits or fewer as lanes of numbers.
NUMBERS = {
    "f32x4": "(f32x4.convert_i32x4_s (i32x4.shr_s {} (i32.const 24)))",
    "f64x2": "(f64x2.convert_low_i32x4_s (i32x4.shr_s {} (i32.const 24)))",
}
UNARY = {
    "i32x4": ["(i32x4.shl {} (i32.const 3))", "(i32x4.abs {})", "(i32x4.neg {})"],
    "i64x2": ["(i64x2.shr_u {} (i32.const 7))", "(i64x2.neg {})"],
    "f32x4": ["(f32x4.sqrt (f32x4.abs {}))", "(f32x4.neg {})", "(f32x4.ceil {})"],
    "f64x2": ["(f64x2.sqrt (f64x2.abs {}))", "(f64x2.neg {})", "(f64x2.floor {})"],
    "i16x8": ["(i16x8.abs {})"],
}
REVERSE = {"i32x4": "12 13 14 15 8 9 10 11 4 5 6 7 0 1 2 3", "i64x2": "8 9 10 11 12 13 14 15 "
           "0 1 2 3 4 5 6 7", "i16x8": "1 0 3 2 5 4 7 6 9 8 11 10 13 12 15 14"}
REVERSE["f32x4"], REVERSE["f64x2"] = REVERSE["i32x4"], REVERSE["i64x2"]


def make_value(choose, lanes, source):
    """An expression of v128 from what loads one; no lane is a NaN."""
    number = NUMBERS.get(lanes, "{}")
    left, right = number.format(source(0)), number.format(source(1))
    for _ in range(choose.randrange(1, 4)):
        form = choose.randrange(6)
        if form == 0:
            left = choose.choice(UNARY[lanes]).format(left)
        elif form == 1:
            left = f"(i8x16.shuffle {REVERSE[lanes]} {left} {right})"
        elif form == 2:
            compare = f"({lanes}.{'lt' if lanes[0] == 'f' else 'lt_s'} {left} {right})"
            left = f"(v128.bitselect {left} {right} {compare})"
        else:
            left = f"({lanes}.{choose.choice(BINARY[lanes])} {left} {right})"
    return left


def make_loop(choose, name):
    lanes = choose.choice(["i32x4", "i32x4", "i64x2", "f32x4", "f64x2", "f64x2", "i16x8"])
    unrolled, down = choose.choice([1, 1, 2, 4]), choose.random() < 0.2
    count = choose.choice([1, 2, 5, 8, 16, 33, 100])
    stride = 16 * unrolled if choose.random() < 0.85 else choose.choice([8, 48, 24])
    body, kind = [], choose.choice(["store", "store", "store", "carry", "sum", "tile"])
    tile = choose.choice([2, 4, 8])

    def source(which):
        offset = f"offset={16 * at} " if at else ""
        return f"(v128.load {offset}(local.get ${'ab'[which]}))"

    for at in range(tile if kind == "tile" else unrolled):
        value = make_value(choose, lanes, source)
        if kind == "carry":
            value = f"({lanes}.{BINARY[lanes][0]} {value} (local.get $v))"
        if kind == "tile":
            body.append(f"(local.set $t{at} ({lanes}.add (local.get $t{at}) {value}))")
        elif kind == "sum":
            body.append(f"(local.set $v (i32x4.add (local.get $v) {value}))")
        else:
            offset = f"offset={16 * at} " if at else ""
            body.append(f"(v128.store {offset}(local.get $c) {value})")
    if kind == "carry":
        body.append(f"(local.set $v {NUMBERS.get(lanes, '{}').format(source(1))})")
    if kind == "sum" and choose.random() < 0.5:
        body.append(f"(v128.store (local.get $c) {source(0)})")
    number = NUMBERS.get(lanes, "{}").format("(v128.load (local.get $a))")
    advance = "\n".join(f"(local.set ${p} (i32.{'sub' if down else 'add'} (local.get ${p}) "
                        f"(i32.const {stride})))" for p in "abc")
    body = "\n".join(body)
    behind = "\n".join(f"(v128.store offset={16 * at} (local.get $c) ({lanes}.add {number} "
                       f"(local.get $t{at})))" for at in range(tile)) if kind == "tile" else ""
    # Starts are arguments, different arrays to the compiler, but may overlap by less than a vector.
    low = choose.randrange(1024, 16384) + (count * stride if down else 0)
    starts = [low + choose.choice([0, 0, 4, 8, -8, 16, -16, 24, 64, -40, 20000, 30000])
              for _ in range(3)]
    return (f"""(func ${name} (param $a i32) (param $b i32) (param $c i32) (param $n i32)
(local $v v128) {" ".join(f"(local $t{at} v128)" for at in range(8))}
(loop $next
{body}
{advance}
(br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
{behind}
(v128.store (i32.const 64) (i32x4.add (local.get $v) (v128.load (i32.const 64)))))""",
            f"(call ${name} " + " ".join(f"(i32.const {at})" for at in [*starts, count]) + ")")


def make_module(seed):
    choose = random.Random(seed)
    loops = [make_loop(choose, f"loop{i}") for i in range(LOOPS)]
    text = "\n".join(function for function, _ in loops)
    calls = "\n".join(f"(call $fill) {call} (local.set $h (call $mix (local.get $h)))"
                      for _, call in loops)
    return f"""(module (memory 1)
(func $fill (local $i i32) (loop $next
  (i32.store (local.get $i) (i32.mul (i32.add (local.get $i) (i32.const 4)) (i32.const 1640531527)))
  (local.set $i (i32.add (local.get $i) (i32.const 4)))
  (br_if $next (i32.ne (local.get $i) (i32.const {MEMORY})))))
(func $mix (param $h i64) (result i64) (local $i i32) (loop $next
  (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31)) (i64.load (local.get $i))))
  (local.set $i (i32.add (local.get $i) (i32.const 8)))
  (br_if $next (i32.ne (local.get $i) (i32.const {MEMORY}))))
  (local.get $h))
{text}
(func (export "all") (result i64) (local $h i64)
{calls}
(local.get $h)))"""


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    tools = lower.run_tools()
    if tools is None:
        return 77
    compiler, mpiwasm, converter = tools
    failed, code = False, {}
    with tempfile.TemporaryDirectory() as folder:
        text, wasm = os.path.join(folder, "loops.wat"), os.path.join(folder, "loops.wasm")
        with open(text, "w", encoding="utf-8") as file:
            file.write(make_module(seed))
        subprocess.run([*converter, text, "-o", wasm], check=True, timeout=60)
        reference = None
        for options in (["-O0"], ["-O3"], ["-O3", "--cpu=baseline"],
                        ["-O3", "--disable=split-vectors"], ["-O2", "--disable=vectorise"]):
            artifact = os.path.join(folder, "loops.so")
            subprocess.run([compiler, wasm, "-o", artifact, *options], check=True, timeout=300)
            result = subprocess.run([mpiwasm, "--invoke=all", artifact], capture_output=True,
                                    text=True, timeout=60)
            reference = reference or result.stdout
            with open(artifact, "rb") as file:
                code[" ".join(options)] = file.read()
            if result.returncode != 0 or result.stdout != reference:
                failed = True
                print(f"{options}, seed {seed}: {result.stdout or result.stderr} "
                      f"instead of {reference}")
    assert code["-O3"] != code["-O3 --disable=split-vectors"], "nothing was split"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

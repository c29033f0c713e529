#!/usr/bin/env python3
"""Modules with loops over arrays, as text: loop_shapes.py SEED prints one.

The shapes are those that the optimiser's rules about addresses are made for, and those in which
they would go wrong: strides of every kind and sign, arrays that overlap, bounds that are met,
passed or missed, traps in the middle, addresses that wrap around 4 GiB. Each function is exported
twice, with arguments that the compiler knows and with arguments from globals. A name tells what
docs/compiler.md allows the default mode: "wrap..." has addresses that may wrap around and "miss..."
a counter that steps over its end, so that either may trap instead of going on.

Floating-point numbers from memory become small finite ones first: NaNs would not be comparable.
"""

import random
import sys

PAGES = 2
MEMORY = PAGES * 65536
# load, store, bytes, type of the value
ELEMENTS = [
    ("i32.load8_u", "i32.store8", 1, "i32"), ("i32.load8_s", "i32.store8", 1, "i32"),
    ("i32.load16_s", "i32.store16", 2, "i32"), ("i32.load16_u", "i32.store16", 2, "i32"),
    ("i32.load", "i32.store", 4, "i32"), ("i32.load", "i32.store", 4, "i32"),
    ("i64.load", "i64.store", 8, "i64"), ("i64.load", "i64.store", 8, "i64"),
    ("i64.load32_s", "i64.store32", 4, "i64"), ("i64.load8_u", "i64.store8", 1, "i64"),
    ("f32.load", "f32.store", 4, "f32"), ("f64.load", "f64.store", 8, "f64"),
    ("f64.load", "f64.store", 8, "f64"),
]
INTEGER = ["add", "sub", "mul", "xor", "and", "or", "shl", "shr_s", "shr_u", "rotl"]
FLOAT = ["add", "sub", "mul", "min", "max"]
COMPARE = {"i": ["eq", "ne", "lt_s", "lt_u", "gt_s", "ge_u"], "f": ["eq", "ne", "lt", "gt", "le"]}
CONVERT = {("i32", "i64"): "i64.extend_i32_s", ("i64", "i32"): "i32.wrap_i64",
           ("i32", "f32"): "f32.convert_i32_s", ("i32", "f64"): "f64.convert_i32_u",
           ("i64", "f32"): "f32.convert_i64_s", ("i64", "f64"): "f64.convert_i64_s",
           ("f32", "f64"): "f64.promote_f32", ("f64", "f32"): "f32.demote_f64",
           ("f32", "i32"): "i32.trunc_sat_f32_s", ("f64", "i32"): "i32.trunc_sat_f64_s",
           ("f32", "i64"): "i64.trunc_sat_f32_s", ("f64", "i64"): "i64.trunc_sat_f64_u"}


def extreme(kind, test):
    """The number at which a counter can never arrive in the direction of the test."""
    largest = 2 ** (int(kind[1:]) - (test[-1] == "s")) - 1
    return largest if test[0] == "l" else 0 if test[-1] == "u" else -largest - 1


class Loop:
    """One innermost loop over up to three arrays $a, $b, $c, perhaps with a loop around it."""

    def __init__(self, choose, number, long):
        self.choose, self.long = choose, long  # long: addresses are i64
        self.plain = choose.random() < 0.6  # what a vectoriser likes
        self.wide = choose.random() < 0.12  # the counter is an i64
        self.type = "i64" if self.wide else "i32"
        self.n = choose.choice([1, 2, 3, 5, 8, 16, 17, 31, 33, 64, 100, 200, 333])
        self.kind = choose.choices(["in", "end", "wrap", "miss"], [10, 3, 2, 1])[0]
        self.step = 1 if self.plain else choose.choice([1, 1, 2, 3, 4, 7])
        self.down = choose.random() < 0.3
        self.test = choose.choice(["ne", "lt_s", "lt_u", "le_s", "le_u"])
        self.first = choose.choice([0, 0, 0, 1, 5])
        self.nested = choose.random() < 0.2
        self.top = choose.random() < 0.3  # the test comes before the body
        self.accumulator = choose.choice(["i32", "i64"] + ([] if self.plain else ["f32", "f64"]))
        self.element = choose.choice(ELEMENTS)
        self.arrays = "abc"[:choose.choice([1, 2, 3, 3] if not self.plain else [2, 3, 3, 3])]
        self.test = "ne" if self.kind == "miss" and choose.random() < 0.7 else self.test
        self.accesses = [self.access() for _ in range(choose.randrange(1 + self.plain, 5))]
        if self.plain and choose.random() < 0.8:  # each array is accessed in one way
            for i, access in enumerate(self.accesses):
                first = self.accesses[i % len(self.arrays)]
                access.update(array=self.arrays[i % len(self.arrays)], stride=first["stride"],
                              mode=first["mode"])
        if self.kind == "miss":  # it must end, by leaving memory
            self.accesses[0].update(mode=choose.choice(["bump", "index", "shift"]),
                                    stride=choose.choice([8, 16, -8, 200]))
        self.pointers = sum(access["mode"] == "bump" for access in self.accesses)
        self.name = f"{self.kind}{number}"

    def access(self):
        choose = self.choose
        alike = self.plain and choose.random() < 0.8
        load, store, size, kind = self.element if alike else choose.choice(ELEMENTS)
        stride = choose.choice([1, 1, 1, 1, 2, 3] + ([] if self.plain else [4, 16, 50])) * size
        if not self.plain and choose.random() < 0.05:
            stride = choose.choice([20000, 32768, 32776, 65528, 70000])
        stride *= choose.choice([1, 1, -1])
        return {"load": load, "store": store, "type": kind, "stride": stride, "size": size,
                "array": choose.choice(self.arrays), "mode": choose.choices(
                    ["bump", "index", "shift", "gather", "fixed"],
                    [5, 5, 3, 0, 0] if self.plain else [5, 5, 3, 1, 1])[0],
                "constant": choose.choice([0, 0, 0, size, -size, 2 * size, -3 * size, 1000, 1100]),
                "offset": choose.choice([0, 0, 0, 0, size, 16, 1016, 4096])}

    def constant(self, kind):
        numbers = [0, 1, -2, 0.5, 3.25] if kind[0] == "f" else [0, 1, 2, 7, -1, 31, 255, -1000]
        return f"({kind}.const {self.choose.choice(numbers)})"

    def finite(self, kind, text):
        return (f"(select (local.tee $t{kind} {text}) ({kind}.const 1) "
                f"({kind}.lt ({kind}.abs (local.get $t{kind})) ({kind}.const 1e15)))")

    def convert(self, kind, text, wanted):
        return text if kind == wanted else f"({CONVERT[kind, wanted]} {text})"

    def value(self, kind, leaves, depth):
        """An expression of a type over leaves, [(type, text)]."""
        choose = self.choose
        if depth == 0 or choose.random() < 0.15:
            if not leaves or choose.random() < 0.2:
                return self.constant(kind)
            of, text = choose.choice(leaves)
            return self.convert(of, text, kind)
        left = self.value(kind, leaves, depth - 1)
        right = self.value(kind, leaves, depth - 1)
        if choose.random() < 0.12:
            of = choose.choice(["i32", "i64", "f32", "f64"])
            test = choose.choice(COMPARE[of[0]])
            return (f"(select {left} {right} ({of}.{test} {self.value(of, leaves, 0)} "
                    f"{self.value(of, leaves, 0)}))")
        if kind[0] == "f":
            return self.finite(kind, f"({kind}.{choose.choice(FLOAT)} {left} {right})")
        if choose.random() < 0.03:
            return f"({kind}.{choose.choice(['div_s', 'rem_u', 'div_u'])} {left} {right})"
        return f"({kind}.{choose.choice(INTEGER)} {left} {right})"

    def counter(self):
        return "(i32.wrap_i64 (local.get $i))" if self.wide else "(local.get $i)"

    def address(self, access, pointer):
        base, stride = f"(local.get ${access['array']})", access["stride"]
        if access["mode"] == "bump":
            text = f"(local.get $p{pointer})"
        elif access["mode"] == "index":
            text = f"(i32.add {base} (i32.mul {self.counter()} (i32.const {stride})))"
        elif access["mode"] == "shift":
            shift = max(abs(stride), 1).bit_length() - 1
            text = f"(i32.add (i32.shl {self.counter()} (i32.const {shift})) {base})"
        elif access["mode"] == "gather":
            index = f"(i32.load8_u {self.extend(f'(i32.add {self.counter()} (i32.const 2048))')})"
            text = f"(i32.add {base} (i32.shl {index} (i32.const 3)))"
        else:
            text = base
        if access["constant"]:
            text = f"(i32.add {text} (i32.const {access['constant']}))"
        return (f"offset={access['offset']} " if access["offset"] else "") + self.extend(text)

    def extend(self, address):
        return f"(i64.extend_i32_u {address})" if self.long else address

    def body(self):
        choose, lines, leaves, pointer = self.choose, [], [], 0
        leaves.append((self.type, "(local.get $i)"))
        for number, access in enumerate(self.accesses):
            address, kind = self.address(access, pointer), access["type"]
            pointer += access["mode"] == "bump"
            local = f"$v{number}"
            load = f"({access['load']} {address})"
            if kind[0] == "f":
                load = self.finite(kind, load)
            what = choose.choice(["load", "load", "store", "update", "branch", "sink"])
            if self.plain:
                what = choose.choice(["store", "store", "update", "branch"]
                                     if number == len(self.accesses) - 1 else ["load", "update"])
            if self.kind == "miss" and number == 0:
                what = "update"
            if what in ("load", "update"):
                lines.append(f"(local.set {local}{kind} {load})")
                leaves.append((kind, f"(local.get {local}{kind})"))
            value = self.value(kind, leaves, 2)
            if self.kind == "miss" and number == 0:  # a store that nobody can take for needless
                value = f"({kind}.add ({kind}.const 3) (local.get {local}{kind}))"
            store = f"({access['store']} {address} {value})"
            if what in ("store", "update"):
                lines.append(store)
            elif what == "branch":
                test = f"(i32.and {self.value('i32', leaves, 1)} (i32.const 3))"
                lines.append(f"(if {test} (then {store}))")
            elif what == "sink":  # a load that may be dead
                leaves.append((kind, load))
        if self.plain and choose.random() < 0.3:  # what somebody vectorised before
            op = choose.choice(["i32x4.add", "i16x8.mul", "v128.xor", "i64x2.sub", "i8x16.min_u"])
            at = [self.address(dict(access, mode="index", stride=16), 0)
                  for access in self.accesses] * 2
            lines.append(f"(v128.store {at[-1]} ({op} (v128.load {at[0]}) (v128.load {at[1]})))")
        if self.plain:
            what = self.value(self.accumulator, leaves, 1)
            return [*lines, f"(local.set $sum ({self.accumulator}.add (local.get $sum) {what}))"]
        if choose.random() < 0.06:
            lines.append(f"(br_if $out (i32.eq {self.value('i32', leaves, 2)} (i32.const 77)))")
        if choose.random() < 0.04:
            lines.append(f"(if (i32.eq {self.value('i32', leaves, 2)} (i32.const 5)) "
                         f"(then unreachable))")
        if choose.random() < 0.04:
            lines.append("(call $nothing)")
        t = self.accumulator
        value = self.value(t, leaves, 2)
        mix = f"({t}.add (local.get $sum) {value})"
        if t[0] == "i" and choose.random() < 0.5:
            mix = f"({t}.add ({t}.rotl (local.get $sum) ({t}.const 7)) {value})"
        lines.append(f"(local.set $sum {self.finite(t, mix) if t[0] == 'f' else mix})")
        return lines

    def text(self):
        t, choose = self.type, self.choose
        span = self.n * self.step
        begin, end = f"({t}.const {self.first})", f"({t}.add {self.bound()} ({t}.const {self.first}))"
        test, step = self.test, self.step
        if self.down:
            begin, end, step = end, begin, -step
            test = test.replace("l", "g", 1) if test != "ne" else test
        if test[1] == "e" and test != "ne":  # le, ge: one step less
            end = f"({t}.{'add' if self.down else 'sub'} {end} ({t}.const 1))"
        if self.kind == "miss" and test != "ne":  # always true
            end = f"({t}.const {extreme(t, test)})"
        elif self.kind == "miss":
            end = f"({t}.{'sub' if self.down else 'add'} {end} ({t}.const {max(1, self.step // 2)}))"
        goes_on = f"({t}.{test} (local.get $i) {end})"
        lines = self.body()
        advance, pointer = [f"(local.set $i ({t}.add (local.get $i) ({t}.const {step})))"], 0
        setup = [f"(local.set $i {begin})"]
        for access in self.accesses:
            if access["mode"] == "bump":
                setup.append(f"(local.set $p{pointer} (local.get ${access['array']}))")
                lines.append(f"(local.set $p{pointer} (i32.add (local.get $p{pointer}) "
                             f"(i32.const {access['stride']})))")
                pointer += 1
        if self.top and self.kind != "miss" and test != "ne":
            lines = [f"(br_if $out (i32.eqz {goes_on}))", *lines, *advance, "(br $next)"]
        else:
            lines = [*lines, *advance, f"(br_if $next {goes_on})"]
        after = []
        if self.nested:
            rows, stretch = choose.choice([2, 3, 9]), choose.choice([0, 8, span * 8, -8, 200])
            setup = ["(loop $rows", *setup]
            after = [f"(local.set $a (i32.add (local.get $a) (i32.const {stretch}))) "
                     "(local.set $row (i32.add (local.get $row) (i32.const 1)))",
                     f"(br_if $rows (i32.lt_u (local.get $row) (i32.const {rows}))))"]
        values = [f"(local $v{i}{a['type']} {a['type']})" for i, a in enumerate(self.accesses)]
        pointers = " ".join(f"(local $p{i} i32)" for i in range(self.pointers))
        text = "\n    ".join([*setup, "(block $out (loop $next", *lines, "))", *after])
        return (f"(func ${self.name} (param $n i32) (param $a i32) (param $b i32) (param $c i32)\n"
                f"    (result {self.accumulator})\n    (local $i {t}) (local $row i32)"
                f" (local $sum {self.accumulator})"
                f" (local $tf32 f32) (local $tf64 f64)\n    {' '.join(values)} {pointers}\n    {text}\n"
                f"    (local.get $sum))\n{self.callers()}")

    def bound(self):
        n = "(i64.extend_i32_u (local.get $n))" if self.wide else "(local.get $n)"
        return n if self.step == 1 else f"({self.type}.mul {n} ({self.type}.const {self.step}))"

    def callers(self):
        choose = self.choose
        reach = max(16, *[abs(a["stride"]) for a in self.accesses]) * self.n * self.step
        room = max(MEMORY - 2 * reach - 8192, 1)
        bases = [(4096 + reach + choose.randrange(room)) % (MEMORY - 4096)]
        while len(bases) < 3:  # often a little in front of or behind another
            near = choose.choice([0, 1, -1, 2, -4, 4, 8, -8, -12, 16, -16, 32, -64, self.n * 8])
            base = bases[0] + near if choose.random() < 0.6 else 4096 + reach + choose.randrange(room)
            bases.append(base % (MEMORY - 1024))
        if choose.random() < 0.5:
            bases = [base & ~7 for base in bases]
        which = choose.randrange(len(self.arrays))
        if self.kind == "end":
            bases[which] = choose.choice([MEMORY - 8, MEMORY - 8 * (self.n // 2), MEMORY - 1])
        elif self.kind == "wrap":
            bases[which] = choose.choice([-8, -64, -1000, -1024, -1100, -65536, -65540, -40000,
                                          8, 40])
        numbers = [self.n, *bases]
        known = " ".join(f"(i32.const {number})" for number in numbers)
        unknown = " ".join(f"(global.get ${self.name}_{i})" for i in range(4))
        cells = "\n".join(f"(global ${self.name}_{i} (mut i32) (i32.const {number}))"
                          for i, number in enumerate(numbers))
        signature = f"(result {self.accumulator})"
        return (f"{cells}\n"
                f'(func (export "{self.name}") {signature} (call ${self.name} {unknown}))\n'
                f'(func (export "{self.name}_known") {signature} (call ${self.name} {known}))')


SUPPORT = """(memory (export "memory") {i64} {pages} {pages})
(global $counter (export "counter") (mut i32) (i32.const 0))
(func $nothing (global.set $counter (i32.add (global.get $counter) (i32.const 1))))
(func $fill (local $i i32) (loop $next
  (i64.store ({fill} (local.get $i)) (i64.mul (i64.extend_i32_u (local.get $i))
                                     (i64.const 0x9e3779b97f4a7c15)))
  (local.set $i (i32.add (local.get $i) (i32.const 8)))
  (br_if $next (i32.ne (local.get $i) (i32.const {bytes})))))
(start $fill)"""


def make_module(seed, loops=6):
    choose = random.Random(seed)
    long = choose.random() < 0.15  # memory64
    support = SUPPORT.format(pages=PAGES, bytes=MEMORY, i64="i64" if long else "",
                             fill="i64.extend_i32_u" if long else "i32.add (i32.const 0)")
    functions = "\n".join(Loop(choose, number, long).text() for number in range(loops))
    return f"(module\n{support}\n{functions})\n"


if __name__ == "__main__":
    print(make_module(int(sys.argv[1])), end="")

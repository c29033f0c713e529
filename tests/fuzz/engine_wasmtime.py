#!/usr/bin/env python3
"""Runs what differential.py planned in wasmtime: engine_wasmtime.py < PLAN.

See differential_runner.c for the plan and the transcript. Needs the package wasmtime.
"""

import ctypes
import re
import struct
import sys
import zlib

import wasmtime

FEATURES = ["bulk_memory", "exceptions", "function_references", "memory64", "multi_memory",
            "multi_value", "reference_types", "simd", "relaxed_simd", "tail_call", "threads"]


def make_engine():
    config = wasmtime.Config()
    for feature in FEATURES:
        try:
            setattr(config, f"wasm_{feature}", True)
        except Exception:  # this version lacks it
            pass
    config.shared_memory = True
    config.cranelift_opt_level = "speed"
    return wasmtime.Engine(config)


def value_text(kind, value):
    if kind == "i32":
        return f"i32:{value & 0xffffffff:08x}"
    if kind == "i64":
        return f"i64:{value & 0xffffffffffffffff:016x}"
    if kind in ("f32", "f64"):
        if value != value:
            return f"{kind}:nan"
        if kind == "f32":
            return f"f32:{struct.unpack('<I', struct.pack('<f', value))[0]:08x}"
        return f"f64:{struct.unpack('<Q', struct.pack('<d', value))[0]:016x}"
    if kind == "v128":
        return "v128"
    return "ref:null" if value is None else "ref:some"


def argument(word):
    kind, bits = word.split(":")
    if kind == "i32":
        return struct.unpack("<i", struct.pack("<I", int(bits, 16)))[0]
    if kind == "i64":
        return struct.unpack("<q", struct.pack("<Q", int(bits, 16)))[0]
    if kind == "f32":
        return struct.unpack("<f", struct.pack("<I", int(bits, 16)))[0]
    if kind == "f64":
        return struct.unpack("<d", struct.pack("<Q", int(bits, 16)))[0]
    return None


def first_line(error):
    return str(error).strip().split("\n")[0]


def trap_text(error):
    try:
        code = error.trap_code
    except Exception:
        code = None
    if code is not None:
        return f" trap {code.name}"
    match = re.search(r"wasm trap: (.*)|(thrown Wasm exception)", str(error))
    return f" trap {match.group(1) or match.group(2) if match else first_line(error)}"


class Runner:
    def __init__(self):
        self.engine = make_engine()
        self.module = self.store = self.exports = None
        self.watched = []

    def state(self, kind, name, type_):
        external = self.exports[name]
        if kind == "global":
            return value_text(type_, None if type_ == "v128" else external.value(self.store))
        if kind == "table":
            return f"table:{external.size(self.store):x}"
        if isinstance(external, wasmtime.SharedMemory):
            size = external.data_len()
            data = ctypes.string_at(external.data_ptr(), size)
        else:
            size = external.data_len(self.store)
            data = external.read(self.store, 0, size) if size else b""
        return f"memory:{size:x}:{zlib.crc32(data):08x}"

    def end_line(self, text):
        states = [self.state(*watched) for watched in self.watched] if self.exports else []
        sys.stdout.write(" ".join([f"{text} |", *states]) + "\n")
        sys.stdout.flush()

    def do_module(self, number, path):
        self.module = self.store = self.exports = None
        self.watched = []
        text = f"module {number}"
        try:
            self.module = wasmtime.Module.from_file(self.engine, path)
        except wasmtime.WasmtimeError as error:
            text += " refused " + str(error).replace("\n", " ")
        self.end_line(text)

    def do_instance(self):
        self.exports = None
        text = "instance refused"
        if self.module is not None:
            self.store = wasmtime.Store(self.engine)
            try:
                instance = wasmtime.Instance(self.store, self.module, [])
                self.exports = instance.exports(self.store)
                text = "instance ok"
            except wasmtime.Trap as error:
                text = "instance" + trap_text(error)
            except wasmtime.WasmtimeError as error:
                text += " " + first_line(error)
        self.end_line(text)

    def do_call(self, name, words):
        arrow = words.index(">")
        types = words[arrow + 1 :]
        text = f"call {name}"
        if self.exports is None:
            self.end_line(f"{text} refused")
            return
        function = self.exports[bytes.fromhex(name[1:]).decode()]
        try:
            results = function(self.store, *map(argument, words[:arrow]))
            if len(types) < 2:
                results = [results]
            text += "".join([" ok", *(f" {value_text(*pair)}" for pair in zip(types, results))])
        except wasmtime.Trap as error:
            text += trap_text(error)
        except Exception as error:  # among them: exceptions of the module
            text += trap_text(error)
        self.end_line(text)


def main():
    runner = Runner()
    for line in sys.stdin:
        kind, *words = line.split()
        if kind == "module":
            runner.do_module(*words)
        elif kind == "instance":
            runner.do_instance()
        elif kind == "call":
            runner.do_call(words[0], words[1:])
        else:
            name = bytes.fromhex(words[0][1:]).decode()
            runner.watched.append((kind, name, words[1] if len(words) > 1 else None))


if __name__ == "__main__":
    main()

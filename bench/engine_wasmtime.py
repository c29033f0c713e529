#!/usr/bin/env python3
"""Run the kernels under wasmtime: engine_wasmtime.py MODULE.wasm NAME SIZE REPETITIONS

Keeps the compiled module beside the module, as MODULE.cwasm. Exit code 77: no wasmtime package.
"""
import os
import sys
import time

try:
    import wasmtime
except ImportError:
    sys.exit(77)


def define_clock(linker):
    """The CPU's time instead of the wall's, as the other engines have it."""
    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()

    def clock_time_get(caller, clock, precision, result):
        caller["memory"].write(caller, time.process_time_ns().to_bytes(8, "little"), result)
        return 0

    linker.allow_shadowing = True
    linker.define_func("wasi_snapshot_preview1", "clock_time_get",
                       wasmtime.FuncType([i32, i64, i32], [i32]), clock_time_get, True)


def main():
    file, words = sys.argv[1], sys.argv[2:]
    configuration = wasmtime.Config()
    configuration.wasm_simd = True
    configuration.cranelift_opt_level = "speed"
    engine = wasmtime.Engine(configuration)
    compiled = os.path.splitext(file)[0] + ".cwasm"
    if not os.path.exists(compiled) or os.path.getmtime(compiled) < os.path.getmtime(file):
        with open(compiled, "wb") as out:
            out.write(wasmtime.Module.from_file(engine, file).serialize())
    module = wasmtime.Module.deserialize_file(engine, compiled)
    linker, store, wasi = wasmtime.Linker(engine), wasmtime.Store(engine), wasmtime.WasiConfig()
    linker.define_wasi()
    define_clock(linker)
    wasi.argv = ["kernels", *words]
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    start = linker.instantiate(store, module).exports(store)["_start"]
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        return end.code
    return 0


if __name__ == "__main__":
    sys.exit(main())

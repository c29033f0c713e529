#!/bin/sh
# Build mpiwasm for another machine, for portability.py.
#
#   build.sh MACHINE COMPILER SYSROOT BUILD CLANG
#
# A sysroot that has a compiler wrapper `mpicc` has an MPI. Exit code 77: something is missing.
set -eu

machine=$1 compiler=$2 sysroot=$3 build=$4 clang=$5
source=$(cd "$(dirname "$0")/../.." && pwd)
for program in "$compiler" "qemu-$machine"; do
    command -v "$program" >/dev/null || {
        echo "SKIPPED: $program is missing; tools/setup --tests installs it"
        exit 77
    }
done
[ -d "$sysroot" ] || {
    echo "SKIPPED: $sysroot is missing; tools/setup --tests makes it"
    exit 77
}
wrapper=
[ ! -x "$sysroot/mpicc" ] || wrapper=$sysroot/mpicc
ninja=
command -v ninja >/dev/null && ninja="-G Ninja"
# shellcheck disable=SC2086
cmake -S "$source" -B "$build" $ninja -DCMAKE_TOOLCHAIN_FILE="$source/tools/cross.cmake" \
    -DMPIWASM_MACHINE="$machine" -DMPIWASM_SYSROOT="$sysroot" -DMPIWASM_MPICC_LIST="$wrapper" \
    -DMPIWASM_CLANG="$clang" -DCMAKE_BUILD_TYPE=Release
cmake --build "$build" --parallel 2

# A toolchain file: mpiwasm itself and the MPI plugin for another processor, with the cross compilers
# that distributions have (Debian: gcc-aarch64-linux-gnu and so on).
#
#   cmake -B build-aarch64 -DCMAKE_TOOLCHAIN_FILE=tools/cross.cmake -DMPIWASM_MACHINE=aarch64 \
#         -DMPIWASM_SYSROOT=SYSROOT -DMPIWASM_MPICC_LIST=SYSROOT/mpicc
#
# MPIWASM_MACHINE: aarch64, ppc64le or riscv64. The wrapper names an MPI of that machine, for instance
# the one that tools/sysroot makes; without one there is no plugin. With MPIWASM_SYSROOT ctest runs the
# tests under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES MPIWASM_MACHINE MPIWASM_SYSROOT)
if(MPIWASM_MACHINE STREQUAL "ppc64le")
  set(CMAKE_SYSTEM_PROCESSOR ppc64le)
  set(CMAKE_C_COMPILER powerpc64le-linux-gnu-gcc)
elseif(MPIWASM_MACHINE MATCHES "^(aarch64|riscv64)$")
  set(CMAKE_SYSTEM_PROCESSOR ${MPIWASM_MACHINE})
  set(CMAKE_C_COMPILER ${MPIWASM_MACHINE}-linux-gnu-gcc)
else()
  message(FATAL_ERROR "MPIWASM_MACHINE is aarch64, ppc64le or riscv64, not '${MPIWASM_MACHINE}'")
endif()
if(MPIWASM_SYSROOT)
  set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${MPIWASM_MACHINE} -L ${MPIWASM_SYSROOT})
endif()

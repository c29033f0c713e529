# mpiwasm.cmake - a CMake toolchain file: build for WebAssembly with mpiwasmcc and mpiwasmcxx.
#
#   cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=PREFIX/share/mpiwasm/cmake/mpiwasm.cmake
#
# find_package(MPI) succeeds at once, since the compilers are MPI's own. Tests and generators that a
# project builds for itself run under mpiwasm, also those that it starts by
# ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 4 ${MPIEXEC_PREFLAGS} program.
set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

get_filename_component(MPIWASM_SHARE "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
get_filename_component(MPIWASM_BIN "${MPIWASM_SHARE}/../../bin" ABSOLUTE)
set(CMAKE_C_COMPILER "${MPIWASM_BIN}/mpiwasmcc")
set(CMAKE_CXX_COMPILER "${MPIWASM_BIN}/mpiwasmcxx")
find_program(CMAKE_AR NAMES llvm-ar-22 llvm-ar-21 llvm-ar-20 llvm-ar-19 llvm-ar ar)
find_program(CMAKE_RANLIB NAMES llvm-ranlib-22 llvm-ranlib-21 llvm-ranlib-20 llvm-ranlib-19
             llvm-ranlib ranlib)
set(CMAKE_CROSSCOMPILING_EMULATOR "${MPIWASM_BIN}/mpiwasm")
set(MPIEXEC_PREFLAGS "${MPIWASM_BIN}/mpiwasm" CACHE STRING "What FindMPI's launcher starts")

# Creating threads links also without -pthread, and then fails when it runs: find_package(Threads) is
# to take the option.
set(CMAKE_HAVE_LIBC_PTHREAD FALSE CACHE INTERNAL "Whether threads need no option")
set(THREADS_PREFER_PTHREAD_FLAG ON)

# Fortran works only where flang's runtime library was built: elsewhere there shall be no compiler.
if(NOT DEFINED MPIWASM_HAS_FORTRAN)
  execute_process(COMMAND "${MPIWASM_BIN}/mpiwasmfort" --showme:compile
                  RESULT_VARIABLE mpiwasm_status OUTPUT_QUIET ERROR_QUIET)
  if(mpiwasm_status STREQUAL "0")
    set(mpiwasm_status ON)
  else()
    set(mpiwasm_status OFF)
  endif()
  set(MPIWASM_HAS_FORTRAN ${mpiwasm_status} CACHE INTERNAL "Whether mpiwasmfort can compile")
endif()
if(MPIWASM_HAS_FORTRAN)
  set(CMAKE_Fortran_COMPILER "${MPIWASM_BIN}/mpiwasmfort")
else()
  set(CMAKE_Fortran_COMPILER CMAKE_Fortran_COMPILER-NOTFOUND)
endif()

# Libraries and headers of the host are of no use; its programs are.
set(CMAKE_FIND_ROOT_PATH "${MPIWASM_SHARE}/sysroot" ${CMAKE_FIND_ROOT_PATH})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

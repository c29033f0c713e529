# Fortran for guests: the wrapper mpiwasmfort, the tool that makes WebAssembly's IR of flang's, MPI's
# entry points as a library, mpif.h and the modules' sources. flang's own runtime library and the
# compiled modules come later, from fortran_runtime.py. (Included by CMakeLists.txt.)
#
# One version of flang: its runtime library must be of the same one.
find_program(MPIWASM_MLIR_TRANSLATE NAMES mlir-translate-19 PATHS /usr/lib/llvm-19/bin
             DOC "mlir-translate of the flang that compiles Fortran guests")
if(NOT MPIWASM_MLIR_TRANSLATE)
  set(MPIWASM_MLIR_TRANSLATE_USED /usr/lib/llvm-19/bin/mlir-translate)
else()
  set(MPIWASM_MLIR_TRANSLATE_USED ${MPIWASM_MLIR_TRANSLATE})
endif()
string(REPLACE mlir-translate mlir-opt MPIWASM_MLIR_OPT_USED ${MPIWASM_MLIR_TRANSLATE_USED})

file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/fortran_runtime.py recipe REGEX "^RECIPE = [0-9]+")
string(REGEX MATCH "[0-9]+" recipe "${recipe}")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${CMAKE_CURRENT_SOURCE_DIR}/fortran_runtime.py)
add_executable(mpiwasmfort mpiwasmfort.c arguments.c)
target_include_directories(mpiwasmfort PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_definitions(mpiwasmfort PRIVATE MPIWASM_VERSION="${PROJECT_VERSION}"
                           MPIWASM_CLANG_DEFAULT="${MPIWASM_CLANG}"
                           MPIWASM_FORTRAN_RECIPE=${recipe}
                           MPIWASM_MLIR_TRANSLATE="${MPIWASM_MLIR_TRANSLATE_USED}"
                           MPIWASM_MLIR_OPT="${MPIWASM_MLIR_OPT_USED}")
set(fortran_names)
foreach(name mpiwasmf77 mpiwasmf90)
  add_custom_command(TARGET mpiwasmfort POST_BUILD
                     COMMAND ${CMAKE_COMMAND} -E create_symlink mpiwasmfort
                             ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name})
  list(APPEND fortran_names ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${name})
endforeach()

set(fortran ${CMAKE_CURRENT_BINARY_DIR}/fortran)
file(MAKE_DIRECTORY ${fortran} ${MPIWASM_GUEST_DIR}/modules/openmp)
set(generated_from ${CMAKE_CURRENT_SOURCE_DIR}/mpi_fortran.py
    ${CMAKE_CURRENT_SOURCE_DIR}/mpi_imports.py ${CMAKE_CURRENT_SOURCE_DIR}/fortran/mpi_by_hand.c
    ${prototypes} ${CMAKE_SOURCE_DIR}/src/mpi/mpi_functions.def
    ${CMAKE_SOURCE_DIR}/src/mpi/mpi_constants.def ${CMAKE_SOURCE_DIR}/src/mpi/mpi_stubs.py)
function(fortran_generate what file)
  set(script mpi_fortran.py)
  if(what STREQUAL f08)
    set(script mpi_fortran_f08.py)
    set(what)
  endif()
  add_custom_command(OUTPUT ${file}
                     COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script}
                             ${what} ${CMAKE_SOURCE_DIR} > ${file}
                     DEPENDS ${generated_from} ${CMAKE_CURRENT_SOURCE_DIR}/${script})
endfunction()
fortran_generate(c ${fortran}/mpi_fortran.c)
fortran_generate(entries ${fortran}/mpi_fortran_entries.h)
fortran_generate(mpif ${MPIWASM_GUEST_DIR}/include/mpif.h)
fortran_generate(f08 ${MPIWASM_GUEST_DIR}/modules/mpi_f08.f90)
list(APPEND outputs ${MPIWASM_GUEST_DIR}/include/mpif.h ${MPIWASM_GUEST_DIR}/modules/mpi_f08.f90)
foreach(pair "fortran/mpi.f90;modules/mpi.f90" "fortran/omp_lib.f90;modules/omp_lib.f90"
        "fortran/omp_lib_openmp.f90;modules/openmp/omp_lib.f90" "fortran/omp_lib_h.inc;include/omp_lib.h"
        "fortran_runtime.py;fortran_runtime.py")
  list(GET pair 0 from)
  list(GET pair 1 to)
  add_custom_command(OUTPUT ${MPIWASM_GUEST_DIR}/${to}
                     COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/${from}
                             ${MPIWASM_GUEST_DIR}/${to}
                     DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${from})
  list(APPEND outputs ${MPIWASM_GUEST_DIR}/${to})
endforeach()

set(fortran_objects)
foreach(source ${fortran}/mpi_fortran.c fortran/mpi_by_hand.c fortran/complex.c
        fortran/nested.c)
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(path ${source} ABSOLUTE)
  guest_object(${path} ${fortran}/${name}.o -I${CMAKE_CURRENT_SOURCE_DIR}/fortran
               -I${MPIWASM_GUEST_DIR}/include -mbulk-memory)
  list(APPEND fortran_objects ${fortran}/${name}.o)
endforeach()
set(fortran_library ${MPIWASM_GUEST_DIR}/lib/libmpiwasm-fortran.a)
add_custom_command(OUTPUT ${fortran_library}
                   COMMAND ${CMAKE_COMMAND} -E rm -f ${fortran_library}
                   COMMAND ${MPIWASM_LLVM_AR} rcs ${fortran_library} ${fortran_objects}
                   DEPENDS ${fortran_objects})

# What differs for threads.
set(fortran_threads_library ${MPIWASM_GUEST_DIR}/lib/libmpiwasm-fortran-threads.a)
guest_object(${CMAKE_CURRENT_SOURCE_DIR}/fortran/nested.c ${fortran}/nested_threads.o -matomics
             -mbulk-memory)
add_custom_command(OUTPUT ${fortran_threads_library}
                   COMMAND ${CMAKE_COMMAND} -E rm -f ${fortran_threads_library}
                   COMMAND ${MPIWASM_LLVM_AR} rcs ${fortran_threads_library}
                           ${fortran}/nested_threads.o
                   DEPENDS ${fortran}/nested_threads.o)

# The only code beside the compiler that links LLVM; through its C API, too.
execute_process(COMMAND ${LLVM_CONFIG} --includedir OUTPUT_VARIABLE llvm_includedir
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${LLVM_CONFIG} --libdir OUTPUT_VARIABLE llvm_libdir
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${LLVM_CONFIG} --link-shared --libs OUTPUT_VARIABLE llvm_libs
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
add_executable(mpiwasm-fortran-ir fortran_ir.c fortran_fir.c fortran_bind_c.c fortran_lengths.c
               fortran_nested.c fortran_openmp.c fortran_openmp_text.c fortran_procedures.c
               ${fortran}/mpi_fortran_entries.h)
target_include_directories(mpiwasm-fortran-ir PRIVATE ${fortran} ${CMAKE_SOURCE_DIR})
target_include_directories(mpiwasm-fortran-ir SYSTEM PRIVATE ${llvm_includedir})
target_link_libraries(mpiwasm-fortran-ir PRIVATE -L${llvm_libdir} ${llvm_libs})
set_target_properties(mpiwasm-fortran-ir PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${MPIWASM_LIBEXEC_DIR}
  BUILD_RPATH ${llvm_libdir} INSTALL_RPATH ${llvm_libdir})

install(TARGETS mpiwasmfort RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${fortran_names} DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS mpiwasm-fortran-ir RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/mpiwasm)

/*
 * fortran_ir.h - the parts of mpiwasm-fortran-ir, one for each way in which Fortran's calls differ
 * from WebAssembly's. All change the module in place.
 */
#ifndef MPIWASM_FORTRAN_IR_H
#define MPIWASM_FORTRAN_IR_H

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>

/* Say why on stderr and end with exit code 1. */
__attribute__((format(printf, 1, 2), noreturn)) void fortran_ir_die(const char *format, ...);

/* Lengths of CHARACTER arguments and results become i32; `fir` is the text of the source's FIR. */
void fortran_lengths_narrow(LLVMModuleRef module, const char *fir);

/* Internal procedures that are passed as arguments get functions without their hidden argument. */
void fortran_nested_lower(LLVMModuleRef module);

/* Remember the external procedures without BIND(C) of a source's FIR; put those that the finished
 * module defines or uses into its custom section (link_object.h), for calls between Fortran and C.
 */
void fortran_procedures_read(const char *fir);
void fortran_procedures_write(LLVMModuleRef module);

/* In place, before the text of a module is parsed: what mlir-translate has laid out for pointers of
 * 64 bits becomes what it is with pointers of 32 bits. */
void fortran_openmp_edit(char *text);

/* Refuse what flang 19 would compile to something else; `fir` is the text of the source's FIR. */
void fortran_openmp_check(const char *fir);

/* Calls of OpenMP's runtime, and what it calls back, become those of its functions in C. */
void fortran_openmp_lower(LLVMModuleRef module, LLVMTargetDataRef layout);

/* The procedure of whose region `function` was made; `function` itself if it is none of those. */
LLVMValueRef fortran_openmp_host(LLVMModuleRef module, LLVMValueRef function);

#endif

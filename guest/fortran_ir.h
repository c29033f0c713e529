/*
 * fortran_ir.h - the parts of mpiwasm-fortran-ir, one for each way in which Fortran's calls differ
 * from WebAssembly's. All change the module in place.
 */
#ifndef MPIWASM_FORTRAN_IR_H
#define MPIWASM_FORTRAN_IR_H

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Say why on stderr and end with exit code 1. */
__attribute__((format(printf, 1, 2), noreturn)) void fortran_ir_die(const char *format, ...);

/* ---- the text of FIR ---- */

/* Whether the line, which ends at `end`, declares or defines a procedure: its name, which ends at
 * the parenthesis `open` that begins its arguments. */
bool fortran_fir_procedure(const char *line, const char *end, const char **name, const char **open);

/* The end of the list item at `at`: a comma, or the bracket that closes the list. */
const char *fortran_fir_item_end(const char *at);

/* The next type of a list, from behind its opening parenthesis: "T, T)" or "%name: T {...}, ...".
 * False at the list's end. */
bool fortran_fir_next_type(const char **at, const char **type, size_t *size);

/* Whether an argument of the type, a CHARACTER or a CHARACTER function, has a length. */
bool fortran_fir_has_length(const char *type);

/* The type of the result of a procedure, from the end of its list; "" if it has none. */
const char *fortran_fir_result(const char *at);

/* ---- parts ---- */

/* Make `function`, defined in the module, into one that is inlined into its callers. */
void fortran_ir_make_inline(LLVMValueRef function);

/* The module's object gets a custom section of that text. */
void fortran_ir_add_section(LLVMModuleRef module, const char *name, const char *text, size_t size);

/* `other`, which is of another type, takes the name and the place of `function`. */
void fortran_ir_replace_function(LLVMValueRef function, LLVMValueRef other);

/* Procedures with BIND(C) get the arguments and results that C's have; `fir` is as below. */
void fortran_bind_c_lower(LLVMModuleRef module, const char *fir);

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

/* Write what flang has made of a source for mlir-translate, `text`, with what OpenMP needs; `fir`
 * is the text of the source's FIR. Both are changed. */
void fortran_openmp_rewrite(char *text, char *fir, FILE *out);

/* Calls of OpenMP's runtime, and what it calls back, become those of its functions in C. */
void fortran_openmp_lower(LLVMModuleRef module, LLVMTargetDataRef layout);

/* The procedure of whose region `function` was made; `function` itself if it is none of those. */
LLVMValueRef fortran_openmp_host(LLVMModuleRef module, LLVMValueRef function);

#endif

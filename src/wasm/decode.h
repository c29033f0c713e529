/*
 * decode.h - what the decoder and the stripper share.
 */
#ifndef MPIWASM_WASM_DECODE_H
#define MPIWASM_WASM_DECODE_H

#include "wasm/module.h"

/*
 * The custom section that stands for the code section of a stripped binary: a vector with, per
 * defined function, the size and the offset of its body in the original, both LEB128. It counts
 * only in a binary without a code section.
 */
#define WASM_STRIPPED_SECTION "mpiwasm.stripped"

#endif

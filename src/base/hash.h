/*
 * hash.h - BLAKE2b (RFC 7693) with a digest of 32 bytes and no key: names things by their content.
 */
#ifndef MPIWASM_BASE_HASH_H
#define MPIWASM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SIZE = 32, HASH_BLOCK_SIZE = 128 };

struct hash {
    uint64_t state[8];
    uint64_t count; /* bytes that have gone into the state, those in `block` excluded */
    size_t used;    /* bytes in `block`; the last block stays there until hash_end */
    uint8_t block[HASH_BLOCK_SIZE];
};

void hash_begin(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t size);
void hash_end(struct hash *hash, uint8_t digest[HASH_SIZE]);

#endif

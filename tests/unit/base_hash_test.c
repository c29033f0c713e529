/*
 * base_hash_test.c - BLAKE2b against digests of another implementation (Python's hashlib), at sizes
 * around a block's, in one piece and in many.
 */
#include "base/hash.h"
#include "check.h"

#include <stdint.h>

static const struct {
    size_t size;
    const char *digest;
} cases[] = {
    {0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {3, "9facd640130c81e7f318a8d5c660bc1b0f5d03861ffbd4cc1358e0e904593c28"},
    {127, "f609ab2904b340cd075920018e0e3c6f6a90a3dae3edf03d3cccc0634a81ffe3"},
    {128, "0702c64922fb7635a1b799668a7e89ba9c5fe55ed7bd2fdecb001544073afad9"},
    {129, "490091b32bad7b3380c9e593d341bce9b73ff9d4ebcf0091ff932bdff7279897"},
    {1000, "a2ae1ecc90361e0bb07dab9789a4b0a724ee3cf05623ac6cefa1e6af3da4aae8"},
};

static void check_digest(const uint8_t *bytes, size_t size, size_t piece, const char *expected) {
    struct hash hash;
    uint8_t digest[HASH_SIZE];
    char text[2 * HASH_SIZE + 1];
    hash_begin(&hash);
    for (size_t at = 0; at < size; at += piece)
        hash_add(&hash, bytes + at, size - at < piece ? size - at : piece);
    hash_end(&hash, digest);
    for (int i = 0; i < HASH_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    CHECK_TEXT(text, expected);
}

int main(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[1000];
        char name[32];
        for (size_t j = 0; j < cases[i].size; j++)
            bytes[j] = (uint8_t)(7 * j + cases[i].size);
        snprintf(name, sizeof name, "%zu bytes", cases[i].size);
        check_context = name;
        check_digest(bytes, cases[i].size, 1000, cases[i].digest);
        check_digest(bytes, cases[i].size, 1, cases[i].digest);
        check_digest(bytes, cases[i].size, 50, cases[i].digest);
    }
    return check_report();
}

/*
 * cpu.c - the processor's identity and features; see cpu.h.
 *
 * On x86-64 from the CPUID instruction (Intel's and AMD's manuals, "CPUID"); elsewhere the identity
 * comes from /proc/cpuinfo and the features are not checked.
 */
#include "base/cpu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <pthread.h>

enum leaf { LEAF_1, LEAF_7_0, LEAF_7_1, LEAF_D_1, LEAF_EXT_1, LEAF_EXT_8, LEAF_COUNT };
enum { EAX, EBX, ECX, EDX };
/* What the operating system must save for the feature to be usable: bits of XCR0. */
enum { OS_NONE = 0, OS_AVX = 0x6, OS_AVX512 = 0xe6, OS_AMX = 0x60000 };

static const struct {
    uint32_t number, subleaf;
    /* Bits per register that say something about code generation: what is left out is the APIC id,
     * mitigations that come with microcode, hybrid parts. */
    uint32_t mask[4];
} leaves[LEAF_COUNT] = {
    [LEAF_1] = {1, 0, {0x0fff0ff0, 0, ~0u, ~0u}},
    [LEAF_7_0] = {7, 0, {0, ~0u, ~0u, 0x03ff51ff}},
    [LEAF_7_1] = {7, 1, {~0u, ~0u, 0, ~0u}},
    [LEAF_D_1] = {0xd, 1, {0xf, 0, 0, 0}},
    [LEAF_EXT_1] = {0x80000001, 0, {0, 0, ~0u, ~0u}},
    [LEAF_EXT_8] = {0x80000008, 0, {0, 0x211, 0, 0}},
};

static const struct {
    const char *name;
    uint8_t leaf, bit;
    uint8_t reg;
    uint32_t os;
} features_known[] = {
    {"sse3", LEAF_1, 0, ECX, OS_NONE},
    {"pclmul", LEAF_1, 1, ECX, OS_NONE},
    {"ssse3", LEAF_1, 9, ECX, OS_NONE},
    {"fma", LEAF_1, 12, ECX, OS_AVX},
    {"cx16", LEAF_1, 13, ECX, OS_NONE},
    {"sse4.1", LEAF_1, 19, ECX, OS_NONE},
    {"sse4.2", LEAF_1, 20, ECX, OS_NONE},
    {"movbe", LEAF_1, 22, ECX, OS_NONE},
    {"popcnt", LEAF_1, 23, ECX, OS_NONE},
    {"aes", LEAF_1, 25, ECX, OS_NONE},
    {"avx", LEAF_1, 28, ECX, OS_AVX},
    {"f16c", LEAF_1, 29, ECX, OS_AVX},
    {"rdrnd", LEAF_1, 30, ECX, OS_NONE},
    {"fsgsbase", LEAF_7_0, 0, EBX, OS_NONE},
    {"bmi", LEAF_7_0, 3, EBX, OS_NONE},
    {"avx2", LEAF_7_0, 5, EBX, OS_AVX},
    {"bmi2", LEAF_7_0, 8, EBX, OS_NONE},
    {"avx512f", LEAF_7_0, 16, EBX, OS_AVX512},
    {"avx512dq", LEAF_7_0, 17, EBX, OS_AVX512},
    {"adx", LEAF_7_0, 19, EBX, OS_NONE},
    {"avx512ifma", LEAF_7_0, 21, EBX, OS_AVX512},
    {"avx512cd", LEAF_7_0, 28, EBX, OS_AVX512},
    {"sha", LEAF_7_0, 29, EBX, OS_NONE},
    {"avx512bw", LEAF_7_0, 30, EBX, OS_AVX512},
    {"avx512vl", LEAF_7_0, 31, EBX, OS_AVX512},
    {"avx512vbmi", LEAF_7_0, 1, ECX, OS_AVX512},
    {"avx512vbmi2", LEAF_7_0, 6, ECX, OS_AVX512},
    {"gfni", LEAF_7_0, 8, ECX, OS_NONE},
    {"vaes", LEAF_7_0, 9, ECX, OS_AVX},
    {"vpclmulqdq", LEAF_7_0, 10, ECX, OS_AVX},
    {"avx512vnni", LEAF_7_0, 11, ECX, OS_AVX512},
    {"avx512bitalg", LEAF_7_0, 12, ECX, OS_AVX512},
    {"avx512vpopcntdq", LEAF_7_0, 14, ECX, OS_AVX512},
    {"movdiri", LEAF_7_0, 27, ECX, OS_NONE},
    {"movdir64b", LEAF_7_0, 28, ECX, OS_NONE},
    {"avx512vp2intersect", LEAF_7_0, 8, EDX, OS_AVX512},
    {"amx-bf16", LEAF_7_0, 22, EDX, OS_AMX},
    {"avx512fp16", LEAF_7_0, 23, EDX, OS_AVX512},
    {"amx-tile", LEAF_7_0, 24, EDX, OS_AMX},
    {"amx-int8", LEAF_7_0, 25, EDX, OS_AMX},
    {"avxvnni", LEAF_7_1, 4, EAX, OS_AVX},
    {"avx512bf16", LEAF_7_1, 5, EAX, OS_AVX512},
    {"avxifma", LEAF_7_1, 23, EAX, OS_AVX},
    {"avxvnniint8", LEAF_7_1, 4, EDX, OS_AVX},
    {"avxneconvert", LEAF_7_1, 5, EDX, OS_AVX},
    {"lzcnt", LEAF_EXT_1, 5, ECX, OS_NONE},
    {"sse4a", LEAF_EXT_1, 6, ECX, OS_NONE},
    {"prfchw", LEAF_EXT_1, 8, ECX, OS_NONE},
    {"xop", LEAF_EXT_1, 11, ECX, OS_AVX},
    {"fma4", LEAF_EXT_1, 16, ECX, OS_AVX},
    {"tbm", LEAF_EXT_1, 21, ECX, OS_NONE},
};

/* In a virtual machine the instruction takes microseconds: once a leaf. */
static uint32_t leaf_registers[LEAF_COUNT][4];
static pthread_once_t leaves_once = PTHREAD_ONCE_INIT;

static void leaves_read(void) {
    for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
        uint32_t *registers = leaf_registers[leaf];
        /* Fails, and leaves zeros, where the processor has no such leaf. */
        __get_cpuid_count(leaves[leaf].number, leaves[leaf].subleaf, &registers[EAX],
                          &registers[EBX], &registers[ECX], &registers[EDX]);
    }
}

static void leaf_read(enum leaf leaf, uint32_t registers[4]) {
    pthread_once(&leaves_once, leaves_read);
    memcpy(registers, leaf_registers[leaf], sizeof leaf_registers[leaf]);
}

static uint32_t xcr0_read(void) {
    uint32_t registers[4];
    leaf_read(LEAF_1, registers);
    if ((registers[ECX] & 1u << 27) == 0) return 0; /* OSXSAVE */
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

const char *cpu_identity(char *buffer, size_t size) {
    uint32_t registers[4] = {0}, highest = 0;
    __get_cpuid(0, &highest, &registers[EBX], &registers[ECX], &registers[EDX]);
    int used = snprintf(buffer, size, "x86-64 %08x%08x%08x xcr0=%x", registers[EBX], registers[EDX],
                        registers[ECX], xcr0_read() & 0x600e7u);
    for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
        leaf_read((enum leaf)leaf, registers);
        for (int i = 0; i < 4; i++)
            if (leaves[leaf].mask[i] != 0 && used >= 0 && (size_t)used < size)
                used += snprintf(buffer + used, size - (size_t)used, " %x",
                                 registers[i] & leaves[leaf].mask[i]);
    }
    return buffer;
}

static bool has_feature(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof features_known / sizeof features_known[0]; i++) {
        const char *known = features_known[i].name;
        if (strlen(known) != length || memcmp(known, name, length) != 0) continue;
        uint32_t registers[4], os = features_known[i].os;
        leaf_read((enum leaf)features_known[i].leaf, registers);
        return (registers[features_known[i].reg] >> features_known[i].bit & 1) != 0 &&
               (os == OS_NONE || (xcr0_read() & os) == os);
    }
    return true;
}

#else

const char *cpu_identity(char *buffer, size_t size) {
    /* The first processor speaks for all; lines that differ between boots are left out. */
    static const char *const keys[] = {
        "CPU implementer", "CPU part", "CPU variant", "Features", "isa", "uarch", "cpu"};
    bool seen[sizeof keys / sizeof keys[0]] = {false};
    size_t used = 0;
    if (size > 0) buffer[0] = '\0';
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL) return buffer;
    char line[4096];
    while (fgets(line, sizeof line, file) != NULL) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            size_t length = strlen(keys[i]);
            if (seen[i] || strncmp(line, keys[i], length) != 0 ||
                strchr(" \t:", line[length]) == NULL)
                continue;
            seen[i] = true;
            line[strcspn(line, "\n")] = '\0';
            int written = snprintf(buffer + used, size - used, "%s;", line);
            if (written > 0)
                used = used + (size_t)written < size ? used + (size_t)written : size - 1;
        }
    }
    fclose(file);
    return buffer;
}

static bool has_feature(const char *name, size_t length) {
    return true;
}

#endif

bool cpu_has_features(const char *features, char *missing, size_t missing_size) {
    for (const char *at = features; *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (*at == '+' && !has_feature(at + 1, length - 1)) {
            if (missing_size > 0)
                snprintf(missing, missing_size, "%.*s", (int)(length - 1), at + 1);
            return false;
        }
        at += length;
        if (*at == ',') at++;
    }
    return true;
}

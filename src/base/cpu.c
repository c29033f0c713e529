/*
 * cpu.c - the processor's identity and features; see cpu.h.
 *
 * On x86-64 from the CPUID instruction (Intel's and AMD's manuals, "CPUID"); elsewhere from what
 * the kernel tells a program: the auxiliary vector (arch/NAME/include/uapi/asm/hwcap.h or
 * cputable.h of Linux), on RISC-V the system call riscv_hwprobe too
 * (Documentation/arch/riscv/hwprobe.rst), and for the identity /proc/cpuinfo.
 */
#include "base/cpu.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Where a feature's bit stands: on x86-64 a register of a leaf of CPUID, elsewhere a word of the
 * kernel's. */
enum leaf { LEAF_1, LEAF_7_0, LEAF_7_1, LEAF_D_1, LEAF_EXT_1, LEAF_EXT_8, LEAF_COUNT };
enum { EAX, EBX, ECX, EDX };
enum { HWCAP, HWCAP2, HWPROBE };
/* What the operating system must save for the feature to be usable: bits of XCR0. */
enum { OS_NONE = 0, OS_AVX = 0x6, OS_AVX512 = 0xe6, OS_APX = 0x80000 };

/*
 * What LLVM makes use of without being asked. Not here is what programs must ask for (cryptography,
 * random numbers, tags): hypervisors hide much of that, and no code of ours is the worse for it.
 */
struct feature {
    const char *name; /* one that all supported versions of LLVM know */
    uint8_t word, bit;
    uint32_t os;
};

static const struct feature features_x86_64[] = {
    {"sse3", LEAF_1 * 4 + ECX, 0, OS_NONE},
    {"pclmul", LEAF_1 * 4 + ECX, 1, OS_NONE},
    {"ssse3", LEAF_1 * 4 + ECX, 9, OS_NONE},
    {"fma", LEAF_1 * 4 + ECX, 12, OS_AVX},
    {"sse4.1", LEAF_1 * 4 + ECX, 19, OS_NONE},
    {"sse4.2", LEAF_1 * 4 + ECX, 20, OS_NONE},
    {"movbe", LEAF_1 * 4 + ECX, 22, OS_NONE},
    {"popcnt", LEAF_1 * 4 + ECX, 23, OS_NONE},
    {"avx", LEAF_1 * 4 + ECX, 28, OS_AVX},
    {"f16c", LEAF_1 * 4 + ECX, 29, OS_AVX},
    {"bmi", LEAF_7_0 * 4 + EBX, 3, OS_NONE},
    {"avx2", LEAF_7_0 * 4 + EBX, 5, OS_AVX},
    {"bmi2", LEAF_7_0 * 4 + EBX, 8, OS_NONE},
    {"avx512f", LEAF_7_0 * 4 + EBX, 16, OS_AVX512},
    {"avx512dq", LEAF_7_0 * 4 + EBX, 17, OS_AVX512},
    {"avx512ifma", LEAF_7_0 * 4 + EBX, 21, OS_AVX512},
    {"avx512cd", LEAF_7_0 * 4 + EBX, 28, OS_AVX512},
    {"avx512bw", LEAF_7_0 * 4 + EBX, 30, OS_AVX512},
    {"avx512vl", LEAF_7_0 * 4 + EBX, 31, OS_AVX512},
    {"avx512vbmi", LEAF_7_0 * 4 + ECX, 1, OS_AVX512},
    {"avx512vbmi2", LEAF_7_0 * 4 + ECX, 6, OS_AVX512},
    {"gfni", LEAF_7_0 * 4 + ECX, 8, OS_NONE},
    {"vpclmulqdq", LEAF_7_0 * 4 + ECX, 10, OS_AVX},
    {"avx512vnni", LEAF_7_0 * 4 + ECX, 11, OS_AVX512},
    {"avx512bitalg", LEAF_7_0 * 4 + ECX, 12, OS_AVX512},
    {"avx512vpopcntdq", LEAF_7_0 * 4 + ECX, 14, OS_AVX512},
    {"avx512vp2intersect", LEAF_7_0 * 4 + EDX, 8, OS_AVX512},
    {"avx512fp16", LEAF_7_0 * 4 + EDX, 23, OS_AVX512},
    {"avxvnni", LEAF_7_1 * 4 + EAX, 4, OS_AVX},
    {"avx512bf16", LEAF_7_1 * 4 + EAX, 5, OS_AVX512},
    {"avxifma", LEAF_7_1 * 4 + EAX, 23, OS_AVX},
    {"avxvnniint8", LEAF_7_1 * 4 + EDX, 4, OS_AVX},
    {"avxneconvert", LEAF_7_1 * 4 + EDX, 5, OS_AVX},
    {"cmpccxadd", LEAF_7_1 * 4 + EAX, 7, OS_NONE},
    {"avxvnniint16", LEAF_7_1 * 4 + EDX, 10, OS_AVX},
    {"egpr", LEAF_7_1 * 4 + EDX, 21, OS_APX},
    {"lzcnt", LEAF_EXT_1 * 4 + ECX, 5, OS_NONE},
    {"sse4a", LEAF_EXT_1 * 4 + ECX, 6, OS_NONE},
    {"prfchw", LEAF_EXT_1 * 4 + ECX, 8, OS_NONE},
    {"xop", LEAF_EXT_1 * 4 + ECX, 11, OS_AVX},
    {"fma4", LEAF_EXT_1 * 4 + ECX, 16, OS_AVX},
    {"tbm", LEAF_EXT_1 * 4 + ECX, 21, OS_NONE},
    {.name = NULL},
};

static const struct feature features_aarch64[] = {
    {"lse", HWCAP, 8, 0},
    {"fullfp16", HWCAP, 10, 0},
    {"rdm", HWCAP, 12, 0},
    {"jsconv", HWCAP, 13, 0},
    {"complxnum", HWCAP, 14, 0},
    {"rcpc", HWCAP, 15, 0},
    {"dotprod", HWCAP, 20, 0},
    {"sha3", HWCAP, 21, 0},
    {"sve", HWCAP, 22, 0},
    {"fp16fml", HWCAP, 23, 0},
    {"lse2", HWCAP, 25, 0},
    {"rcpc-immo", HWCAP, 26, 0},
    {"flagm", HWCAP, 27, 0},
    {"sve2", HWCAP2, 1, 0},
    {"altnzcv", HWCAP2, 7, 0},
    {"fptoint", HWCAP2, 8, 0},
    {"i8mm", HWCAP2, 13, 0},
    {"bf16", HWCAP2, 14, 0},
    {"cssc", HWCAP2, 34, 0},
    {"sve2p1", HWCAP2, 36, 0},
    {"mops", HWCAP2, 43, 0},
    {"hbc", HWCAP2, 44, 0},
    {"rcpc3", HWCAP2, 46, 0},
    {"lse128", HWCAP2, 47, 0},
    {.name = NULL},
};

/* The kernel tells of editions of the architecture, LLVM of their parts. */
static const struct feature features_ppc64le[] = {
    {"isa-v30-instructions", HWCAP2, 23, 0},
    {"power9-vector", HWCAP2, 23, 0},
    {"isa-v31-instructions", HWCAP2, 18, 0},
    {"power10-vector", HWCAP2, 18, 0},
    {"prefix-instrs", HWCAP2, 18, 0},
    {"pcrelative-memops", HWCAP2, 18, 0},
    {"mma", HWCAP2, 17, 0},
    {.name = NULL},
};

static const struct feature features_riscv64[] = {
    {"v", HWCAP, 21, 0},         {"zba", HWPROBE, 3, 0},
    {"zbb", HWPROBE, 4, 0},      {"zbs", HWPROBE, 5, 0},
    {"zbc", HWPROBE, 7, 0},      {"zbkb", HWPROBE, 8, 0},
    {"zvbb", HWPROBE, 17, 0},    {"zvbc", HWPROBE, 18, 0},
    {"zvkb", HWPROBE, 19, 0},    {"zfh", HWPROBE, 27, 0},
    {"zfhmin", HWPROBE, 28, 0},  {"zvfh", HWPROBE, 30, 0},
    {"zvfhmin", HWPROBE, 31, 0}, {"zfa", HWPROBE, 32, 0},
    {"zicond", HWPROBE, 35, 0},  {.name = NULL},
};

static const struct feature *const features_known[MACHINE_COUNT] = {
    [MACHINE_X86_64] = features_x86_64,
    [MACHINE_AARCH64] = features_aarch64,
    [MACHINE_PPC64LE] = features_ppc64le,
    [MACHINE_RISCV64] = features_riscv64,
};

const char *cpu_feature_name(enum machine machine, size_t index) {
    return features_known[machine][index].name;
}

#if defined(__x86_64__)
#include <cpuid.h>
#include <pthread.h>

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
                        registers[ECX], xcr0_read() & 0xe00e7u);
    for (int leaf = 0; leaf < LEAF_COUNT; leaf++) {
        leaf_read((enum leaf)leaf, registers);
        for (int i = 0; i < 4; i++)
            if (leaves[leaf].mask[i] != 0 && used >= 0 && (size_t)used < size)
                used += snprintf(buffer + used, size - (size_t)used, " %x",
                                 registers[i] & leaves[leaf].mask[i]);
    }
    return buffer;
}

static bool has_bit(const struct feature *feature) {
    uint32_t registers[4];
    leaf_read((enum leaf)(feature->word / 4), registers);
    return (registers[feature->word % 4] >> feature->bit & 1) != 0 &&
           (feature->os == OS_NONE || (xcr0_read() & feature->os) == feature->os);
}

#else

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *cpu_identity(char *buffer, size_t size) {
    /* The first processor speaks for all; lines that differ between boots are left out. */
    static const char *const keys[] = {
        "CPU implementer", "CPU part", "CPU variant", "Features", "isa", "uarch", "cpu"};
    bool seen[sizeof keys / sizeof keys[0]] = {false};
    size_t used = 0;
    if (size == 0) return buffer;
    /* A hypervisor or an emulator shows less than the processor has here alone. */
    int words = snprintf(buffer, size, "%s %lx %lx;", machine_name(MACHINE_HOST),
                         getauxval(AT_HWCAP), getauxval(AT_HWCAP2));
    if (words > 0) used = (size_t)words < size ? (size_t)words : size - 1;
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

/* The extensions of RISC-V that have more than a letter. Kernels before 6.4 do not tell. */
static bool probe(uint64_t *out) {
#if defined(__riscv)
    enum { SYSCALL = 258, KEY_IMA_EXT_0 = 4 };
    struct {
        int64_t key;
        uint64_t value;
    } pair = {.key = KEY_IMA_EXT_0};
    if (syscall(SYSCALL, &pair, (size_t)1, (size_t)0, NULL, 0u) != 0 || pair.key != KEY_IMA_EXT_0)
        return false;
    *out = pair.value;
    return true;
#else
    (void)out;
    return false;
#endif
}

static bool has_bit(const struct feature *feature) {
    uint64_t word;
    if (feature->word == HWPROBE) {
        if (!probe(&word)) return true;
    } else {
        word = getauxval(feature->word == HWCAP ? AT_HWCAP : AT_HWCAP2);
    }
    return (word >> feature->bit & 1) != 0;
}

#endif

static bool has_feature(const char *name, size_t length) {
    for (const struct feature *at = features_known[MACHINE_HOST]; at->name != NULL; at++)
        if (strlen(at->name) == length && memcmp(at->name, name, length) == 0) return has_bit(at);
    return true;
}

size_t cpu_features_missing(const char *features, char *missing, size_t size) {
    enum { NAMED = 6 };
    size_t count = 0, used = 0;
    if (size > 0) missing[0] = '\0';
    for (const char *at = features; *at != '\0';) {
        size_t length = strcspn(at, ",");
        if (*at == '+' && !has_feature(at + 1, length - 1) && count++ < NAMED && used < size) {
            int written = snprintf(missing + used, size - used, "%s%.*s", count > 1 ? ", " : "",
                                   (int)(length - 1), at + 1);
            if (written > 0) used += (size_t)written;
        }
        at += length;
        if (*at == ',') at++;
    }
    if (count > NAMED && used < size)
        snprintf(missing + used, size - used, " and %zu more", count - NAMED);
    return count;
}

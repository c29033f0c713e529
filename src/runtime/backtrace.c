/*
 * backtrace.c - who was running: stacks as addresses when a trap happens, as names afterwards.
 *
 * Capturing walks the unwind tables of all frames, also the signal frame and those of host and
 * MPI code for callbacks.  Names come from the artifact's .symtab ("N.w<i>", runtime_abi.h), which
 * is read from the file when the first name is asked for: a run that does not trap never does. So
 * is .debug_line, from which lines come.
 */
#include "base/line_table.h"
#include "runtime/internal.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unwind.h>

struct capture {
    struct outcome *outcome;
    const void *fault_pc; /* skip the frames of the signal handler up to this one */
};

static _Unwind_Reason_Code capture_frame(struct _Unwind_Context *context, void *data) {
    struct capture *capture = data;
    struct outcome *outcome = capture->outcome;
    int before_instruction = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &before_instruction);
    if (pc == 0) return _URC_END_OF_STACK;
    if (!before_instruction) pc--;
    if (capture->fault_pc != NULL) {
        if ((const void *)pc != capture->fault_pc) return _URC_NO_REASON;
        capture->fault_pc = NULL;
    }
    if (outcome->frame_count == OUTCOME_FRAMES_MAX) {
        outcome->frames_cut = true;
        return _URC_END_OF_STACK;
    }
    outcome->frames[outcome->frame_count++] = (struct trap_frame){
        .pc = (const void *)pc, .start = (const void *)_Unwind_GetRegionStart(context)};
    return _URC_NO_REASON;
}

static void unwind(struct capture *capture) {
    _Unwind_Backtrace(capture_frame, capture);
}

#if defined(__powerpc64__)
/*
 * Unwinders on POWER know a signal's frame by the code to which its handler returns, as the kernel
 * writes it; an emulator's is another, and nothing behind it would be found. So do not come to that
 * frame: backtrace_call_from calls function(argument) and has unwind tables which say that it was
 * called at the instruction and with the registers that a signal's context holds.
 *
 * Columns of DWARF (Power Architecture 64-bit ELF V2 ABI, section 2.4): 0 to 31 are the general
 * registers, 65 is the link register and 70 the condition register; 67, which means nothing there,
 * stands for the address of the instruction. 1 is found by the frame address. Floating point and
 * vector registers are left out: no frame is found by them.
 */
void backtrace_call_from(const unsigned long *registers, void (*function)(struct capture *),
                         struct capture *argument);
#define AT(index) "0x8f, (8 * " #index " & 0x7f) | 0x80, 8 * " #index " >> 7" /* DW_OP_breg31 */
#define SAVED(column, index) ".cfi_escape 0x10, " #column ", 3, " AT(index) "\n"
__asm__(".text\n"
        ".p2align 2\n"
        ".globl backtrace_call_from\n"
        ".hidden backtrace_call_from\n"
        ".type backtrace_call_from, @function\n"
        "backtrace_call_from:\n"
        ".cfi_startproc\n"
        ".cfi_signal_frame\n"
        ".cfi_return_column 67\n"
        ".cfi_escape 0x0f, 4, " AT(1) ", 0x06\n" /* the frame address: what register 1 held */
        SAVED(0, 0) SAVED(2, 2) SAVED(3, 3) SAVED(4, 4) SAVED(5, 5) SAVED(6, 6) SAVED(7, 7)
            SAVED(8, 8) SAVED(9, 9) SAVED(10, 10) SAVED(11, 11) SAVED(12, 12) SAVED(13, 13)
                SAVED(14, 14) SAVED(15, 15) SAVED(16, 16) SAVED(17, 17) SAVED(18, 18) SAVED(19, 19)
                    SAVED(20, 20) SAVED(21, 21) SAVED(22, 22) SAVED(23, 23) SAVED(24, 24)
                        SAVED(25, 25) SAVED(26, 26) SAVED(27, 27) SAVED(28, 28) SAVED(29, 29)
                            SAVED(30, 30) SAVED(31, 31) SAVED(65, 36) SAVED(70, 38)
                                SAVED(67,
                                      32) "    mflr 0\n"
                                          "    std 0, 16(1)\n"
                                          "    std 31, -8(1)\n"
                                          "    stdu 1, -48(1)\n"
                                          "    mr 31, 3\n"
                                          "    mr 12, 4\n"
                                          "    mtctr 12\n"
                                          "    mr 3, 5\n"
                                          "    bctrl\n"
                                          "    addi 1, 1, 48\n"
                                          "    ld 31, -8(1)\n"
                                          "    ld 0, 16(1)\n"
                                          "    mtlr 0\n"
                                          "    blr\n"
                                          ".cfi_endproc\n"
                                          ".size backtrace_call_from, . - backtrace_call_from\n");
#undef AT
#undef SAVED
#endif

static void unwind_from(struct capture *capture, const ucontext_t *context) {
#if defined(__powerpc64__)
    if (context != NULL) {
        backtrace_call_from(context->uc_mcontext.gp_regs, unwind, capture);
        return;
    }
#endif
    (void)context;
    unwind(capture);
}

void backtrace_capture(struct outcome *outcome, const void *fault_pc, const ucontext_t *context) {
    struct capture capture = {outcome, fault_pc};
    outcome->frame_count = 0;
    outcome->frames_cut = false;
    unwind_from(&capture, context);
    if (outcome->frame_count == 0 && fault_pc != NULL)
        outcome->frames[outcome->frame_count++] = (struct trap_frame){.pc = fault_pc};
}

struct symbol {
    uint64_t start, end; /* addresses of the file */
    uint32_t function;
};

struct artifact_symbols {
    struct symbol *symbols; /* sorted by start */
    size_t count;
    struct line_table lines; /* empty if the module was compiled without -g */
};

void artifact_symbols_free(struct artifact_symbols *symbols) {
    if (symbols == NULL) return;
    line_table_free(&symbols->lines);
    free(symbols->symbols);
    free(symbols);
}

/* The index in "NAME.w<index>", which a compiler may have given a further suffix ".cold". */
static bool symbol_function(const char *name, uint32_t *function) {
    for (const char *at = name + strlen(name); at > name; at--) {
        if (at[-1] != '.' || at[0] != 'w' || at[1] < '0' || at[1] > '9') continue;
        char *end;
        unsigned long long index = strtoull(at + 1, &end, 10);
        if ((*end != '\0' && *end != '.') || index > UINT32_MAX) continue;
        *function = (uint32_t)index;
        return true;
    }
    return false;
}

static int symbol_compare(const void *left, const void *right) {
    const struct symbol *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

/* A section's bytes with a final NUL; NULL if it is not within the file. */
static void *section_read(int fd, const Elf64_Shdr *section, uint64_t file_size) {
    if (section->sh_size > file_size || section->sh_offset > file_size - section->sh_size)
        return NULL;
    size_t size = (size_t)section->sh_size;
    char *bytes = malloc(size + 1);
    if (bytes == NULL) return NULL;
    if (pread(fd, bytes, size, (off_t)section->sh_offset) != (ssize_t)size) {
        free(bytes);
        return NULL;
    }
    bytes[size] = '\0';
    return bytes;
}

static void symbols_fill(struct artifact_symbols *out, const struct artifact *artifact,
                         const Elf64_Sym *symbols, size_t count, const char *names,
                         size_t names_size) {
    out->symbols = malloc((count + 1) * sizeof *out->symbols);
    if (out->symbols == NULL) return;
    for (size_t i = 0; i < count; i++) {
        struct symbol *symbol = &out->symbols[out->count];
        if (ELF64_ST_TYPE(symbols[i].st_info) != STT_FUNC || symbols[i].st_shndx == SHN_UNDEF ||
            symbols[i].st_name >= names_size ||
            !symbol_function(names + symbols[i].st_name, &symbol->function) ||
            symbol->function >= artifact->module.function_count)
            continue;
        symbol->start = symbols[i].st_value;
        symbol->end = symbols[i].st_value + symbols[i].st_size;
        out->count++;
    }
    qsort(out->symbols, out->count, sizeof *out->symbols, symbol_compare);
}

/* The uncompressed debug section, NULL if there is none. */
static uint8_t *debug_read(int fd, const Elf64_Shdr *sections, size_t count, const char *names,
                           size_t names_size, const char *wanted, uint64_t file_size,
                           size_t *size) {
    for (size_t i = 0; i < count; i++) {
        if (sections[i].sh_name >= names_size || strcmp(names + sections[i].sh_name, wanted) != 0 ||
            (sections[i].sh_flags & SHF_COMPRESSED) != 0)
            continue;
        *size = (size_t)sections[i].sh_size;
        return section_read(fd, &sections[i], file_size);
    }
    *size = 0;
    return NULL;
}

static void lines_fill(struct artifact_symbols *out, int fd, const Elf64_Shdr *sections,
                       size_t count, const char *names, size_t names_size, uint64_t file_size) {
    struct line_sections debug;
    uint8_t *line = debug_read(fd, sections, count, names, names_size, ".debug_line", file_size,
                               &debug.line_size);
    uint8_t *line_str = debug_read(fd, sections, count, names, names_size, ".debug_line_str",
                                   file_size, &debug.line_str_size);
    uint8_t *str = debug_read(fd, sections, count, names, names_size, ".debug_str", file_size,
                              &debug.str_size);
    debug.line = line;
    debug.line_str = line_str;
    debug.str = str;
    line_table_read(&out->lines, &debug, true);
    free(line);
    free(line_str);
    free(str);
}

static struct artifact_symbols *symbols_read(const struct artifact *artifact) {
    struct artifact_symbols *out = calloc(1, sizeof *out);
    struct stat status;
    Elf64_Ehdr header;
    if (out == NULL || fstat(artifact->fd, &status) != 0 ||
        pread(artifact->fd, &header, sizeof header, 0) != sizeof header ||
        header.e_shentsize != sizeof(Elf64_Shdr))
        return out;
    uint64_t file_size = (uint64_t)status.st_size;
    Elf64_Shdr table = {.sh_offset = header.e_shoff,
                        .sh_size = (uint64_t)header.e_shnum * sizeof(Elf64_Shdr)};
    Elf64_Shdr *sections = section_read(artifact->fd, &table, file_size);
    for (int i = 0; sections != NULL && i < header.e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header.e_shnum) continue;
        const Elf64_Shdr *strings = &sections[sections[i].sh_link];
        Elf64_Sym *symbols = section_read(artifact->fd, &sections[i], file_size);
        char *names = section_read(artifact->fd, strings, file_size);
        if (symbols != NULL && names != NULL)
            symbols_fill(out, artifact, symbols, (size_t)sections[i].sh_size / sizeof *symbols,
                         names, (size_t)strings->sh_size);
        free(symbols);
        free(names);
        break;
    }
    if (sections != NULL && header.e_shstrndx < header.e_shnum) {
        const Elf64_Shdr *strings = &sections[header.e_shstrndx];
        char *names = section_read(artifact->fd, strings, file_size);
        if (names != NULL)
            lines_fill(out, artifact->fd, sections, header.e_shnum, names, (size_t)strings->sh_size,
                       file_size);
        free(names);
    }
    free(sections);
    return out;
}

bool artifact_function_at(struct artifact *artifact, const void *pc, uint32_t *function) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    if (artifact->symbols == NULL) artifact->symbols = symbols_read(artifact);
    const struct artifact_symbols *symbols = artifact->symbols;
    pthread_mutex_unlock(&lock);
    if (symbols == NULL || symbols->count == 0) return false;
    uint64_t address = (uint64_t)((uintptr_t)pc - artifact->bias);
    size_t low = 0, high = symbols->count; /* the last symbol that begins at or before address */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (symbols->symbols[middle].start <= address)
            low = middle;
        else
            high = middle;
    }
    const struct symbol *symbol = &symbols->symbols[low];
    if (address < symbol->start || address >= symbol->end) return false;
    *function = symbol->function;
    return true;
}

bool artifact_line_at(struct artifact *artifact, const void *pc, const char **file,
                      uint32_t *line) {
    if (artifact->symbols == NULL) artifact->symbols = symbols_read(artifact);
    if (artifact->symbols == NULL) return false;
    const struct line_table *lines = &artifact->symbols->lines;
    const struct line_row *row = line_table_find(lines, (uintptr_t)pc - artifact->bias);
    if (row == NULL) return false;
    *file = lines->files[row->file].name;
    *line = row->line;
    return true;
}

size_t outcome_backtrace(const struct outcome *outcome, struct backtrace_entry *entries,
                         size_t max) {
    size_t count = 0;
    if (outcome->kind != OUTCOME_TRAPPED) return 0;
    for (uint32_t i = 0; i < outcome->frame_count && count < max; i++) {
        const struct trap_frame *frame = &outcome->frames[i];
        struct backtrace_entry *entry = &entries[count];
        struct artifact *artifact = artifact_find(frame->pc);
        *entry = (struct backtrace_entry){.is_guest = artifact != NULL};
        if (artifact != NULL) {
            if (!artifact_function_at(artifact, frame->pc, &entry->function)) continue;
            char number[32];
            entry->module = artifact->module.name != NULL ? artifact->module.name : artifact->path;
            snprintf(entry->name, sizeof entry->name, "%s",
                     wasm_module_function_name(&artifact->module, entry->function, number,
                                               sizeof number));
            if (!artifact_line_at(artifact, frame->pc, &entry->file, &entry->line)) entry->line = 0;
            count++;
            continue;
        }
        const struct host_function *function = NULL;
        if (i + 1 < outcome->frame_count && artifact_find(outcome->frames[i + 1].pc) != NULL)
            function = linker_function_at(frame->start);
        if (function == NULL) continue;
        entry->module = function->module;
        snprintf(entry->name, sizeof entry->name, "%s", function->name);
        count++;
    }
    return count;
}

static bool same_entry(const struct backtrace_entry *a, const struct backtrace_entry *b) {
    return a->is_guest == b->is_guest && a->function == b->function && a->module == b->module &&
           a->line == b->line && strcmp(a->name, b->name) == 0;
}

void outcome_report(const struct outcome *outcome, char *buffer, size_t size) {
    enum { LINES_MAX = 40 };
    if (size == 0) return;
    buffer[0] = '\0';
    if (outcome->kind != OUTCOME_TRAPPED) return;
    size_t used = 0;
#define APPEND(...)                                                                                \
    do {                                                                                           \
        int length = used < size ? snprintf(buffer + used, size - used, __VA_ARGS__) : 0;          \
        if (length > 0) used += (size_t)length;                                                    \
    } while (0)
    APPEND("trap: %s%s%s\n", trap_kind_text(outcome->trap), outcome->message[0] != '\0' ? ": " : "",
           outcome->message);
    if (outcome->thread != 0) APPEND("    in thread %u\n", outcome->thread);
    struct backtrace_entry *entries = calloc(OUTCOME_FRAMES_MAX, sizeof *entries);
    size_t count = entries == NULL ? 0 : outcome_backtrace(outcome, entries, OUTCOME_FRAMES_MAX);
    size_t at = 0;
    for (int lines = 0; at < count && lines < LINES_MAX; lines++) {
        size_t repeated = 1;
        while (at + repeated < count && same_entry(&entries[at], &entries[at + repeated]))
            repeated++;
        if (entries[at].is_guest)
            APPEND("    in %s (function %u)", entries[at].name, entries[at].function);
        else
            APPEND("    in %s (of the host)", entries[at].name);
        if (entries[at].line > 0) APPEND(" at %s:%u", entries[at].file, entries[at].line);
        if (repeated > 1)
            APPEND(", %zu times\n", repeated);
        else
            APPEND("\n");
        at += repeated;
    }
    if (at < count || outcome->frames_cut) APPEND("    ...\n");
#undef APPEND
    free(entries);
}

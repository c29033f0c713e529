/*
 * debug_lines.c - LLVM's debug information for lines alone, from the module's .debug_line; see
 * debug_lines.h.
 *
 * A function is a subprogram of one file; lines of other files (inlined from headers) get a scope
 * that says so, hence the innermost line is right, and the calls that inlining removed are not
 * shown. Locations are all there is: LLVM promises that they do not change what code is made.
 */
#include "compile/debug_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct debug_lines {
    const struct wasm_module *module;
    const struct line_table *table;
    bool as_offsets;
    LLVMContextRef context;
    LLVMDIBuilderRef builder;
    LLVMMetadataRef unit, type;
    LLVMMetadataRef *files;  /* per file of the table; NULL until asked for */
    LLVMMetadataRef *scopes; /* per file, of the present function; NULL until asked for */
    uint32_t *scope_owners;  /* per file: the function (plus one) that scopes[] is of */
    LLVMMetadataRef function;
    uint32_t function_index, function_file;
    struct arena arena;
};

static const struct wasm_custom_section *find(const struct wasm_module *module, const char *name) {
    for (uint32_t i = 0; i < module->custom_count; i++)
        if (module->customs[i].name.length == strlen(name) &&
            memcmp(module->customs[i].name.bytes, name, strlen(name)) == 0)
            return &module->customs[i];
    return NULL;
}

void debug_lines_read(const struct wasm_module *module, struct line_table *out) {
    const struct wasm_custom_section *line = find(module, ".debug_line"),
                                     *line_str = find(module, ".debug_line_str"),
                                     *str = find(module, ".debug_str");
    struct line_sections sections = {0};
    if (line != NULL) sections.line = line->bytes, sections.line_size = line->size;
    if (line_str != NULL)
        sections.line_str = line_str->bytes, sections.line_str_size = line_str->size;
    if (str != NULL) sections.str = str->bytes, sections.str_size = str->size;
    line_table_read(out, &sections, false);
}

static LLVMMetadataRef make_file(struct debug_lines *lines, const char *name,
                                 const char *directory) {
    return LLVMDIBuilderCreateFile(lines->builder, name, strlen(name), directory,
                                   strlen(directory));
}

static LLVMMetadataRef get_file(struct debug_lines *lines, uint32_t index) {
    if (lines->files[index] == NULL) {
        const struct line_file *file = &lines->table->files[index];
        lines->files[index] = make_file(lines, file->name, file->directory);
    }
    return lines->files[index];
}

static void add_flag(LLVMModuleRef llvm, LLVMContextRef context, const char *name, unsigned value) {
    LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(context), value, false);
    LLVMAddModuleFlag(llvm, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(number));
}

struct debug_lines *debug_lines_create(LLVMModuleRef llvm, const struct wasm_module *module,
                                       const struct line_table *table, bool as_offsets) {
    if (table->row_count == 0 && !as_offsets) return NULL;
    struct debug_lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) return NULL;
    lines->module = module;
    lines->table = table;
    lines->as_offsets = as_offsets;
    lines->context = LLVMGetModuleContext(llvm);
    lines->builder = LLVMCreateDIBuilder(llvm);
    lines->files = arena_array(&lines->arena, table->file_count, sizeof *lines->files);
    lines->scopes = arena_array(&lines->arena, table->file_count, sizeof *lines->scopes);
    lines->scope_owners =
        arena_array(&lines->arena, table->file_count, sizeof *lines->scope_owners);
    add_flag(llvm, lines->context, "Debug Info Version", LLVMDebugMetadataVersion());
    add_flag(llvm, lines->context, "Dwarf Version", 4);
    const struct line_row *first = table->row_count > 0 && !as_offsets ? &table->rows[0] : NULL;
    LLVMMetadataRef file =
        first != NULL ? get_file(lines, first->file) : make_file(lines, "guest", "");
    lines->unit = LLVMDIBuilderCreateCompileUnit(
        lines->builder, LLVMDWARFSourceLanguageC99, file, "mpiwasm", 7, true, "", 0, 0, "", 0,
        LLVMDWARFEmissionLineTablesOnly, 0, false, false, "", 0, "", 0);
    lines->type = LLVMDIBuilderCreateSubroutineType(lines->builder, file, NULL, 0, LLVMDIFlagZero);
    return lines;
}

void debug_lines_finish(struct debug_lines *lines) {
    if (lines == NULL) return;
    LLVMDIBuilderFinalize(lines->builder);
    LLVMDisposeDIBuilder(lines->builder);
    arena_free(&lines->arena);
    free(lines);
}

void debug_lines_begin(struct debug_lines *lines, LLVMValueRef function, uint32_t index) {
    if (lines == NULL) return;
    const struct wasm_function *wasm = &lines->module->functions[index];
    uint64_t start = wasm->body_offset - lines->module->code_offset;
    const struct line_row *row = lines->as_offsets ? NULL : line_table_find(lines->table, start);
    LLVMMetadataRef file;
    unsigned line = 0;
    char name[32];
    lines->function_index = index;
    lines->function_file = UINT32_MAX;
    if (lines->as_offsets) {
        snprintf(name, sizeof name, "w%u", index);
        file = make_file(lines, name, "");
        line = (unsigned)start;
    } else if (row != NULL) {
        file = get_file(lines, row->file);
        line = row->line;
        lines->function_file = row->file;
    } else { /* compiled without -g */
        lines->function = NULL;
        return;
    }
    snprintf(name, sizeof name, "func[%u]", index);
    const char *shown = wasm->name != NULL ? wasm->name : name;
    lines->function =
        LLVMDIBuilderCreateFunction(lines->builder, file, shown, strlen(shown), "", 0, file, line,
                                    lines->type, true, true, line, LLVMDIFlagZero, true);
    LLVMSetSubprogram(function, lines->function);
}

/* The function as far as it comes from the file. */
static LLVMMetadataRef get_scope(struct debug_lines *lines, uint32_t file) {
    if (file == lines->function_file) return lines->function;
    if (lines->scope_owners[file] != lines->function_index + 1) {
        lines->scopes[file] = LLVMDIBuilderCreateLexicalBlockFile(lines->builder, lines->function,
                                                                  get_file(lines, file), 0);
        lines->scope_owners[file] = lines->function_index + 1;
    }
    return lines->scopes[file];
}

static void set(struct debug_lines *lines, LLVMBuilderRef builder, unsigned line, unsigned column,
                LLVMMetadataRef scope) {
    LLVMSetCurrentDebugLocation2(
        builder, LLVMDIBuilderCreateDebugLocation(lines->context, line, column, scope, NULL));
}

void debug_lines_set(struct debug_lines *lines, LLVMBuilderRef builder, uint64_t offset) {
    if (lines == NULL || lines->function == NULL) return;
    uint64_t address = offset - lines->module->code_offset;
    if (lines->as_offsets) {
        set(lines, builder, (unsigned)address, 0, lines->function);
        return;
    }
    const struct line_row *row = line_table_find(lines->table, address);
    if (row == NULL)
        set(lines, builder, 0, 0, lines->function);
    else
        set(lines, builder, row->line, row->column, get_scope(lines, row->file));
}

void debug_lines_set_none(struct debug_lines *lines, LLVMBuilderRef builder) {
    if (lines == NULL || lines->function == NULL) return;
    set(lines, builder, 0, 0, lines->function);
}

void debug_lines_end(struct debug_lines *lines, LLVMBuilderRef builder) {
    if (lines != NULL) LLVMSetCurrentDebugLocation2(builder, NULL);
}

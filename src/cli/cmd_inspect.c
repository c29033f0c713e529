/*
 * cmd_inspect.c - `mpiwasm inspect MODULE`: what a module needs, and which of it is here.
 *
 * Reads a .wasm or an artifact; runs nothing and loads no LLVM. MPI plugins are loaded to be asked
 * which functions they have; MPI is not initialised.
 */
#include "cli/command.h"
#include "cli/layers.h"
#include "cli/message.h"
#include "cli/module_file.h"
#include "mpi/mpi_loader.h"
#include "runtime/artifact.h"
#include "runtime/link.h"
#include "runtime/thread.h"
#include "wasm/features.h"
#include "wasm/print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Returns false if it uses what this version lacks. */
static bool print_features(const struct wasm_module *module) {
    struct wasm_feature_uses uses;
    bool supported = true;
    if (module->is_stripped) {
        printf("features: not told by a compiled module\n");
        return true;
    }
    wasm_module_features(module, &uses);
    printf("features: %s", wasm_feature_words(WASM_FEATURE_MVP));
    for (enum wasm_feature i = WASM_FEATURE_MVP + 1; i < WASM_FEATURE_COUNT; i++) {
        if (!uses.used[i]) continue;
        bool known = wasm_feature_is_supported(i);
        printf(", %s%s", wasm_feature_words(i), known ? "" : " (NOT SUPPORTED by this version)");
        supported = supported && known;
    }
    printf("\n");
    return supported;
}

static void print_memories(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->memory_count; i++) {
        const struct wasm_limits *limits = &module->memories[i].type.limits;
        printf(i == 0 ? "memory: " : "memory %u: ", i);
        if (module->memories[i].type.is_shared) printf("shared, ");
        printf("%s%" PRIu64, limits->is_64 ? "64-bit, " : "", limits->minimum);
        if (limits->has_maximum)
            printf(" to %" PRIu64, limits->maximum);
        else
            printf(" or more");
        printf(" pages of 64 KiB: %.1f MiB at the start", (double)limits->minimum / 16);
        if (limits->has_maximum) printf(", at most %.1f MiB", (double)limits->maximum / 16);
        printf("%s\n", module->memories[i].is_imported ? ", imported" : "");
    }
}

static void print_tags(const struct wasm_module *module) {
    char text[WASM_PRINT_SIZE];
    for (uint32_t i = 0; i < module->tag_count; i++) {
        const struct wasm_tag *tag = &module->tags[i];
        wasm_print_tag_type(&module->types[tag->type_index], text, sizeof text);
        printf("exceptions: %s%s%s%s\n", text, tag->name != NULL ? ", named " : "",
               tag->name != NULL ? tag->name : "", tag->is_imported ? ", imported" : "");
    }
}

/* A function's type alone: that it is one, the arrow says. */
static void print_type(const struct wasm_module *module, enum wasm_external kind, uint32_t index) {
    char text[WASM_PRINT_SIZE];
    if (kind == WASM_EXTERNAL_FUNCTION)
        wasm_print_function_type(&module->types[module->functions[index].type_index], text,
                                 sizeof text);
    else
        wasm_print_external(module, kind, index, text, sizeof text);
    printf("%s", text);
}

static const char *state_words(enum link_state state) {
    switch (state) {
    case LINK_OK: return "here";
    case LINK_OTHER_TYPE: return "OTHER TYPE";
    default: return "MISSING";
    }
}

/* One linker per MPI plugin, or one without any. */
struct offers {
    struct mpi_plugin *plugins;
    size_t plugin_count, linker_count;
    struct linker **linkers;
};

/* Prints the imports; returns how many no linker can satisfy. */
static uint32_t print_imports(const struct wasm_module *module, const struct offers *offers) {
    uint32_t unsatisfied = 0;
    char name[WASM_PRINT_SIZE];
    printf("imports: %u\n", module->import_count);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        printf("  %s.", wasm_print_name(&import->module, name, sizeof name));
        printf("%s  ", wasm_print_name(&import->name, name, sizeof name));
        print_type(module, import->kind, import->index);
        bool same = true, any = false;
        bool is_made = thread_memory_is_imported(module, &module->imports[i]);
        enum link_state first =
            is_made ? LINK_OK : linker_import_state(offers->linkers[0], module, import);
        for (size_t j = 0; j < offers->linker_count; j++) {
            enum link_state state =
                is_made ? LINK_OK : linker_import_state(offers->linkers[j], module, import);
            if (state != first) same = false;
            if (state == LINK_OK) any = true;
        }
        if (same) {
            printf("  %s\n", state_words(first));
        } else {
            for (size_t j = 0; j < offers->linker_count; j++)
                printf("%s%s: %s", j == 0 ? "  " : ", ", offers->plugins[j].name,
                       state_words(linker_import_state(offers->linkers[j], module, import)));
            printf("\n");
        }
        if (!any) unsatisfied++;
    }
    return unsatisfied;
}

static void print_exports(const struct wasm_module *module) {
    char name[WASM_PRINT_SIZE];
    printf("exports: %u\n", module->export_count);
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        printf("  %s  ", wasm_print_name(&export->name, name, sizeof name));
        print_type(module, export->kind, export->index);
        printf("\n");
    }
}

static bool collect_offers(const struct options *options, struct arena *arena,
                           struct offers *offers, struct error *err) {
    if (!layers_find_plugins(options->mpi, arena, &offers->plugins, &offers->plugin_count, err))
        return false;
    offers->linker_count = offers->plugin_count > 0 ? offers->plugin_count : 1;
    offers->linkers = arena_array(arena, offers->linker_count, sizeof *offers->linkers);
    for (size_t i = 0; i < offers->linker_count; i++) {
        offers->linkers[i] = linker_create();
        layers_add_fixed(offers->linkers[i]);
        if (offers->plugin_count > 0 && offers->plugins[i].host != NULL)
            linker_add_host(offers->linkers[i], offers->plugins[i].host);
    }
    return true;
}

static int inspect(const char *path, const struct wasm_module *module, size_t size,
                   const struct options *options, struct arena *arena) {
    struct error err;
    struct offers offers = {0};
    if (!collect_offers(options, arena, &offers, &err)) return message_error(&err);
    printf("module: %s, %zu bytes, %u functions%s%s\n", path, size,
           module->function_count - module->imported_function_count,
           module->name != NULL ? ", named " : "", module->name != NULL ? module->name : "");
    bool supported = print_features(module);
    print_memories(module);
    print_tags(module);
    for (size_t i = 0; i < offers.plugin_count; i++)
        if (offers.plugins[i].host != NULL)
            printf("MPI plugin %s: %s\n", offers.plugins[i].name,
                   offers.plugins[i].host->description);
        else
            printf("MPI plugin %s: cannot be used: %s\n", offers.plugins[i].name,
                   offers.plugins[i].problem);
    uint32_t missing = print_imports(module, &offers);
    print_exports(module);
    if (missing > 0)
        printf("this installation lacks %u of the imports: the module will not run\n", missing);
    for (size_t i = 0; i < offers.linker_count; i++)
        linker_free(offers.linkers[i]);
    return missing > 0 || !supported ? EXIT_FAILED : 0;
}

int command_inspect(const struct command *command, const struct options *options,
                    struct arena *arena) {
    struct error err;
    struct module_file file;
    if (!command_check_words(command, options, 1, 1, &err))
        return message_usage(command->name, &err);
    const char *path = options->positional[0];
    if (!module_file_open(path, &file, &err)) return message_error(&err);
    int code;
    if (file.kind == MODULE_FILE_ARTIFACT) {
        struct artifact *artifact;
        if (artifact_open(path, -1, &artifact, &err)) {
            printf("compiled: %s\n", artifact->descriptor->description);
            code = inspect(path, &artifact->module, file.contents.size, options, arena);
            artifact_close(artifact);
        } else {
            module_file_explain(&file, &err);
            code = message_error(&err);
        }
    } else {
        struct wasm_module module = {0};
        if (!wasm_module_decode(file.wasm, file.wasm_size, &module, &err)) {
            module_file_explain(&file, &err);
            code = message_error(&err);
        } else if (!wasm_module_validate(&module, &err) && err.code != ERROR_UNSUPPORTED) {
            wasm_module_free(&module);
            module_file_explain(&file, &err);
            code = message_error(&err);
        } else {
            code = inspect(path, &module, file.wasm_size, options, arena);
            wasm_module_free(&module);
        }
    }
    module_file_release(&file);
    return code;
}

/*
 * differential_runner.c - runs what differential.py planned, and prints a transcript of it that can
 * be compared with those of other engines.
 *
 *     differential-runner --exports < FILES    "module FILE", then its exports with their types
 *     differential-runner ARTIFACTS < PLAN     the module numbered N was compiled to ARTIFACTS/N.so
 *
 * PLAN is lines:
 *     module N FILE
 *     global NAME, memory NAME, table NAME    exports to look at after every step
 *     instance                                a new one, in a store of its own
 *     call NAME TYPE:BITS ... > TYPE ...      arguments, in hexadecimal, and the types of results
 * Names are in hexadecimal behind an "x".  The transcript has a line for each module, instance and
 * call: how it ended, a bar, and the state of the exports.  NaNs have no bits, references no value.
 */
#include "../spec/hex_name.h"
#include "base/arena.h"
#include "base/file.h"
#include "runtime/instance.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 1024, MAX_WATCHED = 64 };

static struct {
    const char *folder;
    struct arena arena; /* of the module at hand */
    struct artifact *artifact;
    struct store *store;
    struct linker *linker;
    struct instance *instance; /* NULL if it could not be made */
    struct wasm_name watched[MAX_WATCHED];
    size_t watched_count;
    union wasm_value slots[MAX_VALUES];
    struct outcome outcome;
} run;

static uint32_t crc32(const uint8_t *bytes, uint64_t size) {
    static uint32_t table[256];
    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (0xedb88320 & -(table[i] & 1));
    }
    uint32_t crc = ~UINT32_C(0);
    for (uint64_t i = 0; i < size; i++)
        crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

static void print_value(const char *type, const union wasm_value *value) {
    if (strcmp(type, "i32") == 0)
        printf(" i32:%08" PRIx32, value->u32);
    else if (strcmp(type, "i64") == 0)
        printf(" i64:%016" PRIx64, value->u64);
    else if (strcmp(type, "f32") == 0 && value->f32 == value->f32)
        printf(" f32:%08" PRIx32, value->u32);
    else if (strcmp(type, "f64") == 0 && value->f64 == value->f64)
        printf(" f64:%016" PRIx64, value->u64);
    else if (type[0] == 'f' && type[1] != 'u')
        printf(" %s:nan", type);
    else if (strcmp(type, "v128") == 0)
        printf(" v128");
    else
        printf(" ref:%s", value->ref == NULL ? "null" : "some");
}

static void print_watched(const struct wasm_name *name) {
    struct external external;
    if (!instance_export(run.instance, name->bytes, name->length, &external)) {
        printf(" missing");
    } else if (external.kind == WASM_EXTERNAL_GLOBAL) {
        print_value(wasm_type_name(external.global.type.type), external.global.cell);
    } else if (external.kind == WASM_EXTERNAL_MEMORY) {
        printf(" memory:%" PRIx64 ":%08" PRIx32, external.memory->size,
               crc32(external.memory->base, external.memory->size));
    } else if (external.kind == WASM_EXTERNAL_TABLE) {
        printf(" table:%" PRIx64, external.table->size);
    }
}

static void end_line(void) {
    printf(" |");
    for (size_t i = 0; i < run.watched_count && run.instance != NULL; i++)
        print_watched(&run.watched[i]);
    putchar('\n');
    fflush(stdout);
}

static void print_end(void) {
    if (run.outcome.kind == OUTCOME_TRAPPED)
        printf(" trap %s", trap_kind_text(run.outcome.trap));
    else
        printf(run.outcome.kind == OUTCOME_RETURNED ? " ok" : " exit");
}

static void end_instance(void) {
    if (run.store != NULL) {
        linker_free(run.linker);
        store_free(run.store);
    }
    run.store = NULL;
    run.instance = NULL;
}

static void end_module(void) {
    end_instance();
    if (run.artifact != NULL) artifact_close(run.artifact);
    run.artifact = NULL;
    run.watched_count = 0;
    arena_free(&run.arena);
    run.arena = (struct arena){0};
}

static void do_module(const char *number) {
    char path[4096];
    struct error err = {0};
    end_module();
    snprintf(path, sizeof path, "%s/%s.so", run.folder, number);
    printf("module %s", number);
    if (!artifact_open(path, -1, &run.artifact, &err)) {
        run.artifact = NULL;
        printf(" refused %s", err.message);
    }
    end_line();
}

static void do_instance(void) {
    struct error err = {0};
    end_instance();
    printf("instance");
    run.store = store_create();
    run.linker = linker_create();
    if (run.artifact == NULL) {
        printf(" refused");
    } else if (!instance_create(run.store, run.artifact, run.linker, NULL, &run.instance, &err)) {
        run.instance = NULL;
        printf(" refused %s", err.message);
    } else if (!instance_initialize(run.instance, &run.outcome)) {
        print_end();
        run.instance = NULL;
    } else {
        printf(" ok");
    }
    end_line();
}

static void do_call(const char *name_text, char *rest) {
    struct wasm_name name = hex_name_decode(&run.arena, name_text);
    struct external external;
    size_t count = 0;
    printf("call %s", name_text);
    memset(run.slots, 0, sizeof run.slots);
    if (run.instance == NULL ||
        !instance_export(run.instance, name.bytes, name.length, &external)) {
        printf(" refused");
        end_line();
        return;
    }
    char *word = strtok_r(rest, " ", &rest);
    for (; word != NULL && strcmp(word, ">") != 0; word = strtok_r(NULL, " ", &rest)) {
        const char *bits = strchr(word, ':');
        run.slots[count].u64 = bits == NULL ? 0 : strtoull(bits + 1, NULL, 16);
        count++;
    }
    instance_call(run.instance, external.function, run.slots, &run.outcome);
    print_end();
    count = 0;
    while (run.outcome.kind == OUTCOME_RETURNED && (word = strtok_r(NULL, " ", &rest)) != NULL)
        print_value(word, &run.slots[count++]);
    end_line();
}

static void do_line(char *line) {
    char *rest, *kind = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest);
    if (strcmp(kind, "module") == 0)
        do_module(name);
    else if (strcmp(kind, "instance") == 0)
        do_instance();
    else if (strcmp(kind, "call") == 0)
        do_call(name, rest);
    else if (run.watched_count < MAX_WATCHED)
        run.watched[run.watched_count++] = hex_name_decode(&run.arena, name);
}

/* Exports. */

/* In one word. */
static void print_type(enum wasm_type type) {
    char name[WASM_TYPE_NAME_SIZE];
    putchar(' ');
    for (const char *at = wasm_type_name_in(type, name); *at != '\0'; at++)
        putchar(*at == ' ' ? '_' : *at);
}

static void print_export(const struct wasm_module *m, const struct wasm_export *export) {
    static const char *const kinds[] = {"func", "table", "memory", "global"};
    if (export->kind > WASM_EXTERNAL_GLOBAL) return;
    printf("%s x", kinds[export->kind]);
    for (uint32_t i = 0; i < export->name.length; i++)
        printf("%02x", (uint8_t)export->name.bytes[i]);
    if (export->kind == WASM_EXTERNAL_GLOBAL) print_type(m->globals[export->index].type.type);
    if (export->kind == WASM_EXTERNAL_FUNCTION) {
        const struct wasm_function_type *type = &m->types[m->functions[export->index].type_index];
        for (uint32_t i = 0; i < type->parameter_count; i++)
            print_type(type->parameters[i]);
        printf(" >");
        for (uint32_t i = 0; i < type->result_count; i++)
            print_type(type->results[i]);
    }
    putchar('\n');
}

static void print_exports(const char *path) {
    struct file_contents file;
    struct wasm_module module = {0};
    struct error err = {0};
    printf("module %s\n", path);
    if (!file_read(path, &file, &err)) {
        fprintf(stderr, "differential-runner: %s\n", err.message);
        exit(2);
    }
    bool decoded = wasm_module_decode(file.bytes, file.size, &module, &err);
    if (decoded && wasm_module_validate(&module, &err)) {
        for (uint32_t i = 0; i < module.export_count; i++)
            print_export(&module, &module.exports[i]);
    } else {
        printf("refused %s", err.code == ERROR_UNSUPPORTED ? "unsupported"
                             : err.code == ERROR_MALFORMED ? "malformed"
                             : err.code == ERROR_INVALID   ? "invalid"
                                                           : "otherwise");
        if (err.has_offset) printf(" at 0x%" PRIx64, err.offset);
        printf(": %s\n", err.message);
    }
    if (decoded) wasm_module_free(&module);
    file_release(&file);
}

int main(int argc, char **argv) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    if (argc != 2) {
        fputs("usage: differential-runner --exports | ARTIFACTS\n", stderr);
        return 2;
    }
    bool exports = strcmp(argv[1], "--exports") == 0;
    run.folder = argv[1];
    while ((length = getline(&line, &capacity, stdin)) > 0) {
        if (line[length - 1] == '\n') line[length - 1] = '\0';
        if (line[0] == '\0') continue;
        if (exports)
            print_exports(line);
        else
            do_line(line);
    }
    end_module();
    free(line);
    return 0;
}

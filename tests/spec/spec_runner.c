/*
 * spec_runner.c - runs one script of the specification's test suite (made by spec_convert.py).
 *
 *     spec-runner --validate SCRIPT             decode and validate only
 *     spec-runner --run ARTIFACTS SCRIPT        run; X.wasm was compiled to ARTIFACTS/X.wasm.so
 *
 * Prints a line for every command that did not pass, and a total:
 *     fail LINE REASON       the result is wrong
 *     refused LINE FEATURE   the module, or one it depends on, uses a feature that is not there yet
 *     total PASSED FAILED REFUSED SKIPPED
 * SKIPPED are tests of the text format and, with --validate, whatever would have to run.  What may
 * fail is not this program's business (spec_run.py, expected.txt).
 */
#include "base/file.h"
#include "hex_name.h"
#include "runtime/instance.h"
#include "spec_host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 8, MAX_VALUES = 1024, MAX_INSTANCES = 4096, FEATURE_SIZE = 96 };

/* A module that a script made, whether it works or not. */
struct entry {
    char *name;       /* as in the script, "-" if it has none */
    char *registered; /* as imports call it; NULL */
    struct artifact *artifact;
    struct instance *instance;  /* NULL if it is a definition, refused or failed */
    char refused[FEATURE_SIZE]; /* the feature; "" if not refused */
};

static struct {
    const char *folder, *artifacts; /* artifacts is NULL with --validate */
    struct arena arena;
    struct store *store;
    struct linker *linker;
    struct entry entries[MAX_INSTANCES];
    size_t entry_count;
    struct entry *current; /* the last module; NULL */
    struct artifact *opened[MAX_INSTANCES];
    size_t opened_count;
    unsigned long passed, failed, refused, skipped;
} run;

struct command {
    const char *line, *type, *text, *name, *file, *field, *arguments, *expected;
};

/* Verdicts: each command ends in exactly one. */

__attribute__((format(printf, 2, 3))) static void fail(const struct command *c, const char *format,
                                                       ...) {
    va_list arguments;
    printf("fail %s %s: ", c->line, c->type);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    run.failed++;
}

static void refuse(const struct command *c, const char *feature) {
    printf("refused %s %s\n", c->line, feature);
    run.refused++;
}

static void pass(void) {
    run.passed++;
}

/* Columns. */

static const char *path_of(const char *folder, const char *file, const char *suffix) {
    return arena_printf(&run.arena, "%s/%s%s", folder, file, suffix);
}

/* "module uses FEATURE, which this version lacks": the feature's words. */
static void feature_of(const struct error *err, char *out) {
    const char *begin = strstr(err->message, "uses "), *end = strstr(err->message, ", which");
    if (begin == NULL || end == NULL)
        snprintf(out, FEATURE_SIZE, "%.*s", FEATURE_SIZE - 1, err->message);
    else
        snprintf(out, FEATURE_SIZE, "%.*s", (int)(end - begin - 5), begin + 5);
}

/*
 * Values: "i32:7", "f64:nan:canonical", "externref:null", "v128:f32:0,nan:canonical,0,0",
 * "i32:1|i32:2" for either of the two.
 * A vector's lanes are compared like numbers of their type.
 */

/* A host reference of the suite is a small number; null is no number. */
static void *host_reference(uint64_t number) {
    return (void *)(uintptr_t)(number + 1);
}

/* The width of a lane by the name of its type, "i8" to "f64". */
static unsigned lane_bytes(const char *type) {
    return (unsigned)strtoul(type + 1, NULL, 10) / 8;
}

/* Behind "v128:". */
static bool parse_vector(const char *text, union wasm_value *out) {
    unsigned size = lane_bytes(text), at = 0;
    for (const char *lane = strchr(text, ':'); lane != NULL; lane = strchr(lane + 1, ',')) {
        uint64_t bits = strtoull(lane + 1, NULL, 10);
        if (size == 0 || at + size > 16) return false;
        memcpy(out->v128 + at, &bits, size);
        at += size;
    }
    return at == 16;
}

static bool parse_argument(const char *text, union wasm_value *out) {
    const char *colon = strchr(text, ':');
    if (colon == NULL) return false;
    const char *content = colon + 1;
    uint64_t number = strtoull(content, NULL, 10);
    *out = (union wasm_value){0};
    if (strncmp(text, "i32:", 4) == 0 || strncmp(text, "f32:", 4) == 0)
        out->u32 = (uint32_t)number;
    else if (strncmp(text, "i64:", 4) == 0 || strncmp(text, "f64:", 4) == 0)
        out->u64 = number;
    else if (strncmp(text, "v128:", 5) == 0)
        return parse_vector(content, out);
    else if (strcmp(content, "null") == 0)
        out->ref = NULL;
    else if (strncmp(text, "externref:", 10) == 0)
        out->ref = host_reference(number);
    else
        return false;
    return true;
}

static bool nan_matches(const char *kind, uint64_t bits, uint64_t canonical, uint64_t sign) {
    bits &= ~sign;
    return strcmp(kind, "nan:canonical") == 0 ? bits == canonical : (bits & canonical) == canonical;
}

static bool value_matches(const char *expected, const union wasm_value *actual);

/* Behind "v128:". */
static bool vector_matches(const char *expected, const union wasm_value *actual) {
    const char *type = expected, *lane = strchr(type, ':');
    unsigned size = lane_bytes(type), at = 0;
    bool is_float = type[0] == 'f';
    for (; lane != NULL; lane = strchr(lane + 1, ',')) {
        union wasm_value number = {0};
        char text[64];
        if (size == 0 || at + size > 16) return false;
        memcpy(number.v128, actual->v128 + at, size);
        at += size;
        int length = (int)strcspn(lane + 1, ",");
        uint64_t bits = strtoull(lane + 1, NULL, 10);
        snprintf(text, sizeof text, "%.*s:%.*s", 3, type, length, lane + 1);
        if (is_float ? !value_matches(text, &number) : memcmp(&bits, &number, size) != 0)
            return false;
    }
    return at == 16;
}

static bool value_matches(const char *expected, const union wasm_value *actual) {
    const char *content = strchr(expected, ':') + 1;
    bool is_nan = strncmp(content, "nan:", 4) == 0;
    uint64_t number = strtoull(content, NULL, 10);
    if (strncmp(expected, "i32:", 4) == 0) return actual->u32 == (uint32_t)number;
    if (strncmp(expected, "i64:", 4) == 0) return actual->u64 == number;
    if (strncmp(expected, "f32:", 4) == 0)
        return is_nan ? nan_matches(content, actual->u32, 0x7fc00000, 0x80000000)
                      : actual->u32 == (uint32_t)number;
    if (strncmp(expected, "f64:", 4) == 0)
        return is_nan ? nan_matches(content, actual->u64, UINT64_C(0x7ff8) << 48, UINT64_C(1) << 63)
                      : actual->u64 == number;
    if (strncmp(expected, "v128:", 5) == 0) return vector_matches(content, actual);
    if (strcmp(content, "null") == 0) return actual->ref == NULL;
    if (strcmp(content, "any") == 0) return actual->ref != NULL;
    if (strncmp(expected, "externref:", 10) == 0) return actual->ref == host_reference(number);
    return false;
}

/* Any of several, separated by "|". */
static bool any_matches(const char *expected, const union wasm_value *actual) {
    char *copy = arena_string(&run.arena, expected), *rest;
    for (char *at = strtok_r(copy, "|", &rest); at != NULL; at = strtok_r(NULL, "|", &rest))
        if (value_matches(at, actual)) return true;
    return false;
}

/* Modules. */

static struct entry *new_entry(const char *name) {
    if (run.entry_count == MAX_INSTANCES) {
        fputs("spec-runner: too many modules in one script\n", stderr);
        exit(2);
    }
    struct entry *entry = &run.entries[run.entry_count++];
    entry->name = arena_string(&run.arena, name);
    return entry;
}

static struct entry *find_entry(const char *name) {
    if (strcmp(name, "-") == 0) return run.current;
    for (size_t i = run.entry_count; i > 0; i--)
        if (strcmp(run.entries[i - 1].name, name) == 0) return &run.entries[i - 1];
    return NULL;
}

/* Decode and validate a file; false leaves the reason in err. */
static bool check_binary(const struct command *c, struct error *err) {
    struct file_contents file;
    struct wasm_module module = {0};
    if (!file_read(path_of(run.folder, c->file, ""), &file, err)) return false;
    bool ok = wasm_module_decode(file.bytes, file.size, &module, err) &&
              wasm_module_validate(&module, err);
    wasm_module_free(&module);
    file_release(&file);
    return ok;
}

static bool open_artifact(const struct command *c, struct artifact **out, struct error *err) {
    if (!artifact_open(path_of(run.artifacts, c->file, ".so"), -1, out, err)) return false;
    run.opened[run.opened_count++] = *out;
    return true;
}

/* The feature because of which a module that this one imports from was refused; or NULL. */
static const char *refused_import(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->import_count; i++)
        for (size_t j = run.entry_count; j > 0; j--) {
            const struct entry *entry = &run.entries[j - 1];
            if (entry->registered != NULL && entry->refused[0] != '\0' &&
                strcmp(entry->registered, module->imports[i].module.bytes) == 0)
                return entry->refused;
        }
    return NULL;
}

enum stage { STAGE_ENDED, STAGE_CREATED }; /* STAGE_ENDED: the verdict has been given */

/* Up to the open artifact, which all commands with a file share. */
static enum stage prepare(const struct command *c, struct entry *entry) {
    struct error err = {0};
    if (!check_binary(c, &err)) {
        if (err.code != ERROR_UNSUPPORTED) {
            fail(c, "%s", err.message);
            return STAGE_ENDED;
        }
        feature_of(&err, entry->refused);
        refuse(c, entry->refused);
        return STAGE_ENDED;
    }
    if (run.artifacts == NULL) return STAGE_CREATED;
    if (open_artifact(c, &entry->artifact, &err)) return STAGE_CREATED;
    fail(c, "%s", err.message);
    return STAGE_ENDED;
}

static bool create(struct entry *entry, struct instance **out, struct error *err) {
    return instance_create(run.store, entry->artifact, run.linker, NULL, out, err);
}

/* Verdict for a module that could not be linked. */
static void fail_create(const struct command *c, struct entry *entry, const struct error *err) {
    const char *feature = refused_import(&entry->artifact->module);
    if (feature == NULL) {
        fail(c, "%s", err->message);
        return;
    }
    snprintf(entry->refused, sizeof entry->refused, "%s", feature);
    refuse(c, feature);
}

static void instantiate(const struct command *c, struct entry *entry) {
    struct error err = {0};
    struct instance *instance;
    struct outcome *outcome = arena_allocate(&run.arena, sizeof *outcome);
    if (!create(entry, &instance, &err)) {
        fail_create(c, entry, &err);
    } else if (!instance_initialize(instance, outcome)) {
        fail(c, "trap: %s %s", trap_kind_text(outcome->trap), outcome->message);
    } else {
        entry->instance = instance;
        pass();
    }
}

static void do_module(const struct command *c) {
    struct entry *entry = new_entry(c->name);
    run.current = entry;
    if (prepare(c, entry) == STAGE_ENDED) return;
    if (run.artifacts == NULL)
        pass();
    else
        instantiate(c, entry);
}

static void do_definition(const struct command *c) {
    struct entry *entry = new_entry(c->name);
    run.current = entry;
    if (prepare(c, entry) == STAGE_CREATED) pass();
}

static void do_instance(const struct command *c) {
    struct entry *definition = find_entry(c->field);
    struct entry *entry = new_entry(c->name);
    run.current = entry;
    if (run.artifacts == NULL) {
        run.skipped++;
    } else if (definition == NULL || definition->artifact == NULL) {
        if (definition == NULL || definition->refused[0] == '\0') {
            fail(c, "no such definition");
            return;
        }
        memcpy(entry->refused, definition->refused, sizeof entry->refused);
        refuse(c, entry->refused);
    } else {
        entry->artifact = definition->artifact;
        instantiate(c, entry);
    }
}

static void do_register(const struct command *c) {
    struct entry *entry = find_entry(c->name);
    struct wasm_name name = hex_name_decode(&run.arena, c->field);
    if (entry == NULL) {
        fail(c, "no such module");
        return;
    }
    entry->registered = arena_string(&run.arena, name.bytes);
    if (entry->refused[0] != '\0') {
        refuse(c, entry->refused);
    } else if (run.artifacts == NULL) {
        run.skipped++;
    } else if (entry->instance == NULL) {
        fail(c, "the module has no instance");
    } else {
        linker_add_instance(run.linker, name.bytes, name.length, entry->instance);
        pass();
    }
}

/* assert_malformed, assert_invalid */
static void do_bad_binary(const struct command *c, enum error_code code) {
    struct error err = {0};
    char feature[FEATURE_SIZE];
    if (check_binary(c, &err)) {
        fail(c, "accepted, but should be: %s", c->text);
    } else if (err.code == ERROR_UNSUPPORTED) {
        feature_of(&err, feature);
        refuse(c, feature);
    } else if (err.code != code) {
        fail(c, "refused, but not for the expected \"%s\": %s", c->text, err.message);
    } else {
        pass();
    }
}

/* assert_unlinkable, assert_uninstantiable: the module is valid, what comes after is not. */
static void do_bad_instance(const struct command *c, bool links) {
    struct entry entry = {.name = "-"};
    struct error err = {0};
    struct instance *instance;
    struct outcome *outcome = arena_allocate(&run.arena, sizeof *outcome);
    if (prepare(c, &entry) == STAGE_ENDED) return;
    if (run.artifacts == NULL) {
        pass();
        return;
    }
    if (!create(&entry, &instance, &err)) {
        if (links || refused_import(&entry.artifact->module) != NULL)
            fail_create(c, &entry, &err);
        else if (err.code != ERROR_UNLINKABLE)
            fail(c, "not linked, but not for the expected \"%s\": %s", c->text, err.message);
        else
            pass();
        return;
    }
    if (!links) {
        fail(c, "linked, but should be: %s", c->text);
    } else if (instance_initialize(instance, outcome)) {
        fail(c, "instantiated, but should trap: %s", c->text);
    } else if (strcmp(trap_kind_text(outcome->trap), c->text) != 0) {
        fail(c, "trapped with \"%s\", not with \"%s\"", trap_kind_text(outcome->trap), c->text);
    } else {
        pass();
    }
}

/* Actions: what a function returned, or a global holds, or how it ended. */

struct action {
    struct outcome outcome;
    union wasm_value values[MAX_VALUES];
};

static bool read_arguments(const struct command *c, union wasm_value *values) {
    char *copy = arena_string(&run.arena, c->arguments), *rest;
    if (strcmp(copy, "-") == 0) return true;
    size_t count = 0;
    for (char *at = strtok_r(copy, " ", &rest); at != NULL; at = strtok_r(NULL, " ", &rest)) {
        if (count == MAX_VALUES || !parse_argument(at, &values[count])) return false;
        count++;
    }
    return true;
}

/* False: the verdict has been given. */
static bool act(const struct command *c, struct action *action) {
    struct entry *entry = find_entry(c->name);
    struct external external;
    if (entry != NULL && entry->refused[0] != '\0') {
        refuse(c, entry->refused);
        return false;
    }
    if (run.artifacts == NULL) {
        run.skipped++;
        return false;
    }
    if (entry == NULL || entry->instance == NULL) {
        fail(c, "the module has no instance");
        return false;
    }
    struct wasm_name name = hex_name_decode(&run.arena, c->field);
    if (!instance_export(entry->instance, name.bytes, name.length, &external)) {
        fail(c, "no export \"%s\"", name.bytes);
        return false;
    }
    if (strcmp(c->file, "get") == 0 && external.kind == WASM_EXTERNAL_GLOBAL) {
        action->outcome.kind = OUTCOME_RETURNED;
        action->values[0] = *external.global.cell;
        return true;
    }
    if (strcmp(c->file, "invoke") != 0 || external.kind != WASM_EXTERNAL_FUNCTION ||
        !read_arguments(c, action->values)) {
        fail(c, "an action this runner cannot do");
        return false;
    }
    instance_call(entry->instance, external.function, action->values, &action->outcome);
    return true;
}

static void describe(const struct outcome *outcome, char *buffer, size_t size) {
    if (outcome->kind == OUTCOME_RETURNED)
        snprintf(buffer, size, "returned");
    else if (outcome->kind == OUTCOME_EXITED)
        snprintf(buffer, size, "exited");
    else
        snprintf(buffer, size, "trapped with \"%s\" %s", trap_kind_text(outcome->trap),
                 outcome->message);
}

static void do_return(const struct command *c, struct action *action) {
    char how[OUTCOME_MESSAGE_SIZE + 64];
    if (!act(c, action)) return;
    if (action->outcome.kind != OUTCOME_RETURNED) {
        describe(&action->outcome, how, sizeof how);
        fail(c, "%s", how);
        return;
    }
    char *copy = arena_string(&run.arena, c->expected), *rest;
    size_t index = 0;
    if (strcmp(copy, "-") == 0) copy = "";
    for (char *at = strtok_r(copy, " ", &rest); at != NULL; at = strtok_r(NULL, " ", &rest)) {
        if (!any_matches(at, &action->values[index])) {
            uint64_t halves[2];
            memcpy(halves, action->values[index].v128, sizeof halves);
            fail(c, "value %zu is 0x%" PRIx64 " (upper half 0x%" PRIx64 "), not %s", index,
                 halves[0], halves[1], at);
            return;
        }
        index++;
    }
    pass();
}

/* The suite's text may say more than the kind: "uninitialized element 2". */
static void do_trap(const struct command *c, struct action *action) {
    char how[OUTCOME_MESSAGE_SIZE + 64];
    if (!act(c, action)) return;
    const char *kind = trap_kind_text(action->outcome.trap);
    if (action->outcome.kind == OUTCOME_TRAPPED && strncmp(c->text, kind, strlen(kind)) == 0) {
        pass();
        return;
    }
    describe(&action->outcome, how, sizeof how);
    fail(c, "%s, but should trap: %s", how, c->text);
}

/* assert_exception: it ends with an exception that nobody catches. */
static void do_exception(const struct command *c, struct action *action) {
    char how[OUTCOME_MESSAGE_SIZE + 64];
    if (!act(c, action)) return;
    if (action->outcome.kind == OUTCOME_TRAPPED &&
        action->outcome.trap == TRAP_UNCAUGHT_EXCEPTION) {
        pass();
        return;
    }
    describe(&action->outcome, how, sizeof how);
    fail(c, "%s, but should throw", how);
}

static void execute(const struct command *c, struct action *action) {
    memset(&action->outcome, 0, offsetof(struct outcome, frames));
    if (strcmp(c->type, "module") == 0)
        do_module(c);
    else if (strcmp(c->type, "module_definition") == 0)
        do_definition(c);
    else if (strcmp(c->type, "module_instance") == 0)
        do_instance(c);
    else if (strcmp(c->type, "register") == 0)
        do_register(c);
    else if (strcmp(c->type, "assert_malformed") == 0)
        do_bad_binary(c, ERROR_MALFORMED);
    else if (strcmp(c->type, "assert_invalid") == 0)
        do_bad_binary(c, ERROR_INVALID);
    else if (strcmp(c->type, "assert_unlinkable") == 0)
        do_bad_instance(c, false);
    else if (strcmp(c->type, "assert_uninstantiable") == 0)
        do_bad_instance(c, true);
    else if (strcmp(c->type, "action") == 0 || strcmp(c->type, "assert_return") == 0)
        do_return(c, action);
    else if (strcmp(c->type, "assert_trap") == 0 || strcmp(c->type, "assert_exhaustion") == 0)
        do_trap(c, action);
    else if (strcmp(c->type, "assert_exception") == 0)
        do_exception(c, action);
    else if (strcmp(c->type, "text_format") == 0)
        run.skipped++;
    else if (run.current != NULL && run.current->refused[0] != '\0')
        refuse(c, run.current->refused);
    else
        fail(c, "a command this runner does not know");
}

static void run_script(char *script) {
    struct action *action = calloc(1, sizeof *action);
    if (action == NULL) abort();
    char *rest_lines;
    for (char *line = strtok_r(script, "\n", &rest_lines); line != NULL;
         line = strtok_r(NULL, "\n", &rest_lines)) {
        const char *column[COLUMNS];
        for (int i = 0; i < COLUMNS; i++) {
            column[i] = strsep(&line, "\t");
            if (column[i] == NULL) {
                fputs("spec-runner: a line with too few columns\n", stderr);
                exit(2);
            }
        }
        execute(&(struct command){column[0], column[1], column[2], column[3], column[4], column[5],
                                  column[6], column[7]},
                action);
        fflush(stdout);
    }
    free(action);
}

int main(int argc, char **argv) {
    bool validate = argc == 3 && strcmp(argv[1], "--validate") == 0;
    if (!validate && !(argc == 4 && strcmp(argv[1], "--run") == 0)) {
        fputs("usage: spec-runner --validate SCRIPT | --run ARTIFACTS SCRIPT\n", stderr);
        return 2;
    }
    struct file_contents file;
    struct error err = {0};
    const char *path = argv[argc - 1];
    if (!file_read(path, &file, &err)) {
        fprintf(stderr, "spec-runner: %s\n", err.message);
        return 2;
    }
    char *script = arena_bytes_to_string(&run.arena, file.bytes, file.size);
    char *folder = arena_string(&run.arena, path), *slash = strrchr(folder, '/');
    if (slash != NULL) *slash = '\0';
    run.folder = slash != NULL ? folder : ".";
    if (!validate) {
        run.artifacts = argv[2];
        run.store = store_create();
        run.linker = linker_create();
        if (!spec_host_add(run.store, run.linker, &err)) {
            fprintf(stderr, "spec-runner: %s\n", err.message);
            return 2;
        }
    }
    run_script(script);
    printf("total %lu %lu %lu %lu\n", run.passed, run.failed, run.refused, run.skipped);
    if (!validate) {
        linker_free(run.linker);
        store_free(run.store);
        while (run.opened_count > 0)
            artifact_close(run.opened[--run.opened_count]);
    }
    file_release(&file);
    arena_free(&run.arena);
    return 0;
}

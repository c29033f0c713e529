/*
 * link.c - offers, and matching a module's imports against them; see link.h.
 *
 * Deliberate: a name may have several host functions of different types (programs compiled with
 * old or with new headers); the one of the import's type is taken.  Nothing runs before all
 * imports are found, and all that are not are reported together.
 */
#include "runtime/link.h"

#include "runtime/internal.h"
#include "wasm/print.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct offer {
    struct wasm_name module, name;
    struct external external;
    const struct host_module *host;
    const struct host_function *function; /* only if host != NULL */
    uint32_t next;                        /* in the bucket: index + 1; newer ones first */
};

struct linker {
    struct arena arena;
    struct offer *offers;
    uint32_t count, capacity;
    uint32_t *buckets;   /* index + 1; as many as `capacity` */
    struct linker *next; /* of the process */
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct linker *list;

struct linker *linker_create(void) {
    struct linker *linker = calloc(1, sizeof *linker);
    if (linker == NULL) abort();
    pthread_mutex_lock(&list_lock);
    linker->next = list;
    list = linker;
    pthread_mutex_unlock(&list_lock);
    return linker;
}

void linker_free(struct linker *linker) {
    if (linker == NULL) return;
    pthread_mutex_lock(&list_lock);
    struct linker **at = &list;
    while (*at != linker)
        at = &(*at)->next;
    *at = linker->next;
    pthread_mutex_unlock(&list_lock);
    free(linker->offers);
    free(linker->buckets);
    arena_free(&linker->arena);
    free(linker);
}

const struct host_function *linker_function_at(const void *code) {
    const struct host_function *found = NULL;
    pthread_mutex_lock(&list_lock);
    for (const struct linker *linker = list; linker != NULL && found == NULL; linker = linker->next)
        for (uint32_t i = 0; i < linker->count && found == NULL; i++)
            if (linker->offers[i].host != NULL &&
                (const void *)linker->offers[i].function->code == code)
                found = linker->offers[i].function;
    pthread_mutex_unlock(&list_lock);
    return found;
}

static uint32_t name_hash(uint32_t hash, const struct wasm_name *name) {
    for (uint32_t i = 0; i < name->length; i++)
        hash = (hash ^ (uint8_t)name->bytes[i]) * 16777619u;
    return (hash ^ 0xff) * 16777619u;
}

static uint32_t bucket_of(const struct linker *linker, const struct wasm_name *module,
                          const struct wasm_name *name) {
    uint32_t hash = name_hash(name_hash(2166136261u, module), name);
    return (hash ^ hash >> 15) & (linker->capacity - 1);
}

static bool name_equal(const struct wasm_name *a, const struct wasm_name *b) {
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static void offer_add(struct linker *linker, const struct offer *offer) {
    if (linker->count == linker->capacity) {
        linker->capacity = linker->capacity == 0 ? 256 : linker->capacity * 2;
        linker->offers = realloc(linker->offers, linker->capacity * sizeof *linker->offers);
        free(linker->buckets);
        linker->buckets = calloc(linker->capacity, sizeof *linker->buckets);
        if (linker->offers == NULL || linker->buckets == NULL) abort();
        for (uint32_t i = 0; i < linker->count; i++) {
            struct offer *old = &linker->offers[i];
            uint32_t at = bucket_of(linker, &old->module, &old->name);
            old->next = linker->buckets[at];
            linker->buckets[at] = i + 1;
        }
    }
    uint32_t at = bucket_of(linker, &offer->module, &offer->name);
    linker->offers[linker->count] = *offer;
    linker->offers[linker->count].next = linker->buckets[at];
    linker->buckets[at] = ++linker->count;
}

static struct wasm_name name_of(const char *text) {
    return (struct wasm_name){text, (uint32_t)strlen(text)};
}

static struct wasm_name name_copy(struct linker *linker, const char *bytes, size_t length) {
    return (struct wasm_name){arena_bytes_to_string(&linker->arena, (const uint8_t *)bytes, length),
                              (uint32_t)length};
}

void linker_add_host(struct linker *linker, const struct host_module *host) {
    for (size_t i = 0; i < host->function_count; i++) {
        const struct host_function *function = &host->functions[i];
        offer_add(linker, &(struct offer){.module = name_of(function->module),
                                          .name = name_of(function->name),
                                          .host = host,
                                          .function = function});
    }
}

void linker_add_external(struct linker *linker, const char *module, const char *name,
                         const struct external *external) {
    offer_add(linker, &(struct offer){.module = name_copy(linker, module, strlen(module)),
                                      .name = name_copy(linker, name, strlen(name)),
                                      .external = *external});
}

void linker_add_instance(struct linker *linker, const char *module, size_t module_length,
                         const struct instance *instance) {
    const struct wasm_module *definition = instance_module(instance);
    struct wasm_name module_name = name_copy(linker, module, module_length);
    for (uint32_t i = 0; i < definition->export_count; i++) {
        const struct wasm_name *name = &definition->exports[i].name;
        struct offer offer = {.module = module_name,
                              .name = name_copy(linker, name->bytes, name->length)};
        if (instance_export(instance, name->bytes, name->length, &offer.external))
            offer_add(linker, &offer);
    }
}

bool link_signature(const struct wasm_function_type *type, char *buffer, size_t size) {
    size_t used = 0;
    const uint32_t counts[2] = {type->result_count, type->parameter_count};
    const enum wasm_type *types[2] = {type->results, type->parameters};
    for (int part = 0; part < 2; part++) {
        for (uint32_t i = 0; i < counts[part]; i++) {
            char letter = 0;
            switch (types[part][i]) {
            case WASM_I32: letter = 'i'; break;
            case WASM_I64: letter = 'I'; break;
            case WASM_F32: letter = 'f'; break;
            case WASM_F64: letter = 'F'; break;
            default: return false;
            }
            if (used + 1 >= size) return false;
            buffer[used++] = letter;
        }
        if (part == 0) {
            if (used + 1 >= size) return false;
            buffer[used++] = ':';
        }
    }
    if (used >= size) return false;
    buffer[used] = '\0';
    return true;
}

/* A host function's signature as types in words, for messages. */
static void signature_describe(const char *signature, char *buffer, size_t size) {
    enum wasm_type types[256];
    uint32_t count = 0, results = 0;
    for (const char *at = signature; *at != '\0' && count < 256; at++) {
        if (*at == ':')
            results = count;
        else
            types[count++] = *at == 'i'   ? WASM_I32
                             : *at == 'I' ? WASM_I64
                             : *at == 'f' ? WASM_F32
                                          : WASM_F64;
    }
    struct wasm_function_type type = {.results = types,
                                      .result_count = results,
                                      .parameters = types + results,
                                      .parameter_count = count - results};
    wasm_print_function_type(&type, buffer, size);
}

/* Section 3.4.2: may limits of the kind `offered`, of which `size` units are there now, be used
 * where `wanted` are imported? */
static bool limits_match(uint64_t size, const struct wasm_limits *offered,
                         const struct wasm_limits *wanted) {
    if (offered->is_64 != wanted->is_64 || size < wanted->minimum) return false;
    if (!wanted->has_maximum) return true;
    return offered->has_maximum && offered->maximum <= wanted->maximum;
}

/* A module whose imports are looked for, and the ids of its types; ids: free(). */
struct importer {
    const struct wasm_module *module;
    uint32_t *ids;
};

static struct importer importer_make(const struct wasm_module *module) {
    struct importer importer = {module,
                                malloc((module->type_count + (size_t)1) * sizeof(uint32_t))};
    if (importer.ids == NULL) abort();
    type_ids_of_module(module, importer.ids);
    return importer;
}

/* Section 3.3.10: of what can be written the type must be the same, of others a subtype does. */
static bool external_matches(const struct importer *importer, const struct wasm_import *import,
                             const struct external *external) {
    const struct wasm_module *module = importer->module;
    if (external->kind != import->kind) return false;
    switch (import->kind) {
    case WASM_EXTERNAL_FUNCTION:
        return importer->ids[module->functions[import->index].type_index] ==
               external->function->type_id;
    case WASM_EXTERNAL_TABLE: {
        const struct wasm_table_type *wanted = &module->tables[import->index].type;
        const struct table_object *table = (const struct table_object *)external->table;
        return table->table.element == type_canonical(wanted->element, importer->ids) &&
               limits_match(table->table.size, &table->declared, &wanted->limits);
    }
    case WASM_EXTERNAL_MEMORY: {
        const struct wasm_memory_type *wanted = &module->memories[import->index].type;
        const struct memory_object *memory = (const struct memory_object *)external->memory;
        return memory->is_shared == wanted->is_shared &&
               limits_match(memory_size(&memory->memory) / WASM_PAGE_SIZE, &memory->declared,
                            &wanted->limits);
    }
    case WASM_EXTERNAL_GLOBAL: {
        const struct wasm_global_type *wanted = &module->globals[import->index].type;
        enum wasm_type type = type_canonical(wanted->type, importer->ids);
        if (external->global.type.is_mutable != wanted->is_mutable) return false;
        return wanted->is_mutable ? external->global.type.type == type
                                  : wasm_type_matches(external->global.type.type, type);
    }
    case WASM_EXTERNAL_TAG:
        return importer->ids[module->tags[import->index].type_index] == external->tag->type_id;
    }
    return false;
}

static bool offer_matches(const struct importer *importer, const struct wasm_import *import,
                          const struct offer *offer) {
    const struct wasm_module *module = importer->module;
    if (offer->host == NULL) return external_matches(importer, import, &offer->external);
    if (import->kind != WASM_EXTERNAL_FUNCTION) return false;
    const struct wasm_function_type *type =
        &module->types[module->functions[import->index].type_index];
    char signature[256];
    return link_signature(type, signature, sizeof signature) &&
           strcmp(signature, offer->function->signature) == 0;
}

/* The offer that is taken, or, if none has the right type, the newest of the name; else NULL. */
static const struct offer *offer_find(const struct linker *linker, const struct importer *importer,
                                      const struct wasm_import *import, bool *matches) {
    const struct offer *newest = NULL;
    *matches = false;
    if (linker->capacity == 0) return NULL;
    uint32_t at = linker->buckets[bucket_of(linker, &import->module, &import->name)];
    for (; at != 0; at = linker->offers[at - 1].next) {
        const struct offer *offer = &linker->offers[at - 1];
        if (!name_equal(&offer->module, &import->module) ||
            !name_equal(&offer->name, &import->name))
            continue;
        if (newest == NULL) newest = offer;
        *matches = offer_matches(importer, import, offer);
        if (*matches) return offer;
        if (offer->host == NULL) break; /* it hides older ones */
    }
    return newest;
}

static void offer_describe(const struct offer *offer, char *buffer, size_t size) {
    char text[256];
    if (offer->host != NULL) {
        signature_describe(offer->function->signature, text, sizeof text);
        snprintf(buffer, size, "function %s", text);
        return;
    }
    const struct external *external = &offer->external;
    switch (external->kind) {
    case WASM_EXTERNAL_FUNCTION:
        wasm_print_function_type(type_from_id(external->function->type_id), text, sizeof text);
        snprintf(buffer, size, "function %s", text);
        break;
    case WASM_EXTERNAL_TABLE: {
        const struct table_object *table = (const struct table_object *)external->table;
        struct wasm_table_type type = {table->table.element, table->declared};
        type.limits.minimum = table->table.size;
        wasm_print_table_type(&type, buffer, size);
        break;
    }
    case WASM_EXTERNAL_MEMORY: {
        const struct memory_object *memory = (const struct memory_object *)external->memory;
        struct wasm_memory_type type = {memory->declared, memory->is_shared};
        type.limits.minimum = memory->memory.size / WASM_PAGE_SIZE;
        wasm_print_memory_type(&type, buffer, size);
        break;
    }
    case WASM_EXTERNAL_GLOBAL: wasm_print_global_type(&external->global.type, buffer, size); break;
    case WASM_EXTERNAL_TAG:
        wasm_print_tag_type(type_from_id(external->tag->type_id), buffer, size);
        break;
    }
}

static enum link_state import_state(const struct linker *linker, const struct importer *importer,
                                    const struct wasm_import *import) {
    bool matches;
    const struct offer *offer = offer_find(linker, importer, import, &matches);
    return offer == NULL ? LINK_MISSING : matches ? LINK_OK : LINK_OTHER_TYPE;
}

enum link_state linker_import_state(const struct linker *linker, const struct wasm_module *module,
                                    const struct wasm_import *import) {
    struct importer importer = importer_make(module);
    enum link_state state = import_state(linker, &importer, import);
    free(importer.ids);
    return state;
}

static bool has_wide_memory(const struct wasm_module *module) {
    return module->memory_count > 0 && module->memories[0].type.limits.is_64;
}

/* All that is wrong in one line; what is missing by name alone, since that may be many. */
static bool link_error(const struct linker *linker, const struct importer *importer,
                       struct error *err) {
    const struct wasm_module *module = importer->module;
    if (err == NULL) return false;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    const struct wasm_name *last_module = NULL;
    unsigned missing = 0, wrong = 0;
    char name[WASM_PRINT_SIZE];
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        if (import_state(linker, importer, import) != LINK_MISSING) continue;
        if (missing++ == 0)
            fprintf(stream, "unknown import: ");
        else
            fprintf(stream, ", ");
        if (last_module == NULL || !name_equal(last_module, &import->module))
            fprintf(stream, "%s.", wasm_print_name(&import->module, name, sizeof name));
        last_module = &import->module;
        fprintf(stream, "%s", wasm_print_name(&import->name, name, sizeof name));
    }
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        bool matches;
        const struct offer *offer = offer_find(linker, importer, import, &matches);
        if (offer == NULL || matches) continue;
        char wanted[300], offered[300];
        wasm_print_external(module, import->kind, import->index, wanted, sizeof wanted);
        offer_describe(offer, offered, sizeof offered);
        if (wrong++ == 0)
            fprintf(stream, "%sincompatible import type: ", missing > 0 ? "; " : "");
        else
            fprintf(stream, ", ");
        fprintf(stream, "%s.", wasm_print_name(&import->module, name, sizeof name));
        fprintf(stream, "%s is imported as %s but is a %s",
                wasm_print_name(&import->name, name, sizeof name), wanted, offered);
        if (offer->host != NULL && has_wide_memory(module))
            fprintf(stream,
                    " (the module's memory is a 64-bit one (memory64), which '%s' cannot "
                    "serve)",
                    offer->host->name);
    }
    fclose(stream);
    error_set(err, ERROR_UNLINKABLE, "%s", text != NULL ? text : "out of memory");
    free(text);
    return false;
}

bool linker_check(const struct linker *linker, const struct wasm_module *module,
                  struct error *err) {
    struct importer importer = importer_make(module);
    bool ok = true;
    for (uint32_t i = 0; ok && i < module->import_count; i++)
        if (import_state(linker, &importer, &module->imports[i]) != LINK_OK)
            ok = link_error(linker, &importer, err);
    free(importer.ids);
    return ok;
}

bool linker_resolve(const struct linker *linker, const struct wasm_module *module,
                    struct link_target *targets, struct error *err) {
    if (!linker_check(linker, module, err)) return false;
    struct importer importer = importer_make(module);
    for (uint32_t i = 0; i < module->import_count; i++) {
        bool matches;
        const struct offer *offer = offer_find(linker, &importer, &module->imports[i], &matches);
        targets[i] = (struct link_target){
            .external = offer->external, .host = offer->host, .function = offer->function};
    }
    free(importer.ids);
    return true;
}

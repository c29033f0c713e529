/*
 * tools.c - MPI_T: variables, categories and enumerations; what wrong arguments give.
 * run.py: ranks 1,2
 *
 * Values are compared where they do not depend on the run. Not compared: scopes, as mpiwasm lets no
 * control variable be written; sizes of long, of which the guest sees unsigned long long.
 */
#include "report.h"

#if MPI_VERSION >= 4 || defined(__wasm__)
#define HAS_EVENTS 1
#endif

static unsigned hash(unsigned seed, const char *text) {
    while (*text)
        seed = seed * 31 + (unsigned char)*text++;
    return seed;
}

static int position(int value, const int *known, int count) {
    for (int i = 0; i < count; i++)
        if (known[i] == value) return i;
    return -1;
}

static int verbosity_position(int value) {
    static const int known[] = {
        MPI_T_VERBOSITY_USER_BASIC,   MPI_T_VERBOSITY_USER_DETAIL,   MPI_T_VERBOSITY_USER_ALL,
        MPI_T_VERBOSITY_TUNER_BASIC,  MPI_T_VERBOSITY_TUNER_DETAIL,  MPI_T_VERBOSITY_TUNER_ALL,
        MPI_T_VERBOSITY_MPIDEV_BASIC, MPI_T_VERBOSITY_MPIDEV_DETAIL, MPI_T_VERBOSITY_MPIDEV_ALL};
    return position(value, known, 9);
}

static int bind_position(int value) {
    static const int known[] = {
        MPI_T_BIND_NO_OBJECT,      MPI_T_BIND_MPI_COMM,    MPI_T_BIND_MPI_DATATYPE,
        MPI_T_BIND_MPI_ERRHANDLER, MPI_T_BIND_MPI_FILE,    MPI_T_BIND_MPI_GROUP,
        MPI_T_BIND_MPI_OP,         MPI_T_BIND_MPI_REQUEST, MPI_T_BIND_MPI_WIN,
        MPI_T_BIND_MPI_MESSAGE,    MPI_T_BIND_MPI_INFO};
    return position(value, known, 11);
}

static int class_position(int value) {
    static const int known[] = {MPI_T_PVAR_CLASS_STATE,         MPI_T_PVAR_CLASS_LEVEL,
                                MPI_T_PVAR_CLASS_SIZE,          MPI_T_PVAR_CLASS_PERCENTAGE,
                                MPI_T_PVAR_CLASS_HIGHWATERMARK, MPI_T_PVAR_CLASS_LOWWATERMARK,
                                MPI_T_PVAR_CLASS_COUNTER,       MPI_T_PVAR_CLASS_AGGREGATE,
                                MPI_T_PVAR_CLASS_TIMER,         MPI_T_PVAR_CLASS_GENERIC};
    return position(value, known, 10);
}

/* What a datatype is and its size in bytes; 8-byte integers are all the same here. */
static const char *kind_of(MPI_Datatype type, int *size) {
#define KIND(name, text, bytes)                                                                    \
    if (type == name) return *size = (bytes), text
    KIND(MPI_INT, "int", 4);
    KIND(MPI_UNSIGNED, "unsigned", 4);
#ifndef __wasm__
    KIND(MPI_UNSIGNED_LONG, "unsigned64", 8);
    KIND(MPI_LONG, "int64", 8);
#endif
    KIND(MPI_UNSIGNED_LONG_LONG, "unsigned64", 8);
    KIND(MPI_LONG_LONG, "int64", 8);
    KIND(MPI_COUNT, "count", 8);
    KIND(MPI_CHAR, "char", 1);
    KIND(MPI_DOUBLE, "double", 8);
    KIND(MPI_C_BOOL, "bool", 1);
    KIND(MPI_INT32_T, "int32", 4);
    KIND(MPI_UINT32_T, "uint32", 4);
    KIND(MPI_INT64_T, "int64", 8);
    KIND(MPI_UINT64_T, "unsigned64", 8);
    *size = 0;
    return "unknown";
}

static unsigned enum_hash(MPI_T_enum type) {
    char name[512];
    int count = 0, length = sizeof name;
    unsigned all;
    if (type == MPI_T_ENUM_NULL) return 0;
    MPI_T_enum_get_info(type, &count, name, &length);
    all = hash(7, name);
    for (int i = 0; i < count; i++) {
        int value = 0;
        length = sizeof name;
        MPI_T_enum_get_item(type, i, &value, name, &length);
        all = hash(all * 31 + (unsigned)value, name);
    }
    return all;
}

/* Variables of components that Open MPI 4.1 has unloaded, but not forgotten: whether they are there
 * depends on what else the process has loaded, and reading them crashes it. */
static int is_stale(const char *name) {
    return strstr(name, "opal_common_") != NULL;
}

/* Counts of what it does not use crash it, too. */
static int crashes(const char *name) {
    return is_stale(name) || strncmp(name, "mtl_psm2_", 9) == 0;
}

/* Values that differ from run to run. */
static int is_volatile(const char *name) {
    static const char *const parts[] = {"pid",  "port", "jobid", "session", "seed",     "time",
                                        "node", "rank", "fd",    "uri",     "tmp",      "dir",
                                        "path", "num_", "id",    "host",    "max_procs"};
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(name, parts[i])) return 1;
    return 0;
}

static void control_variables(const char *when, int values) {
    int count = 0, readable = 0, strings = 0, found = 0, stale = 0;
    unsigned names = 1, descriptions = 1, kinds = 1, enums = 1, numbers = 1;
    MPI_T_cvar_get_num(&count);
    for (int i = 0; i < count; i++) {
        static char name[1024], text[65536], desc[65536];
        int name_length = sizeof name, desc_length = sizeof desc, verbosity, bind, scope, size;
        int elements = 0, index = -1;
        MPI_Datatype type;
        MPI_T_enum enumeration;
        MPI_T_cvar_handle handle;
        if (MPI_T_cvar_get_info(i, name, &name_length, &verbosity, &type, &enumeration, desc,
                                &desc_length, &bind, &scope) != MPI_SUCCESS)
            continue;
        if (is_stale(name)) {
            stale++;
            continue;
        }
        names = hash(names + (unsigned)name_length, name);
        descriptions = desc_length > 0 ? hash(descriptions, desc) : descriptions;
        kinds =
            hash(kinds * 31 + (unsigned)(verbosity_position(verbosity) + 16 * bind_position(bind)),
                 kind_of(type, &size));
        enums = enums * 31 + enum_hash(enumeration);
        if (MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS && index == i) found++;
        if (bind != MPI_T_BIND_NO_OBJECT || size == 0 || crashes(name) ||
            MPI_T_cvar_handle_alloc(i, NULL, &handle, &elements) != MPI_SUCCESS)
            continue;
        if ((size_t)elements * (size_t)size <= sizeof text) {
            memset(text, 0, sizeof text);
            if (MPI_T_cvar_read(handle, text) == MPI_SUCCESS) {
                readable++;
                strings += type == MPI_CHAR;
                if (type != MPI_CHAR && !is_volatile(name))
                    for (int j = 0; j < elements * size; j++)
                        numbers = numbers * 31 + (unsigned char)text[j];
            }
        }
        MPI_T_cvar_handle_free(&handle);
        if (handle != MPI_T_CVAR_HANDLE_NULL) report("the handle stays");
    }
    report("%s: %d control variables, found %d, names %u, descriptions %u, kinds %u, enums %u",
           when, count - stale, found, names, descriptions, kinds, enums);
    report("%s: readable %d, of them texts %d", when, readable, strings);
    if (values) report("%s: numbers %u", when, numbers);
}

static const char *cvar_name(int index) {
    static char name[1024];
    int length = sizeof name;
    name[0] = '\0';
    MPI_T_cvar_get_info(index, name, &length, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    return name;
}

static const char *category_name(int index) {
    static char name[1024];
    int length = sizeof name;
    name[0] = '\0';
    MPI_T_category_get_info(index, name, &length, NULL, NULL, NULL, NULL, NULL);
    return is_stale(name) ? "" : name;
}

static void categories(void) {
    int count = 0, changed = -1;
    unsigned all = 1;
    MPI_T_category_get_num(&count);
    int stale = 0;
    for (int i = 0; i < count; i++) {
        static char name[1024], desc[65536];
        static int indices[8192];
        int name_length = sizeof name, desc_length = sizeof desc, numbers[3], index = -1;
        MPI_T_category_get_info(i, name, &name_length, desc, &desc_length, &numbers[0], &numbers[1],
                                &numbers[2]);
        if (is_stale(name)) {
            stale++;
            continue;
        }
        all = hash(all, name);
        for (int j = 0; j < 3; j++)
            all = all * 31 + (unsigned)numbers[j];
        memset(indices, 0, sizeof indices);
        MPI_T_category_get_cvars(i, 8192, indices);
        for (int j = 0; j < numbers[0] && j < 8192; j++)
            all = hash(all, cvar_name(indices[j]));
        MPI_T_category_get_categories(i, 8192, indices);
        for (int j = 0; j < numbers[2] && j < 8192; j++)
            all = hash(all, category_name(indices[j]));
        MPI_T_category_get_pvars(i, 8192, indices);
        for (int j = 0; j < numbers[1] && j < 8192; j++)
            all = all * 31 + (unsigned)indices[j];
        if (MPI_T_category_get_index(name, &index) != MPI_SUCCESS || index != i)
            report("category %s has no index", name);
    }
    report("%d categories, %u, changed: %d", count - stale, all, MPI_T_category_changed(&changed));
}

static void performance_variables(void) {
    int count = 0, allocated = 0, started = 0, reads = 0, resets = 0;
    unsigned all = 1;
    MPI_T_pvar_session session, other;
    MPI_T_pvar_handle kept = MPI_T_PVAR_HANDLE_NULL;
    static char value[65536];
    MPI_Comm comm = MPI_COMM_WORLD;
    MPI_T_pvar_get_num(&count);
    report("session: %d", MPI_T_pvar_session_create(&session));
    MPI_T_pvar_session_create(&other);
    for (int i = 0; i < count; i++) {
        static char name[1024], desc[65536];
        int name_length = sizeof name, desc_length = sizeof desc, verbosity, var_class, bind,
            flags[3];
        int elements = 0, size, index = -1;
        MPI_Datatype type;
        MPI_T_enum enumeration;
        MPI_T_pvar_handle handle;
        if (MPI_T_pvar_get_info(i, name, &name_length, &verbosity, &var_class, &type, &enumeration,
                                desc, &desc_length, &bind, &flags[0], &flags[1],
                                &flags[2]) != MPI_SUCCESS)
            continue;
        all = hash(all, name);
        all = hash(all * 31 + (unsigned)verbosity_position(verbosity), kind_of(type, &size));
        all = all * 31 + (unsigned)(class_position(var_class) + 16 * bind_position(bind));
        all = all * 31 + (unsigned)(!!flags[0] + 2 * !!flags[1] + 4 * !!flags[2]) +
              enum_hash(enumeration);
        if (MPI_T_pvar_get_index(name, var_class, &index) != MPI_SUCCESS || index != i)
            report("variable %s has no index", name);
        if (crashes(name) || (bind != MPI_T_BIND_NO_OBJECT && bind != MPI_T_BIND_MPI_COMM))
            continue;
        if (MPI_T_pvar_handle_alloc(session, i, bind == MPI_T_BIND_MPI_COMM ? &comm : NULL, &handle,
                                    &elements) != MPI_SUCCESS)
            continue;
        allocated++;
        all = all * 31 + (unsigned)elements;
        started += MPI_T_pvar_start(session, handle) == MPI_SUCCESS;
        if ((size_t)elements * (size_t)size <= sizeof value)
            reads += MPI_T_pvar_read(session, handle, value) == MPI_SUCCESS;
        resets += MPI_T_pvar_reset(session, handle) == MPI_SUCCESS;
        if (kept == MPI_T_PVAR_HANDLE_NULL)
            kept = handle;
        else
            MPI_T_pvar_handle_free(session, &handle);
    }
    report("%d performance variables, %u: allocated %d, started %d, read %d, reset %d", count, all,
           allocated, started, reads, resets);
    report("all: stop %d, start %d, stop %d", MPI_T_pvar_stop(session, MPI_T_PVAR_ALL_HANDLES) == 0,
           MPI_T_pvar_start(session, MPI_T_PVAR_ALL_HANDLES) == 0,
           MPI_T_pvar_stop(session, MPI_T_PVAR_ALL_HANDLES) == 0);
    report("free: %d", MPI_T_pvar_session_free(&session));
    report("freed: %d", session == MPI_T_PVAR_SESSION_NULL);
    MPI_T_pvar_session_free(&other);
}

static void wrong_arguments(void) {
    int count = 0, number = 0, length = 8;
    char name[8] = "????????";
    MPI_T_cvar_handle handle = MPI_T_CVAR_HANDLE_NULL;
    MPI_T_cvar_get_num(&count);
    report("index -1: %d", MPI_T_cvar_get_info(-1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                               NULL) != MPI_SUCCESS);
#ifdef __wasm__ /* Open MPI 4.1 takes it */
    if (MPI_T_cvar_handle_alloc(count, NULL, &handle, &number) != MPI_T_ERR_INVALID_INDEX)
        report("index %d is taken", count);
#endif
    (void)handle;
    report("name: %d", MPI_T_cvar_get_index("no such variable", &number) == MPI_T_ERR_INVALID_NAME);
    report("category: %d",
           MPI_T_category_get_index("no such category", &number) == MPI_T_ERR_INVALID_NAME);
    /* Texts are cut, and their lengths told. */
    MPI_T_cvar_get_info(0, name, &length, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    report("cut: %s", name);
    length = 0;
    MPI_T_cvar_get_info(0, name, &length, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    report("length: %d, still %s", length, name);
}

int main(int argc, char **argv) {
    int provided = -1, number = -1;
    report("before: %d", MPI_T_cvar_get_num(&number) == MPI_T_ERR_NOT_INITIALIZED);
    report("finalize before: %d", MPI_T_finalize() == MPI_T_ERR_NOT_INITIALIZED);
    start(&argc, &argv);
    report("init: %d", MPI_T_init_thread(MPI_THREAD_SINGLE, &provided));
    report("provided: %d", provided == MPI_THREAD_SINGLE);
    control_variables("after MPI_Init", 1);
    categories();
    performance_variables();
    wrong_arguments();
#ifdef HAS_EVENTS
    int events = -1, sources = -1;
    report("events: %d", MPI_T_event_get_num(&events) == MPI_SUCCESS && events >= 0);
    report("sources: %d", MPI_T_source_get_num(&sources) == MPI_SUCCESS && sources >= 0);
#else
    report("events: 1");
    report("sources: 1");
#endif
    report("again: %d", MPI_T_init_thread(MPI_THREAD_SINGLE, &provided));
    report("finalize: %d %d", MPI_T_finalize(), MPI_T_finalize());
    report("finalized: %d", MPI_T_cvar_get_num(&number) == MPI_T_ERR_NOT_INITIALIZED);
    finish();
    return 0;
}

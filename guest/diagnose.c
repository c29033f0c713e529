/*
 * diagnose.c - reads the lines that clang and wasm-ld write to standard error, and says in one line
 * each what is missing in a link and where it is used, which calls do not fit their definition, and
 * what a source needs that this level of the guest's libraries lacks.  Other lines pass through;
 * with -v all do.
 */
#include "guest/diagnose.h"

#include "guest/link.h"

#include <ctype.h>
#include <string.h>

enum { MISSING_SHOWN = 10 }; /* missing names; a library forgotten may have hundreds */

static const char needs_full[] = "the full level";
static const char no_sockets[] = "modules have no sockets";
static const char no_loading[] = "modules load no shared libraries; link static ones";
static const char no_shared[] = "no memory is shared between processes but by MPI: "
                                "MPI_Win_allocate_shared";

/* Missing symbols ("*" at the end: any that begins so) and what is to be done about them. */
static const struct hint {
    const char *pattern, *text;
} symbol_hints[] = {
    {"socket", no_sockets},
    {"bind", no_sockets},
    {"connect", no_sockets},
    {"listen", no_sockets},
    {"sendto", no_sockets},
    {"recvfrom", no_sockets},
    {"getaddrinfo", no_sockets},
    {"dladdr*", no_loading},
    {"dlvsym", no_loading},
    {"shm_open", no_shared},
    {"shmget", no_shared},
    {"shmat", no_shared},
    {"__kmpc_*",
     "OpenMP's runtime: link with -fopenmp too, after `mpiwasm sysroot build --openmp`"},
    {"sem_*", "there are no semaphores, nor threads that would use them"},
    {"main", "no main function in the inputs"},
    {"__main_void", "no main function in the inputs"},
    {"MPI_*", "not in this mpi.h, which has MPI 5.0"},
    {"mpi_*_", "MPI has no such procedure for Fortran here, or mpiwasmfort has to link"},
};

/* Parts of names that come with C++ exceptions. */
static const char *const exception_symbols[] = {"__cpp_exception",
                                                "__wasm_lpad_context",
                                                "_Unwind_*",
                                                "__cxa_begin_catch",
                                                "__cxa_end_catch",
                                                "__cxa_rethrow",
                                                "__cxa_free_except*",
                                                "__cxa_get_exception_ptr",
                                                "__gxx_personality_wa*",
                                                NULL};

/* Names of namespace std that the stock C++ library leaves out. */
static const char *const full_names[] = {"filesystem",      "ofstream",
                                         "ifstream",        "fstream",
                                         "basic_ofstream",  "basic_fstream",
                                         "mutex",           "thread",
                                         "lock_guard",      "unique_lock",
                                         "basic_ifstream",  "scoped_lock",
                                         "async",           "future",
                                         "promise",         "this_thread",
                                         "shared_mutex",    "filebuf",
                                         "call_once",       "once_flag",
                                         "barrier",         "counting_semaphore",
                                         "jthread",         "condition_variable",
                                         "recursive_mutex", "basic_filebuf",
                                         "timed_mutex",     NULL};

/* Errors of C that compilers took for warnings once: --old-c makes them warnings again. */
static const char *const old_c_errors[] = {
    "[-Wimplicit-int]",   "[-Wimplicit-function-declaration]",
    "[-Wint-conversion]", "[-Wincompatible-pointer-types]",
    "[-Wreturn-type]",    "[-Wincompatible-function-pointer-types]",
    "[-Wreturn-mismatch]"};

static bool fits(const char *name, const char *pattern) {
    const char *star = strchr(pattern, '*');
    if (!star) return strcmp(name, pattern) == 0;
    size_t head = (size_t)(star - pattern), tail = strlen(star + 1), length = strlen(name);
    return length >= head + tail && strncmp(name, pattern, head) == 0 &&
           strcmp(name + length - tail, star + 1) == 0;
}

static bool fits_any(const char *name, const char *const *patterns) {
    for (; *patterns; patterns++)
        if (fits(name, *patterns)) return true;
    return false;
}

static const char *find_hint(const struct diagnosis *diagnosis, const char *symbol) {
    if (fits_any(symbol, exception_symbols)) {
        if (diagnosis->is_stock) return needs_full;
        return diagnosis->has_exceptions ? NULL : "C++ exceptions: link without -fno-exceptions";
    }
    for (size_t i = 0; i < sizeof symbol_hints / sizeof *symbol_hints; i++)
        if (fits(symbol, symbol_hints[i].pattern)) return symbol_hints[i].text;
    if (strncmp(symbol, "std::", 5) == 0)
        return diagnosis->is_stock
                   ? needs_full
                   : "compiled with another C++ library, or linked with mpiwasmcc, not mpiwasmcxx";
    return NULL;
}

/* The source that a temporary object "/tmp/NAME-123abc.o" was made of; else the place as it is. */
static const char *name_place(const struct diagnosis *diagnosis, const char *place) {
    const char *name = strrchr(place, '/');
    const char *dash = strrchr(place, '-');
    if (!name || !dash || dash < name || strlen(dash) < 8) return place;
    size_t length = (size_t)(dash - ++name);
    for (size_t i = 0; i < diagnosis->user->count; i++) {
        const char *input = diagnosis->user->items[i];
        const char *base = strrchr(input, '/');
        base = base ? base + 1 : input;
        if (input[0] != '-' && strncmp(base, name, length) == 0 && base[length] == '.' &&
            strcmp(base + length, ".o") != 0 && strcmp(base + length, ".a") != 0)
            return input;
    }
    return place;
}

/* `text` without terminal colours and line end. */
static void copy_plain(char *out, size_t size, const char *text) {
    size_t length = 0;
    for (; *text && *text != '\n' && length + 1 < size; text++) {
        if (text[0] == '\033' && text[1] == '[') {
            text += 2;
            while (*text && !isalpha((unsigned char)*text))
                text++;
            if (!*text) break;
        } else {
            out[length++] = *text;
        }
    }
    out[length] = '\0';
}

/* ">>> defined as TYPE in PLACE", twice; the first is the one that is called. */
static void read_mismatch(struct diagnosis *diagnosis, const char *line) {
    const char *type = strstr(line, "defined as ");
    const char *in = type ? strstr(type, " in ") : NULL;
    if (!in) {
        diagnosis->is_mismatch = false;
        return;
    }
    type += strlen("defined as ");
    bool is_second = diagnosis->place[0][0] != '\0';
    snprintf(diagnosis->place[is_second], sizeof diagnosis->place[0], "%.*s in %s",
             (int)(in - type), type, name_place(diagnosis, in + 4));
    if (!is_second) return;
    fprintf(stderr, "%s: %s: two types: %s, but %s\n", diagnosis->program, diagnosis->function,
            diagnosis->place[0], diagnosis->place[1]);
    diagnosis->is_mismatch = false;
}

static void read_undefined(struct diagnosis *diagnosis, const char *line, const char *symbol) {
    diagnosis->undefined++;
    for (size_t i = 0; i < diagnosis->seen.count; i++)
        if (strcmp(diagnosis->seen.items[i], symbol) == 0) return;
    arguments_add(&diagnosis->seen, symbol);
    const char *hint = find_hint(diagnosis, symbol);
    char place[4096];
    const char *start = strstr(line, "error: ");
    snprintf(place, sizeof place, "%s", start ? start + strlen("error: ") : line);
    char *end = strstr(place, ": undefined symbol: ");
    if (end) *end = '\0';
    if (hint == needs_full) { /* said once, at the end */
        snprintf(diagnosis->need, sizeof diagnosis->need, "%s in %.150s",
                 strncmp(symbol, "std::", 5) ? "C++ exceptions" : "std",
                 name_place(diagnosis, place));
        return;
    }
    if (diagnosis->seen.count > MISSING_SHOWN) return;
    fprintf(stderr, "%s: error: %s is missing, which %s uses%s%s\n", diagnosis->program, symbol,
            name_place(diagnosis, place), hint ? ": " : "", hint ? hint : "");
}

/* A compiler's error about something in namespace std that the stock level has not, or about what
 * --old-c would accept. */
static void read_compiler_error(struct diagnosis *diagnosis, const char *line) {
    for (size_t i = 0; i < sizeof old_c_errors / sizeof *old_c_errors; i++)
        if (strstr(line, old_c_errors[i])) diagnosis->is_old_c = true;
    if (!diagnosis->is_stock || !strstr(line, "std")) return;
    char name[128];
    const char *start = line;
    while ((start = strpbrk(start, "':")) != NULL) {
        start++;
        if (*start == ':') start++;
        size_t length = 0;
        while ((isalnum((unsigned char)start[length]) || start[length] == '_') &&
               length + 1 < sizeof name)
            length++;
        memcpy(name, start, length);
        name[length] = '\0';
        if (!fits_any(name, full_names)) continue;
        snprintf(diagnosis->need, sizeof diagnosis->need, "std::%s", name);
        return;
    }
}

void diagnose_line(struct diagnosis *diagnosis, char *line) {
    char plain[4096];
    static const char mismatch[] = "function signature mismatch: ";
    static const char undefined[] = ": undefined symbol: ";
    copy_plain(plain, sizeof plain, line);
    bool is_shown = true;
    const char *found;
    if ((found = strstr(plain, mismatch)) != NULL) {
        diagnosis->mismatches++;
        diagnosis->is_mismatch = true;
        diagnosis->place[0][0] = '\0';
        snprintf(diagnosis->function, sizeof diagnosis->function, "%s",
                 found + sizeof mismatch - 1);
        is_shown = false;
    } else if (diagnosis->is_mismatch && strncmp(plain, ">>> ", 4) == 0) {
        read_mismatch(diagnosis, plain);
        is_shown = false;
    } else if ((found = strstr(plain, undefined)) != NULL) {
        read_undefined(diagnosis, plain, found + sizeof undefined - 1);
        is_shown = false;
    } else if (strncmp(plain, LINK_NOTE, strlen(LINK_NOTE)) == 0 ||
               (diagnosis->undefined && strstr(plain, "linker command failed"))) {
        is_shown = false;
    } else if (diagnosis->mismatches && !*plain) {
        is_shown = false;
    } else if (strstr(plain, "error: ")) {
        read_compiler_error(diagnosis, plain);
    }
    if (is_shown || diagnosis->is_raw) fputs(line, stderr);
}

void diagnose_end(struct diagnosis *diagnosis, bool is_strict) {
    int count = diagnosis->mismatches;
    if (diagnosis->seen.count > MISSING_SHOWN)
        fprintf(stderr, "%s: error: %zu names are missing in all; with -v each is shown\n",
                diagnosis->program, diagnosis->seen.count);
    if (count > 0)
        fprintf(stderr,
                "%s: %s: %d function%s (above) called with other arguments or results than it was "
                "defined with; each such call TRAPS when it runs. Declare the function%s right.\n",
                diagnosis->program, is_strict ? "error" : "WARNING", count,
                count == 1 ? " is" : "s are", count == 1 ? "" : "s");
    if (diagnosis->is_old_c)
        fprintf(stderr,
                "%s: error: this is older than C99, or wrong; the option --old-c (in CFLAGS) "
                "accepts it\n",
                diagnosis->program);
    if (*diagnosis->need)
        fprintf(stderr,
                "%s: error: %s: this needs the full level of the guest's libraries: run `mpiwasm "
                "sysroot build`, once\n",
                diagnosis->program, diagnosis->need);
}

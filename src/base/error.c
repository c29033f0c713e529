/*
 * error.c - filling in and decorating `struct error`; see error.h.
 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_message(struct error *err, const char *format, va_list arguments) {
    int length = vsnprintf(err->message, sizeof err->message, format, arguments);
    if (length >= (int)sizeof err->message)
        memcpy(err->message + sizeof err->message - 4, "...", 4);
}

bool error_set(struct error *err, enum error_code code, const char *format, ...) {
    if (err == NULL) return false;
    err->code = code;
    err->has_offset = false;
    err->offset = 0;
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    return false;
}

bool error_set_at(struct error *err, enum error_code code, uint64_t offset, const char *format,
                  ...) {
    if (err == NULL) return false;
    err->code = code;
    err->has_offset = true;
    err->offset = offset;
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    return false;
}

bool error_set_errno(struct error *err, const char *format, ...) {
    int number = errno;
    if (err == NULL) return false;
    err->code = ERROR_SYSTEM;
    err->has_offset = false;
    err->offset = 0;
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(number));
    return false;
}

bool error_prefix(struct error *err, const char *format, ...) {
    if (err == NULL) return false;
    char tail[ERROR_MESSAGE_SIZE];
    memcpy(tail, err->message, sizeof tail);
    va_list arguments;
    va_start(arguments, format);
    format_message(err, format, arguments);
    va_end(arguments);
    size_t used = strlen(err->message);
    int length = snprintf(err->message + used, sizeof err->message - used, ": %s", tail);
    if (length >= (int)(sizeof err->message - used))
        memcpy(err->message + sizeof err->message - 4, "...", 4);
    return false;
}

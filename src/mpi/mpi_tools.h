/*
 * mpi_tools.h - the objects behind the handles of the tool information interface (MPI_T), and what
 * its functions share. MPI 4.1, chapter 15.
 *
 * All handles are of one class of the layer's (mpi_handles.h); the object knows its kind. The
 * functions return their codes: MPI_T calls no error handlers.
 */
#ifndef MPIWASM_MPI_TOOLS_H
#define MPIWASM_MPI_TOOLS_H

#include "mpi/mpi_layer.h"

enum mpilayer_tool_kind {
    MPILAYER_TOOL_ENUM = 1,
    MPILAYER_TOOL_CVAR,
    MPILAYER_TOOL_SESSION,
    MPILAYER_TOOL_PVAR
};

struct mpilayer_tool_item {
    int value;
    char *name; /* owned */
};

struct mpilayer_tool {
    struct mpilayer_object object;
    enum mpilayer_tool_kind kind;
    union {
        MPI_T_enum enumeration; /* where the items come from; only compared */
        MPI_T_cvar_handle cvar;
        MPI_T_pvar_session session;
        MPI_T_pvar_handle pvar;
    } host;

    /* An enumeration, copied when it was first seen: the host frees its own with the component that
     * they belong to. */
    char *name; /* owned */
    struct mpilayer_tool_item *items;
    int item_count;

    /* A handle of a variable. */
    int count;              /* elements */
    uint32_t element_size;  /* bytes, in guest and host alike */
    bool text;              /* characters up to a NUL */
    bool readonly;          /* of performance variables */
    bool continuous;        /* never started or stopped */
    uint32_t session;       /* the handle it belongs to */
    enum mpilayer_class of; /* of the object that it is bound to; 0: none */
    uint32_t bound;         /* that object's handle */
    union {
        MPI_Comm comm;
        MPI_Group group;
        MPI_Datatype datatype;
        MPI_Request request;
        MPI_Message message;
        MPI_Op op;
        MPI_Win win;
    } bound_host; /* hosts may keep the address of this */
};

/* MPI_T_init_thread has been called more often than MPI_T_finalize. */
#define MPILAYER_TOOLS_BEGIN(layer)                                                                \
    do {                                                                                           \
        if ((layer)->tools == 0) {                                                                 \
            return GUEST_MPI_T_ERR_NOT_INITIALIZED;                                                \
        }                                                                                          \
    } while (0)

int32_t mpilayer_tool_code(int host_code);

/* The object of this kind, or NULL. */
struct mpilayer_tool *mpilayer_tool_find(struct mpilayer *layer, uint32_t handle,
                                         enum mpilayer_tool_kind kind);
/* The object in a slot of the table, or NULL: free, or of another kind. */
struct mpilayer_tool *mpilayer_tool_at(struct mpilayer *layer, uint32_t index,
                                       enum mpilayer_tool_kind kind);
struct mpilayer_tool *mpilayer_tool_new(struct mpilayer *layer, enum mpilayer_tool_kind kind);
/* Nobody finds it from here on, as it will be freed. False: another thread uses it. */
bool mpilayer_tool_take(struct mpilayer_tool *tool);
void mpilayer_tool_drop(struct mpilayer *layer, struct mpilayer_tool *tool);

/* The address may be written to: size bytes; or it is 0 where `optional`. */
bool mpilayer_tool_may_write(struct mpilayer *layer, uint32_t address, uint64_t size,
                             bool optional);
/* All `count` of them may be written to, 4 bytes each, or are 0. */
bool mpilayer_tool_outs_ok(struct mpilayer *layer, const uint32_t *addresses, size_t count);
#define MPILAYER_TOOL_OUTS(...)                                                                    \
    (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
/* Store unless the address is 0. */
void mpilayer_tool_put(struct mpilayer *layer, uint32_t address, int32_t value);

/* A string to return and its length, as section 15.3.3 has them: the host writes to the guest's
 * buffer, which is checked. */
struct mpilayer_tool_text {
    uint32_t length_address; /* 0: nothing is returned */
    char *host;              /* NULL: only the length is asked for */
    int length;
};
bool mpilayer_tool_text_begin(struct mpilayer *layer, uint32_t address, uint32_t length_address,
                              struct mpilayer_tool_text *text);
#define MPILAYER_TOOL_LENGTH(text) ((text).length_address != 0 ? &(text).length : NULL)
void mpilayer_tool_text_end(struct mpilayer *layer, const struct mpilayer_tool_text *text);

/* A name of the guest's, or false: MPI_T_ERR_INVALID_NAME. */
enum { MPILAYER_TOOL_NAME_SIZE = 1024 };
bool mpilayer_tool_name_get(struct mpilayer *layer, uint32_t address,
                            char name[MPILAYER_TOOL_NAME_SIZE]);

/* Constants and datatypes of the host as the guest has them. A datatype that no guest has is
 * GUEST_MPI_DATATYPE_NULL. */
int32_t mpilayer_tool_verbosity(int host);
int32_t mpilayer_tool_bind(int host);
uint32_t mpilayer_tool_datatype(MPI_Datatype host, uint32_t *size);

/* The handle of an enumeration, GUEST_MPI_T_ENUM_NULL if it is none (or there is no memory). */
uint32_t mpilayer_tool_enum(struct mpilayer *layer, MPI_T_enum host);

/*
 * Fill in a new handle's datatype and the object it is bound to. *pointer is what the host gets:
 * NULL or the address of the host's handle. A code of the guest.
 */
int32_t mpilayer_tool_bind_object(struct mpilayer *layer, struct mpilayer_tool *tool,
                                  MPI_Datatype datatype, int bind, uint32_t obj_handle,
                                  void **pointer);
/* The object it is bound to is still what it was. */
bool mpilayer_tool_is_bound(struct mpilayer *layer, const struct mpilayer_tool *tool);

/* A variable's value goes through memory of the layer's own, which has room for what a host writes
 * beyond the number of elements that it promised. NULL: no memory. The caller frees it. */
void *mpilayer_tool_value_new(const struct mpilayer_tool *tool);
void mpilayer_tool_value_put(struct mpilayer *layer, const struct mpilayer_tool *tool,
                             const void *value, uint32_t address);
uint64_t mpilayer_tool_value_size(const struct mpilayer_tool *tool); /* bytes in the guest */

#endif

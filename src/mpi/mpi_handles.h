/*
 * mpi_handles.h - the objects behind the guest's handles, and how a handle becomes its object.
 *
 * A guest handle is an i32: a predefined constant of the ABI below MPILAYER_FIRST_HANDLE, or
 * class, generation and index, all in the positive range (so that it survives as a Fortran
 * integer).  Every class has one table of objects of a fixed size, reserved once at its quota, so
 * objects never move; the object remembers its whole handle, and the lookup compares it: a
 * forged, freed or foreign handle finds nothing.
 *
 * Several threads (MPI_THREAD_MULTIPLE): a call uses the objects that it has looked up until it
 * ends, whatever others free meanwhile, and what it makes is found by others when it has ended.
 *
 * A handle that was freed while the object is still needed (an error handler of a living
 * communicator, a keyval of a set attribute) is only hidden; the slot is reused when the last
 * reference goes.
 */
#ifndef MPIWASM_MPI_HANDLES_H
#define MPIWASM_MPI_HANDLES_H

#include "mpi/mpi_constants.h"

#include "mpi/mpi_lock.h"

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mpilayer_class {
    MPILAYER_COMM = 1,
    MPILAYER_GROUP,
    MPILAYER_DATATYPE,
    MPILAYER_REQUEST,
    MPILAYER_MESSAGE,
    MPILAYER_INFO,
    MPILAYER_ERRHANDLER,
    MPILAYER_OP,
    MPILAYER_KEYVAL,
    MPILAYER_WIN,
    MPILAYER_SESSION,
    MPILAYER_FILE,
    MPILAYER_TOOL, /* all handles of MPI_T: mpi_tools.h */
    MPILAYER_CLASS_COUNT
};

enum {
    MPILAYER_FIRST_HANDLE = 0x1000,
    MPILAYER_INDEX_BITS = 20,
    MPILAYER_GENERATION_BITS = 7,
    MPILAYER_INDEX_MASK = (1 << MPILAYER_INDEX_BITS) - 1,
    MPILAYER_GENERATION_MASK = (1 << MPILAYER_GENERATION_BITS) - 1,
};

/* The head of every object. */
struct mpilayer_object {
    uint32_t handle;     /* the guest's; 0: hidden or free */
    uint32_t found_by;   /* the handle, or 0 while it may not be looked up yet */
    uint32_t generation; /* of the slot's next handle */
    uint32_t link;       /* index + 1: of this slot; of the next free one while this is free */
    uint32_t references; /* 0: free */
    uint32_t users;      /* calls of threads that have looked it up, each a reference */
};

struct mpilayer_table {
    uint8_t *objects;          /* quota * size bytes, reserved; never moves */
    uint32_t used;             /* slots [0, used) have been handed out at least once */
    uint32_t quota;            /* slots at most */
    uint32_t first_free;       /* index + 1, 0: none */
    uint32_t size;             /* bytes of an object */
    uint32_t predefined_first; /* handle of slot 0; slots below predefined_count are the ABI's */
    uint32_t predefined_count;
    uint32_t class;
    uint32_t live; /* user objects that exist now */
};

/* The calling thread's call uses the object until it ends. NULL: no memory. */
void *mpilayer_thread_use(const struct mpilayer_table *table, struct mpilayer_object *object);

/* The object, or NULL: not a handle of this class, freed, forged, or the class's null handle. */
static inline void *mpilayer_table_find(const struct mpilayer_table *table, uint32_t handle) {
    uint32_t index = handle >= MPILAYER_FIRST_HANDLE ? handle & MPILAYER_INDEX_MASK
                                                     : handle - table->predefined_first;
    if (index >= table->used) {
        return NULL;
    }
    struct mpilayer_object *object =
        (struct mpilayer_object *)(table->objects + (size_t)index * table->size);
    if (object->found_by != handle) return NULL;
    return __builtin_expect(mpilayer_is_multiple, 0) ? mpilayer_thread_use(table, object) : object;
}

/* Reserve a table. Handles [first, first + count) are the class's predefined ones (count may be 0).
 * False: no address space. */
bool mpilayer_table_open(struct mpilayer_table *table, enum mpilayer_class class,
                         size_t object_size, uint32_t quota, uint32_t predefined_first,
                         uint32_t predefined_count);
void mpilayer_table_close(struct mpilayer_table *table);

/* Make the predefined handle valid; the object is zeroed but for its head. Never freed. */
void *mpilayer_table_predefine(struct mpilayer_table *table, uint32_t handle);

/* A new object, zeroed but for its head, one reference; NULL if the quota is used up. */
void *mpilayer_table_allocate(struct mpilayer_table *table);

/* Make the guest's handle invalid, keep the object. */
static inline void mpilayer_object_hide(struct mpilayer_object *object) {
    object->handle = object->found_by = 0;
}
/* Valid (again) for everybody. */
static inline void mpilayer_object_show(struct mpilayer_object *object, uint32_t handle) {
    object->handle = object->found_by = handle;
}
static inline void mpilayer_object_reference(struct mpilayer_object *object) {
    object->references++;
}
/* Drop one reference; true: it was the last, the handle is invalid and the slot is free again
 * (the caller has released what the object owned before, or does so now: its fields stay intact
 * until the next allocation; where other threads may allocate, until the call ends). */
bool mpilayer_object_release(struct mpilayer_table *table, struct mpilayer_object *object);
/* Drop the reference of a call that has used the object of this class. */
struct mpilayer;
void mpilayer_object_end_use(struct mpilayer *layer, enum mpilayer_class class,
                             struct mpilayer_object *object);
/* Then its slot is free. */
void mpilayer_object_reuse(struct mpilayer_table *table, struct mpilayer_object *object);

/* ---- the objects ---- */

struct mpilayer_attribute;

/* Attributes of a communicator, datatype or window; zeroed is empty. See mpi_attributes.h. */
struct mpilayer_attributes {
    struct mpilayer_attribute *list; /* malloc'ed, in the order they were set */
    uint32_t count, capacity;
};

struct mpilayer_errhandler;

struct mpilayer_comm {
    struct mpilayer_object object;
    MPI_Comm host;
    int rank, size;
    int remote_size; /* of the remote group if inter, else == size */
    bool inter;
    bool predefined;
    bool in_collective; /* a thread's call, see mpilayer_collective_begin */
    bool free_later;    /* the host's, when the calls of other threads end that use it */
    /* The handle of the window, session or file that this stands for, whose error handler it has,
     * see mpi_window.h, mpi_session.h, mpi_file.h; 0: none */
    uint32_t stands_for;
    int topology;              /* GUEST_MPI_CART, _GRAPH, _DIST_GRAPH; 0: none */
    int dimensions;            /* of a Cartesian topology */
    int in_degree, out_degree; /* neighbours of this rank, as neighbourhood collectives count */
    struct mpilayer_errhandler *errhandler; /* referenced; never NULL */
    bool errhandler_is_initial;             /* neither set nor inherited from one that was set */
    struct mpilayer_attributes attributes;
    struct mpilayer_info *info;     /* the hints set; referenced; NULL: none */
    struct mpilayer_buffer *buffer; /* of buffered sends, see mpi_buffer.h; NULL: none */
    uint32_t session;               /* the handle of the session that it comes from; 0: none */
    uint64_t kept;                  /* bytes of its topology, see mpilayer_kept_check */
    char name[GUEST_MPI_MAX_OBJECT_NAME];
};

struct mpilayer_group {
    struct mpilayer_object object;
    MPI_Group host;
    int size;
    bool predefined;
    uint32_t session; /* the handle of the session that it comes from; 0: unknown */
};

/* Memory that a call needs until it ends, or that a request needs until it completes. */
struct mpilayer_block {
    struct mpilayer_block *next;
    /* Called before the block is freed; may be NULL. */
    void (*finish)(struct mpilayer_block *block);
    uint64_t size; /* bytes that it counts for, see mpilayer_kept_check */
    bool small;    /* of the size that is kept for the next call */
    max_align_t data[];
};

struct mpilayer_request;

enum mpilayer_ready {
    MPILAYER_READY,   /* what is left is the host's request alone */
    MPILAYER_NOT_YET, /* ask again: others have to do something first */
    MPILAYER_NEVER,   /* not before this process does something: waiting is in vain */
};

/* Of a request of which the host's is only a part; each may be NULL. */
struct mpilayer_request_hooks {
    /* May the host's request be completed? *code: the host's, if something failed on the way. */
    enum mpilayer_ready (*ready)(struct mpilayer_request *request, int *code);
    int (*start)(struct mpilayer_request *request); /* in place of MPI_Start */
    int (*free)(struct mpilayer_request *request);  /* in place of MPI_Request_free */
    void (*mend)(const struct mpilayer_request *request, MPI_Status *status); /* for the guest */
    void (*release)(struct mpilayer_request *request);                        /* its state */
};

struct mpilayer_request {
    struct mpilayer_object object;
    MPI_Request host;
    const char *made_by; /* the function: "MPI_Isend" */
    struct mpilayer_comm
        *comm; /* referenced: whose error handler its failure goes to; NULL: world */
    struct mpilayer_block *blocks;  /* kept until completion; owned */
    uint64_t kept;                  /* bytes that it counts for, see mpilayer_kept_check */
    struct mpilayer_comm *new_comm; /* of Comm_idup; owned, hidden until completion */
    uint32_t new_handle;            /* its handle then */
    bool persistent;
    bool cancelled;                          /* MPI_Cancel, since it was started */
    bool active;                             /* only if persistent: started and not completed yet */
    bool generalized, completing, completed; /* MPI_Grequest_start, MPI_Grequest_complete */
    const struct mpilayer_request_hooks *hooks; /* NULL: the host's request is all */
    void *state;                                /* of the hooks */
    const void *claimer; /* the thread whose call has claimed it, see mpi_lock.h; NULL: none */
    enum mpilayer_purpose claimed_for; /* by that */
    bool held;    /* while it is left out of an array: the host's request is not looked at */
    bool visited; /* while an array of requests is gathered: to find one that occurs twice */
};

struct mpilayer_message {
    struct mpilayer_object object;
    MPI_Message host;
    struct mpilayer_comm *comm; /* referenced */
};

struct mpilayer_info_pair {
    char *key, *value; /* malloc'ed */
};

struct mpilayer_info {
    struct mpilayer_object object;
    struct mpilayer_info_pair *pairs; /* owned; info objects live in the layer, not in the host */
    uint32_t count, capacity;
    bool predefined;
};

struct mpilayer_errhandler {
    struct mpilayer_object object;
    uint32_t handle;           /* of the object, also while it is hidden */
    uint32_t guest_references; /* how often the guest may free it; 0: hidden */
    uint32_t function;         /* index of the guest's function; 0 with a predefined handler */
    bool predefined;
};

struct mpilayer_keyval {
    struct mpilayer_object object;
    uint32_t handle;       /* also while it is hidden: callbacks get it */
    uint32_t copy, delete; /* indices of guest functions, or GUEST_MPI_COMM_NULL_COPY_FN, _DUP_FN */
    uint32_t extra_state;
    bool freed;             /* by the guest; attributes that are set keep key and handle alive */
    enum mpilayer_class of; /* MPILAYER_COMM, _DATATYPE or _WIN */
};

#endif

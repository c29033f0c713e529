/*
 * mpi_handles.c - the tables of objects behind the guest's handles.
 *
 * A table is address space for its quota of objects, touched slot by slot; free slots form a list.
 * A slot's generation goes into its handle, so that a handle kept beyond its free does not mean the
 * slot's next object (until the slot has been reused 128 times: then it is one of the guest's own
 * objects, never anything else).
 */
#include "mpi/mpi_handles.h"

#include "mpi/mpi_info.h"
#include "mpi/mpi_op.h"

#include <string.h>
#include <sys/mman.h>

static struct mpilayer_object *object_at(const struct mpilayer_table *table, uint32_t index) {
    return (struct mpilayer_object *)(table->objects + (size_t)index * table->size);
}

bool mpilayer_table_open(struct mpilayer_table *table, enum mpilayer_class class,
                         size_t object_size, uint32_t quota, uint32_t predefined_first,
                         uint32_t predefined_count) {
    size_t size = (object_size + 15) & ~(size_t)15;
    void *objects = mmap(NULL, size * quota, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (objects == MAP_FAILED) {
        return false;
    }
    *table = (struct mpilayer_table){
        .objects = objects,
        .used = predefined_count,
        .quota = quota,
        .size = (uint32_t)size,
        .predefined_first = predefined_first,
        .predefined_count = predefined_count,
        .class = class,
    };
    return true;
}

void mpilayer_table_close(struct mpilayer_table *table) {
    if (table->objects != NULL) {
        munmap(table->objects, (size_t)table->size * table->quota);
    }
    *table = (struct mpilayer_table){0};
}

void *mpilayer_table_predefine(struct mpilayer_table *table, uint32_t handle) {
    struct mpilayer_object *object = object_at(table, handle - table->predefined_first);
    memset(object, 0, table->size);
    mpilayer_object_show(object, handle);
    object->references = 1;
    return object;
}

void *mpilayer_table_allocate(struct mpilayer_table *table) {
    uint32_t index;
    struct mpilayer_object *object;
    if (table->first_free != 0) {
        index = table->first_free - 1;
        object = object_at(table, index);
        table->first_free = object->link;
    } else if (table->used < table->quota) {
        index = table->used++;
        object = object_at(table, index);
    } else {
        return NULL;
    }
    uint32_t generation = object->generation;
    memset(object, 0, table->size);
    object->handle = table->class << (MPILAYER_INDEX_BITS + MPILAYER_GENERATION_BITS) |
                     generation << MPILAYER_INDEX_BITS | index;
    object->generation = (generation + 1) & MPILAYER_GENERATION_MASK;
    object->link = index + 1;
    object->references = 1;
    /* Without memory to remember that it has to be shown later, it is shown now. */
    if (!mpilayer_is_multiple || !mpilayer_thread_show_later(object)) {
        object->found_by = object->handle;
    }
    table->live++;
    return object;
}

bool mpilayer_object_release(struct mpilayer_table *table, struct mpilayer_object *object) {
    if (--object->references > 0) {
        return false;
    }
    mpilayer_object_hide(object);
    table->live--;
    if (!mpilayer_is_multiple || !mpilayer_thread_keep(table, object)) {
        mpilayer_object_reuse(table, object);
    }
    return true;
}

void mpilayer_object_end_use(struct mpilayer *layer, enum mpilayer_class class,
                             struct mpilayer_object *object) {
    if (class == MPILAYER_COMM) {
        struct mpilayer_comm *comm = (struct mpilayer_comm *)object;
        if (comm->free_later && object->users == 0) {
            comm->free_later = false;
            MPI_Comm_free(&comm->host);
        }
        mpilayer_comm_release(layer, comm);
    } else if (class == MPILAYER_DATATYPE) {
        mpilayer_datatype_release((struct mpilayer_datatype *)object);
    } else if (class == MPILAYER_OP) {
        mpilayer_op_release((struct mpilayer_op *)object);
    } else if (class == MPILAYER_INFO) {
        mpilayer_info_release(layer, (struct mpilayer_info *)object);
    } else {
        mpilayer_object_release(&layer->tables[class], object);
    }
}

void mpilayer_object_reuse(struct mpilayer_table *table, struct mpilayer_object *object) {
    uint32_t own = object->link;
    object->link = table->first_free;
    table->first_free = own;
}

/*
 * communicators.c - groups and communicators, intercommunicators, attributes with callbacks, names,
 * info objects.
 */
#include "report.h"

static const char *comparison(int result) {
    return result == MPI_IDENT       ? "ident"
           : result == MPI_CONGRUENT ? "congruent"
           : result == MPI_SIMILAR   ? "similar"
                                     : "unequal";
}

static void groups(void) {
    MPI_Group world, half, rest, both, none;
    int result, size, position, list[16], translated[16];
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    int count = (ranks + 1) / 2;
    for (int i = 0; i < count; i++)
        list[i] = 2 * i;
    MPI_Group_incl(world, count, list, &half);
    MPI_Group_excl(world, count, list, &rest);
    MPI_Group_size(half, &size);
    MPI_Group_rank(half, &position);
    report("half: size %d rank %d", size, position == MPI_UNDEFINED ? -1 : position);
    MPI_Group_size(rest, &size);
    report("rest: size %d, empty %d", size, rest == MPI_GROUP_EMPTY);
    MPI_Group_union(half, rest, &both);
    MPI_Group_compare(world, both, &result);
    report("union against world: %s", comparison(result));
    MPI_Group_intersection(half, rest, &none);
    MPI_Group_size(none, &size);
    report("intersection: %d", size);
    for (int i = 0; i < ranks; i++)
        list[i] = i;
    MPI_Group_translate_ranks(half, count, list, world, translated);
    report_ints("of half", translated, count);
    MPI_Group_translate_ranks(world, ranks, list, half, translated);
    for (int i = 0; i < ranks; i++)
        if (translated[i] == MPI_UNDEFINED) translated[i] = -1;
    report_ints("translated", translated, ranks);
    int range[1][3] = {{ranks - 1, 0, -1}};
    MPI_Group reversed, difference;
    MPI_Group_range_incl(world, 1, range, &reversed);
    MPI_Group_compare(world, reversed, &result);
    report("reversed: %s", comparison(result));
    MPI_Group_range_excl(world, 1, range, &difference);
    MPI_Group_size(difference, &size);
    report("all excluded: %d", size);

    MPI_Comm created, grouped;
    MPI_Comm_create(MPI_COMM_WORLD, half, &created);
    report("member of half: %d", created != MPI_COMM_NULL);
    if (created != MPI_COMM_NULL) {
        int sum = 0;
        MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, created);
        report("sum in half: %d", sum);
        MPI_Comm_create_group(MPI_COMM_WORLD, half, 17, &grouped);
        MPI_Comm_compare(created, grouped, &result);
        report("create and create_group: %s", comparison(result));
        MPI_Comm_free(&grouped);
        MPI_Comm_free(&created);
        report("freed: %d", created == MPI_COMM_NULL);
    }
    MPI_Group_free(&world);
    MPI_Group_free(&half);
    if (rest != MPI_GROUP_EMPTY) MPI_Group_free(&rest);
    MPI_Group_free(&both);
    MPI_Group_free(&reversed);
}

static void splits(void) {
    MPI_Comm parity, node, all, none;
    int size, position, result;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &parity);
    MPI_Comm_size(parity, &size);
    MPI_Comm_rank(parity, &position);
    report("split: rank %d of %d", position, size);
    MPI_Comm_split(MPI_COMM_WORLD, MPI_UNDEFINED, 0, &none);
    report("split of nobody: %d", none == MPI_COMM_NULL);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &size);
    report("node: %d", size);
    MPI_Comm_dup(MPI_COMM_WORLD, &all);
    MPI_Comm_compare(MPI_COMM_WORLD, all, &result);
    report("dup: %s", comparison(result));
    MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_WORLD, &result);
    report("itself: %s", comparison(result));

    MPI_Comm later;
    MPI_Request request;
    MPI_Comm_idup(all, &later, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    int value = rank == 0 ? 42 : 0;
    MPI_Bcast(&value, 1, MPI_INT, 0, later);
    report("idup: %d", value);

    char name[MPI_MAX_OBJECT_NAME];
    int length;
    MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
    report("name: %s %d", name, length);
    MPI_Comm_get_name(later, name, &length);
    report("no name: '%s' %d", name, length);
    MPI_Comm_set_name(later, "a communicator");
    MPI_Comm_get_name(later, name, &length);
    report("name: %s %d", name, length);

    if (ranks > 1) {
        MPI_Comm inter, merged;
        int flag, remote;
        MPI_Group group;
        MPI_Intercomm_create(parity, 0, MPI_COMM_WORLD,
                             rank % 2 == 0 ? (ranks - 1) / 2 * 2 + 1 - (ranks % 2 == 0 ? 0 : 2)
                                           : (ranks - 1) / 2 * 2,
                             18, &inter);
        MPI_Comm_test_inter(inter, &flag);
        MPI_Comm_remote_size(inter, &remote);
        MPI_Comm_size(inter, &size);
        report("inter: %d local %d remote %d", flag, size, remote);
        MPI_Comm_remote_group(inter, &group);
        MPI_Group_size(group, &size);
        report("remote group: %d", size);
        MPI_Group_free(&group);
        int mine = rank, other = -1;
        MPI_Comm_rank(inter, &position);
        if (position < remote) {
            MPI_Sendrecv(&mine, 1, MPI_INT, position, 19, &other, 1, MPI_INT, position, 19, inter,
                         MPI_STATUS_IGNORE);
        }
        report("across: %d", other);
        MPI_Intercomm_merge(inter, rank % 2, &merged);
        MPI_Comm_rank(merged, &position);
        MPI_Comm_size(merged, &size);
        report("merged: rank %d of %d", position, size);
        MPI_Comm_free(&merged);
        MPI_Comm_disconnect(&inter);
    }
    MPI_Comm_free(&later);
    MPI_Comm_free(&all);
    MPI_Comm_free(&node);
    MPI_Comm_free(&parity);
}

static int copies, deletes;

static int copy_attribute(MPI_Comm comm, int keyval, void *extra_state, void *in, void *out,
                          int *flag) {
    copies++;
    *(void **)out = (char *)in + *(int *)extra_state;
    *flag = 1;
    return MPI_SUCCESS;
}
static int refuse_copy(MPI_Comm comm, int keyval, void *extra_state, void *in, void *out,
                       int *flag) {
    *flag = 0;
    return extra_state == NULL ? MPI_SUCCESS : MPI_ERR_INTERN;
}
static int delete_attribute(MPI_Comm comm, int keyval, void *value, void *extra_state) {
    deletes++;
    return MPI_SUCCESS;
}

static void attributes(void) {
    int key, dup_key, null_key, refused, flag, step = 5, *limit;
    char *base = (char *)&step, *value;
    MPI_Comm first, second;
    MPI_Comm_dup(MPI_COMM_SELF, &first);
    MPI_Comm_create_keyval(copy_attribute, delete_attribute, &key, &step);
    MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &dup_key, NULL);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, delete_attribute, &null_key, NULL);
    MPI_Comm_create_keyval(refuse_copy, MPI_COMM_NULL_DELETE_FN, &refused, NULL);
    MPI_Comm_get_attr(first, key, &value, &flag);
    report("before: %d", flag);
    MPI_Comm_set_attr(first, key, base);
    MPI_Comm_set_attr(first, dup_key, base + 1);
    MPI_Comm_set_attr(first, null_key, base + 2);
    MPI_Comm_set_attr(first, refused, base + 3);
    MPI_Comm_dup(first, &second);
    MPI_Comm_get_attr(second, key, &value, &flag);
    report("copied: %d %d", flag, (int)(value - base));
    MPI_Comm_get_attr(second, dup_key, &value, &flag);
    report("duplicated: %d %d", flag, (int)(value - base));
    MPI_Comm_get_attr(second, null_key, &value, &flag);
    report("not copied: %d", flag);
    MPI_Comm_get_attr(second, refused, &value, &flag);
    report("refused: %d", flag);
    report("copies %d deletes %d", copies, deletes);
    MPI_Comm_set_attr(second, key, base + 4); /* replaces: a delete */
    report("deletes %d", deletes);
    MPI_Comm_delete_attr(second, key);
    report("deletes %d", deletes);
    MPI_Comm_free_keyval(&key);
    report("key: %d", key == MPI_KEYVAL_INVALID);
    MPI_Comm_free(&second);
    MPI_Comm_free(&first);
    report("deletes %d", deletes);

    int bad;
    MPI_Comm third;
    MPI_Comm_dup(MPI_COMM_SELF, &first);
    MPI_Comm_set_errhandler(first, MPI_ERRORS_RETURN);
    MPI_Comm_create_keyval(refuse_copy, MPI_COMM_NULL_DELETE_FN, &bad, &step);
    MPI_Comm_set_attr(first, bad, base);
    report("failing copy: %d", MPI_Comm_dup(first, &third) != MPI_SUCCESS);
    MPI_Comm_free(&first);
    MPI_Comm_free_keyval(&bad);

    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &limit, &flag);
    report("tag_ub: %d %d", flag, *limit >= 32767);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_WTIME_IS_GLOBAL, &limit, &flag);
    report("wtime_is_global: %d", flag);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &limit, &flag);
    report("lastusedcode: %d %d", flag, *limit >= MPI_ERR_LASTCODE);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_HOST, &limit, &flag);
    report("host: %d %d", flag, flag && *limit == MPI_PROC_NULL);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_IO, &limit, &flag);
    report("io: %d %d", flag, flag && *limit == MPI_ANY_SOURCE);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &limit, &flag);
    report("universe_size: %d %d", flag, flag ? *limit : 0);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_APPNUM, &limit, &flag);
    report("appnum: %d %d", flag, flag ? *limit : 0);

    /* Attributes of datatypes, and at the end those of MPI_COMM_SELF. */
    int type_key;
    MPI_Datatype type, type2;
    MPI_Type_create_keyval(MPI_TYPE_DUP_FN, MPI_TYPE_NULL_DELETE_FN, &type_key, NULL);
    MPI_Type_contiguous(3, MPI_INT, &type);
    MPI_Type_set_attr(type, type_key, base + 6);
    MPI_Type_dup(type, &type2);
    MPI_Type_get_attr(type2, type_key, &value, &flag);
    report("of a datatype: %d %d", flag, (int)(value - base));
    MPI_Type_free(&type);
    MPI_Type_free(&type2);
    MPI_Type_free_keyval(&type_key);
}

static void infos(void) {
    MPI_Info info, copy;
    int count, flag, length;
    char text[MPI_MAX_INFO_VAL + 1];
    MPI_Info_create(&info);
    MPI_Info_set(info, "first", "1");
    MPI_Info_set(info, "second", "two");
    MPI_Info_set(info, "first", "one");
    MPI_Info_get_nkeys(info, &count);
    report("keys: %d", count);
    MPI_Info_get_nthkey(info, 1, text);
    report("second key: %s", text);
    MPI_Info_get(info, "first", MPI_MAX_INFO_VAL, text, &flag);
    report("first: %d %s", flag, text);
    MPI_Info_get(info, "third", MPI_MAX_INFO_VAL, text, &flag);
    report("third: %d", flag);
    MPI_Info_get_valuelen(info, "second", &length, &flag);
    report("length: %d %d", flag, length);
    MPI_Info_dup(info, &copy);
    MPI_Info_delete(info, "first");
    MPI_Info_get_nkeys(info, &count);
    report("after delete: %d", count);
    MPI_Info_get_nkeys(copy, &count);
    report("copy: %d", count);
    MPI_Info_free(&info);
    MPI_Info_free(&copy);
    report("freed: %d", info == MPI_INFO_NULL);
    MPI_Comm comm;
    MPI_Info_create(&info);
    MPI_Comm_dup_with_info(MPI_COMM_SELF, info, &comm);
    MPI_Info_free(&info);
    MPI_Comm_get_info(comm, &info);
    report("info of a communicator: %d", info != MPI_INFO_NULL);
    MPI_Info_free(&info);
    MPI_Comm_free(&comm);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    groups();
    splits();
    attributes();
    infos();
    finish();
    return 0;
}

/* external32: bytes, sizes and the way back, of types that are the same size everywhere. */
#include "report.h"

#include <stdint.h>

static void look_at(const char *name, MPI_Datatype type, const void *data, void *back, size_t size,
                    int count) {
    char datarep[] = "external32";
    unsigned char packed[256];
    char text[600];
    MPI_Aint external_size, position = 0;
    MPI_Pack_external_size(datarep, count, type, &external_size);
    MPI_Pack_external(datarep, data, count, type, packed, sizeof packed, &position);
    for (int i = 0; i < (int)position; i++)
        snprintf(text + 2 * i, 3, "%02x", packed[i]);
    report("%s: size %d position %d %s", name, (int)external_size, (int)position, text);
    position = 0;
    MPI_Unpack_external(datarep, packed, sizeof packed, &position, back, count, type);
    report("%s: back %d, position %d", name, memcmp(data, back, size) == 0, (int)position);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    int16_t shorts[4] = {1, -2, 300, -32768}, shorts_back[4];
    int32_t ints[3] = {1, -2, 123456789}, ints_back[3];
    int64_t longs[2] = {INT64_C(0x123456789abcdef), -5}, longs_back[2];
    float floats[3] = {1.5f, -0.25f, 1e10f}, floats_back[3];
    double doubles[2] = {3.25, -1e100}, doubles_back[2];
    char chars[6] = "hello", chars_back[6];
    look_at("int16", MPI_INT16_T, shorts, shorts_back, sizeof shorts, 4);
    look_at("int32", MPI_INT, ints, ints_back, sizeof ints, 3);
    look_at("int64", MPI_INT64_T, longs, longs_back, sizeof longs, 2);
    look_at("float", MPI_FLOAT, floats, floats_back, sizeof floats, 3);
    look_at("double", MPI_DOUBLE, doubles, doubles_back, sizeof doubles, 2);
    look_at("char", MPI_CHAR, chars, chars_back, sizeof chars, 6);
    MPI_Datatype type;
    MPI_Type_vector(2, 1, 2, MPI_INT16_T, &type);
    MPI_Type_commit(&type);
    memcpy(shorts_back, shorts, sizeof shorts);
    look_at("vector", type, shorts, shorts_back, sizeof shorts, 1);
    MPI_Type_free(&type);
    finish();
    return 0;
}

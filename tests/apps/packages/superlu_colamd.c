/* The natural order of columns, under the names of colamd. */
unsigned colamd_recommended(int nonzeros, int rows, int columns) {
    return (unsigned)(nonzeros + rows + columns);
}

void colamd_set_defaults(double *knobs) {
}

int colamd(int rows, int columns, int size, int *indices, int *order, double *knobs, int *stats) {
    for (int i = 0; i <= columns; i++)
        order[i] = i;
    return 1;
}

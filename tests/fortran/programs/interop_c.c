#include <stdlib.h>
#include <string.h>

struct point {
    double x;
    int tag;
    long number;
};

int shared_counter;
void from_c(const char *text, int length);

void move_point(struct point *p, double dx) {
    p->x += dx;
    p->tag++;
    p->number *= 2;
}

size_t text_length(const char *text) {
    return strlen(text);
}

int fold(const int *values, size_t count, int (*f)(int, int)) {
    int value = values[0];
    for (size_t i = 1; i < count; i++)
        value = f(value, values[i]);
    return value;
}

void *make_values(int count) {
    float *values = malloc((size_t)count * sizeof *values);
    for (int i = 0; i < count; i++)
        values[i] = (float)i + 0.25f;
    return values;
}

float sum_at(const float *values, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

void call_back(void) {
    shared_counter += 2;
    from_c("hello", 5);
}

struct chunk {
    size_t length;
    int *data;
    int (*f)(int, int);
    int tag;
};

void work_on(struct chunk *chunks, int count) {
    for (struct chunk *c = chunks; c < chunks + count; c++) {
        for (size_t i = 0; i < c->length; i++)
            c->data[i] = c->f(c->data[i], 15) + c->tag;
        c->tag += (int)c->length;
    }
    chunks[0].data++;
    chunks[1].f = NULL;
}

/* Streams of the C library on files: modes, positions, formatted text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const char *name) {
    char line[256];
    FILE *file = fopen(name, "r");
    printf("%s:", name);
    while (file && fgets(line, sizeof line, file)) {
        printf(" [%.*s]", (int)strcspn(line, "\n"), line);
    }
    printf(" %s\n", file ? "end" : strerror(errno));
    if (file) fclose(file);
}

int main(void) {
    static const char *const modes[] = {"w", "a", "r+", "w+", "a+", "wx", "r"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        FILE *file = fopen("file", modes[i]);
        if (!file) {
            printf("%s: %d\n", modes[i], errno == EEXIST);
            continue;
        }
        int put = fprintf(file, "mode %s %d %5.2f %e\n", modes[i], 42, 2.5, 1e-300);
        int flushed = fflush(file);
        fprintf(stdout, "%s: %d %d %d %ld\n", modes[i], put, flushed, !!ferror(file), ftell(file));
        fclose(file);
        show("file");
    }
    FILE *file = fopen("numbers", "w+");
    for (int i = 0; i < 10000; i++) {
        fprintf(file, "%d %a\n", i, i / 3.0);
    }
    rewind(file);
    double sum = 0;
    int number, lines = 0;
    double value;
    while (fscanf(file, "%d %lf", &number, &value) == 2) {
        sum += number * value;
        lines++;
    }
    printf("%d lines, %.17g, eof %d\n", lines, sum, !!feof(file));
    fseek(file, -20, SEEK_END);
    long end = ftell(file);
    int c = getc(file);
    ungetc('!', file);
    printf("%ld %c\n", end, c);
    printf("%c\n", getc(file));
    fseek(file, 100000, SEEK_SET);
    fputs("hole", file);
    fflush(file);
    fseek(file, 0, SEEK_END);
    printf("%ld\n", ftell(file));
    fclose(file);
    show("missing");
    printf("%d\n", fopen("missing/file", "w") == NULL && errno == ENOENT);
    printf("%d\n", remove("file"));
    show("file");
    show("data/input");
    return 0;
}

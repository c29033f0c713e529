/* Standard input, by lines and by poll. */
//! stdin: first line\nsecond 2 2.5\nlast without end
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char line[100], word[100];
    int number;
    double value;
    struct pollfd polled = {0, POLLIN, 0};
    printf("%d\n", poll(&polled, 1, 5000));
    printf("%d\n", (polled.revents & POLLIN) != 0);
    printf("%d\n", isatty(0));
    printf("%d\n", fgets(line, sizeof line, stdin) != NULL);
    printf("%s", line);
    printf("%d\n", scanf("%99s %d %lf", word, &number, &value));
    printf("%s %d %g\n", word, number, value);
    getchar();
    printf("%d\n", fgets(line, sizeof line, stdin) != NULL);
    printf("[%s]\n", line);
    printf("%d %d\n", fgets(line, sizeof line, stdin) == NULL, !!feof(stdin));
    return 0;
}

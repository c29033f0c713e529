/* An object with imports of all kinds, for link_object_test.c. */
extern int data;
__attribute__((import_name("other"), import_module("place"))) void explicit(void);
double called(int n, long long l, float f, double d);
__attribute__((weak)) void maybe(const char *text);
long double wide(void);
static int hidden(int n) {
    return called(n, n, 1, 2) > data;
}
int shown(int n) {
    explicit();
    if (maybe) maybe("text");
    return hidden(n) + hidden(n + 1) + (wide() > 1);
}
float taken(double d);
void (*pointer(void))(void) {
    return (void (*)(void))taken;
}

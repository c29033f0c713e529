/* A member of an archive that is linked, and (UNUSED) one of the same name that is not. */
#ifdef UNUSED
void dgemm_(char *, double);
int never(void) {
    dgemm_("N", 1);
    return 0;
}
#else
int dpotrf_(char *, int *, double *, int *, int *);
int in_archive(void) {
    double a = 9;
    int one = 1, info;
    dpotrf_("L", &one, &a, &one, &info);
    return info == 0 ? (int)a : -1;
}
#endif

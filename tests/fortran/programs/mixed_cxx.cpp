// A template's choice among procedures, inlined into each unit that uses it.
extern "C" {
void dpotrf_(const char &uplo, const int &n, double *a, const int &lda, int &info);
void length_(const char *, int &, long); // right, but for the number of bytes natively
double ddiag_(const char *, const int *, const double *);
int from_cxx();
}

// Only addresses are taken: a table of kernels.
struct kernels {
    double (*diagonal)(const char *, const int *, const double *);
};
static const kernels table[] = {{ddiag_}};

template <typename T> struct cholesky {
    static int factor(T *a, int n) {
        int info;
        dpotrf_('l', n, a, n, info);
        return info;
    }
};

int from_cxx() {
    double a[4] = {1, 2, 2, 1};
    int length, two = 2;
    const kernels *volatile chosen = table;
    if (chosen->diagonal("M", &two, a) != 1) return -1;
    length_("four", length, 4);
    return cholesky<double>::factor(a, 2) * 10 + length;
}

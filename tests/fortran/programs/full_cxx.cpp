// What full_cxx.f90 calls: C++ that throws, and catches what it has thrown.
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

static double half(double x) {
    if (x < 0) throw std::domain_error(std::to_string(static_cast<int>(x)) + " is negative");
    return x / 2;
}

extern "C" int try_half(double x, double *result) {
    try {
        *result = half(x);
        return 0;
    } catch (const std::exception &error) {
        return static_cast<int>(std::string(error.what()).size());
    }
}

extern "C" double total(const double *x, int count) {
    std::vector<double> values(x, x + count);
    return std::accumulate(values.begin(), values.end(), 0.0);
}

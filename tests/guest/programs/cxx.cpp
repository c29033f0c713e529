// The C++ library, constructors and destructors of static objects, a throw without exceptions.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <mpi.h>
#include <omp.h>
#include <stdexcept>
#include <string>
#include <vector>

struct announcer {
    announcer() {
        std::cout << "constructed\n";
    }
    ~announcer() {
        std::cout << "destroyed\n";
    }
};
static announcer global;

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    std::map<std::string, std::vector<int>> table;
    for (int i = 0; i < 10; i++)
        table[i % 2 ? "odd" : "even"].push_back(10 - i);
    for (auto &[name, numbers] : table) {
        std::sort(numbers.begin(), numbers.end());
        std::cout << name << " " << numbers.front() << "\n";
    }
    auto pointer = std::make_unique<int>(argc);
    MPI_Finalize();
    if (argc > 1) throw std::runtime_error("thrown");
    return *pointer - 1;
}

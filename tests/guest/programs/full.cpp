// What the full level's C++ library has beyond the stock one; prints what a native build prints.
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace files = std::filesystem;

struct guard {
    const char *name;
    ~guard() {
        std::cout << "leaving " << name << "\n";
    }
};

struct failure : std::runtime_error {
    int code;
    failure(int code) : std::runtime_error("failure"), code(code) {
    }
};

static int depth(int left) {
    guard here{"depth"};
    if (left == 0) throw failure(7);
    return depth(left - 1) + 1;
}

static void exceptions() {
    try {
        depth(2);
    } catch (const failure &caught) {
        std::cout << "caught " << caught.what() << " " << caught.code << "\n";
    }
    try {
        try {
            std::vector<int>(3).at(5);
        } catch (std::out_of_range &) {
            std::cout << "out of range\n";
            throw;
        }
    } catch (std::exception &) {
        std::cout << "rethrown\n";
    }
    std::exception_ptr kept;
    try {
        throw 42;
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (int number) {
        std::cout << "kept " << number << "\n";
    }
    try {
        try {
            throw std::logic_error("inner");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("outer"));
        }
    } catch (std::runtime_error &outer) {
        try {
            std::rethrow_if_nested(outer);
        } catch (std::logic_error &inner) {
            std::cout << outer.what() << " around " << inner.what() << "\n";
        }
    }
    try {
        std::function<void()> empty;
        empty();
    } catch (std::bad_function_call &) {
        std::cout << "bad function call\n";
    }
    try {
        std::cout << std::stoi("not a number");
    } catch (std::invalid_argument &) {
        std::cout << "invalid argument\n";
    }
}

static void filesystem() {
    files::path root = "full.directory";
    files::remove_all(root);
    files::create_directories(root / "a" / "b");
    std::ofstream(root / "a" / "text") << "one two\n" << 3.5 << "\n";
    std::ifstream in(root / "a" / "text");
    std::string first, second;
    double number;
    in >> first >> second >> number;
    std::cout << first << "," << second << "," << number << "\n";
    std::cout << files::file_size(root / "a" / "text") << " " << files::is_directory(root / "a")
              << " " << files::exists(root / "none") << "\n";
    files::copy_file(root / "a" / "text", root / "a" / "b" / "copy");
    files::rename(root / "a" / "b" / "copy", root / "a" / "b" / "moved");
    std::map<std::string, bool> found;
    for (auto &entry : files::recursive_directory_iterator(root))
        found[entry.path().generic_string()] = entry.is_regular_file();
    for (auto &[path, is_file] : found)
        std::cout << path << (is_file ? " file\n" : " directory\n");
    try {
        files::create_directory(root / "none" / "deeper");
    } catch (files::filesystem_error &error) {
        std::cout << error.path1().generic_string() << ": "
                  << (error.code() == std::errc::no_such_file_or_directory) << "\n";
    }
    std::cout << files::path("/x/y.tar.gz").stem() << files::path("a/../b/./c").lexically_normal()
              << "\n";
    std::cout << files::remove_all(root) << " removed\n";
}

static void streams() {
    long double third = 1.0L / 3, big = 1.5e300L * 1e8L;
    std::cout << std::setprecision(15) << third << " " << big << " " << std::hexfloat << 0.15625
              << std::defaultfloat << "\n";
    std::ostringstream out;
    out << std::setw(8) << std::setfill('*') << std::fixed << std::setprecision(3) << 2.0L / 3
        << std::boolalpha << true;
    std::cout << out.str() << "\n";
    long double parsed;
    std::istringstream("2.25") >> parsed;
    char text[32];
    auto end = std::to_chars(text, text + sizeof text, 0.1).ptr;
    std::cout << parsed << " " << std::string(text, end) << "\n";
    std::wostringstream wide;
    wide << L"w" << 12;
    std::cout << wide.str().size() << "\n";
    std::smatch match;
    std::string line = "rank 12 of 64";
    if (std::regex_search(line, match, std::regex("(\\d+) of (\\d+)")))
        std::cout << match[1] << "/" << match[2] << "\n";
}

static void locks() {
    static std::once_flag once;
    std::mutex mutex;
    std::recursive_mutex recursive;
    std::condition_variable condition;
    static thread_local int counter = 5;
    for (int i = 0; i < 2; i++)
        std::call_once(once, [] { std::cout << "once\n"; });
    {
        std::scoped_lock both(mutex, recursive);
        std::lock_guard again(recursive);
        counter++;
    }
    std::unique_lock lock(mutex);
    auto status = condition.wait_for(lock, std::chrono::milliseconds(1));
    std::cout << counter << " " << (status == std::cv_status::timeout) << lock.owns_lock() << "\n";
}

int main() {
    std::ios::sync_with_stdio(true);
    exceptions();
    filesystem();
    streams();
    locks();
    try {
        std::make_unique<guard>(guard{"main"});
        throw std::string("last");
    } catch (std::string &last) {
        std::cout << last << "\n";
    }
    std::cout.flush();
    throw failure(1); // ends the program
}

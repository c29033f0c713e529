"""What the full sysroot is made of, and how it is compiled; sysroot.py has the rest.

The sources are those that the pinned package carries: wasi-libc laid over musl, libc++, libc++abi
and libunwind, without their own build systems.
"""

import concurrent.futures
import fnmatch
import os
import shutil
import subprocess
import sys

from sysroot_common import SHARE, say

PACKAGE, VERSION = "ziglang", "0.14.1"
PLATFORM = "manylinux_2_12_x86_64"  # one file for every machine: only sources are taken from it
SHA256 = "6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f"
TARGET = "wasm32-wasip1"
RECIPE = "3"  # to be raised when what is built changes

# Which files of the C library make sense without a kernel: folder -> patterns, "!" excludes.
MUSL = {
    "complex": "*.c", "conf": "*.c", "crypt": "*.c", "ctype": "*.c", "multibyte": "*.c",
    "prng": "*.c", "regex": "*.c", "search": "*.c", "string": "*.c !strsignal.c",
    "dirent": "alphasort.c versionsort.c", "fcntl": "creat.c", "errno": "strerror.c",
    "env": "clearenv.c getenv.c putenv.c setenv.c unsetenv.c __stack_chk_fail.c",
    "exit": "assert.c atexit.c at_quick_exit.c exit.c quick_exit.c",
    "fenv": "fe[hgsu]*.c fenv.c", "internal": "defsysinfo.c floatscan.c intscan.c libc.c shgetc.c",
    "legacy": "getpagesize.c", "locale": "*.c !bind_textdomain* !dcngettext.c !textdomain.c",
    "math": "*.c !__fpclassify*.c !__signbit*.c !ceil.c !ceilf.c !copysign.c !copysignf.c !fabs.c"
            " !fabsf.c !floor.c !floorf.c !fma[fx].c !fm[io]?.c !fm??f.c !nearbyint.c"
            " !nearbyintf.c !rint.c !rintf.c !sqrt.c !sqrtf.c !trunc.c !truncf.c",
    "misc": "a64l.c basename.c dirname.c ffs*.c fmtmsg.c get[dhos]*.c nftw.c realpath.c uname.c",
    "network": "hton?.c ntoh?.c in6addr_*.c inet_aton.c inet_ntop.c inet_pton.c",
    "stat": "futimesat.c", "stdlib": "*.c", "thread": "thrd_sleep.c", "unistd": "posix_close.c",
    "stdio": "*.c !__lockfile.c !f*lockfile.c !gets.c !p*open.c !pclose.c !remove.c !rename.c"
             " !tempnam.c !tmp*.c",
    "time": "*.c !__map_file.c !clock*.c !*nanosleep.c !time.c !timer_*.c !times.c !utime.c"
            " !gettimeofday.c",
}
# POSIX and C threads: what the pinned sources have of use; guest/src/threads has the rest.
THREAD = """__lock.c call_once.c cnd_*.c lock_ptc.c mtx_*.c pthread_attr_[dgi]*.c
 pthread_attr_set[dg]*.c pthread_attr_setscope.c pthread_attr_setstack*.c pthread_barrier*.c
 pthread_cleanup_push.c pthread_cond_*.c pthread_condattr_[di]*.c pthread_condattr_setpshared.c
 pthread_equal.c pthread_getspecific.c pthread_key_create.c pthread_mutex_[cdiltu]*.c
 pthread_mutexattr_[di]*.c pthread_mutexattr_settype.c pthread_mutexattr_setpshared.c
 pthread_once.c pthread_rwlock*.c pthread_self.c pthread_setcancel*.c pthread_setspecific.c
 pthread_spin*.c pthread_testcancel.c sem_[dgipw]*.c sem_t*.c thrd_[cej]*.c tss_*.c vmlock.c"""
LOCKFILE = "__lockfile.c f*lockfile.c"
# Headers of what a module has not (the compatibility layer has some of them).
OMIT_HEADERS = """aio.h bits/ipc.h bits/kd.h bits/link.h bits/msg.h bits/ptrace.h bits/se*.h
 bits/shm.h bits/soundcard.h bits/statfs.h bits/termios.h bits/user.h bits/vt.h elf.h grp.h
 lastlog.h libintl.h link.h mntent.h net/* netdb.h netinet/ether.h netinet/if_ether.h pty.h pwd.h
 resolv.h scsi/* shadow.h spawn.h stdarg.h stddef.h sys/a[cu]*.h sys/cachectl.h sys/epoll.h
 sys/fanotify.h sys/fsuid.h sys/inotify.h sys/io.h sys/ipc.h sys/k[dl]*.h sys/m[est]*.h sys/mount.h
 sys/p[erot]*.h sys/quota.h sys/reboot.h sys/se[mn]*.h sys/shm.h sys/si*.h sys/soundcard.h
 sys/statfs.h sys/swap.h sys/sys[l]*.h sys/termios.h sys/timerfd.h sys/u[cs]*.h sys/v*.h
 sys/wait.h sys/xattr.h syslog.h termios.h ucontext.h ulimit.h utmp*.h wait.h wordexp.h""".split()
KEEP_HEADERS = ["bits/setjmp.h", "sys/param.h", "sys/poll.h"]
EMPTY = "m pthread rt dl util crypt resolv xnet c-printscan-long-double".split()
EMULATED = {"signal": "signal", "mman": "mman", "getpid": "getpid", "clocks": "process-clocks"}

CFLAGS = """-O2 -DNDEBUG -std=gnu17 -mbulk-memory -msign-ext -mnontrapping-fptoint -mmutable-globals
 -DBULK_MEMORY_THRESHOLD=32 -fno-trapping-math -fno-stack-protector -w""".split()
CXX = """algorithm any bind call_once charconv chrono condition_variable
 condition_variable_destructor error_category exception expected fstream functional future hash ios
 ios.instantiations iostream locale memory memory_resource mutex mutex_destructor new new_handler
 new_helpers optional ostream print random random_shuffle regex shared_mutex stdexcept string
 strstream system_error thread typeinfo valarray variant vector verbose_abort atomic barrier
 filesystem/directory_entry filesystem/directory_iterator filesystem/filesystem_clock
 filesystem/filesystem_error filesystem/int128_builtins filesystem/operations filesystem/path
 ryu/d2fixed ryu/d2s ryu/f2s experimental/keep""".split()
ABI = """abort_message cxa_aux_runtime cxa_default_handlers cxa_demangle cxa_guard cxa_handlers
 cxa_vector cxa_virtual cxa_thread_atexit fallback_malloc private_typeinfo stdlib_exception
 stdlib_stdexcept stdlib_typeinfo""".split()
CONFIG_SITE = """ABI_VERSION 1
ABI_NAMESPACE __1
HAS_MUSL_LIBC
HAS_THREAD_API_PTHREAD
HAS_NO_TIME_ZONE_DATABASE
HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS
HARDENING_MODE_DEFAULT 2
PSTL_BACKEND_SERIAL"""


class BuildError(Exception):
    """A library does not compile; the text says which file and why."""


class Builder:
    """Compiles the files of a library in parallel, shows how far it is, archives the objects."""

    def __init__(self, clang, work, out, jobs):
        self.clang, self.work, self.out = clang, work, out
        self.include = os.path.join(out, "include", TARGET)
        self.lib = os.path.join(out, "lib", TARGET)
        self.ar = subprocess.run([clang, "-print-prog-name=llvm-ar"], check=True, text=True,
                                 capture_output=True).stdout.strip()
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)

    def compile(self, source, target, flags):
        command = [self.clang, f"--target={TARGET}", f"--sysroot={self.out}", *CFLAGS, *flags,
                   "-c", source, "-o", target]
        if not source.endswith(".c"):
            command.remove("-std=gnu17")
        return subprocess.run(command, check=False, text=True, capture_output=True)

    def library(self, name, sources, flags):
        """lib/NAME of the sources [(file, more flags)]; files of one base name keep apart."""
        path, objects, futures = os.path.join(self.lib, name), [], []
        folder = os.path.join(self.work, name.replace("/", "_") + ".objects")
        os.makedirs(folder)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for number, (source, more) in enumerate(sources):
            base = os.path.splitext(os.path.basename(source))[0]
            objects.append(os.path.join(folder, f"{base}.{number}.o"))
            futures.append(self.pool.submit(self.compile, source, objects[-1], flags + more))
        for number, future in enumerate(futures):
            result = future.result()
            if result.returncode != 0:
                self.pool.shutdown(cancel_futures=True)
                raise BuildError(f"cannot compile {sources[number][0]} for {name}:\n{result.stderr}")
            if sys.stdout.isatty():
                print(f"\r{name}: {number + 1} of {len(futures)} ", end="", flush=True)
        if sys.stdout.isatty():
            print("\r\033[K", end="")
        subprocess.run([self.ar, "rcs", path, *objects], check=True)
        say(f"{name}: {len(objects)} files")


def pick(directory, patterns):
    """The files of a folder that match a pattern and none that begins with '!'."""
    words = patterns.split()
    yes, no = [w for w in words if w[0] != "!"], [w[1:] for w in words if w[0] == "!"]
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory))
            if any(fnmatch.fnmatch(name, pattern) for pattern in yes)
            and not any(fnmatch.fnmatch(name, pattern) for pattern in no)]


def build_c(builder, sources, has_threads):
    """Headers, start files, libc.a and its companions."""
    libc, tree = os.path.join(sources, "libc"), os.path.join(builder.work, "musl")
    for part in ("generic-musl", "wasm-wasi-musl"):
        shutil.copytree(os.path.join(libc, "include", part), builder.include, dirs_exist_ok=True)
    for folder, _, names in os.walk(builder.include):
        for name in names:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, builder.include)
            if relative not in KEEP_HEADERS and any(fnmatch.fnmatch(relative, pattern)
                                                    for pattern in OMIT_HEADERS):
                os.remove(path)
    # The files of wasi-libc over those of musl that they replace.
    shutil.copytree(os.path.join(libc, "musl"), tree)
    top, bottom = (os.path.join(libc, "wasi", f"libc-{half}-half") for half in ("top", "bottom"))
    shutil.copytree(os.path.join(top, "musl"), tree, dirs_exist_ok=True)

    private = ["-I" + os.path.join(bottom, "headers", "private"),
               "-I" + os.path.join(bottom, "cloudlibc", "src", "include"),
               "-I" + os.path.join(bottom, "cloudlibc", "src"),
               "-I" + os.path.join(tree, "src", "include"),
               "-I" + os.path.join(tree, "src", "internal")]
    musl = ["-I" + os.path.join(tree, *part) for part in
            (("src", "include"), ("src", "internal"), ("arch", "wasm32"), ("arch", "generic"))]
    musl.append("-I" + os.path.join(top, "headers", "private"))
    files = []
    for folder, patterns in MUSL.items():
        files += [(path, musl) for path in pick(os.path.join(tree, "src", folder), patterns)]
    files += [(path, musl) for path in pick(os.path.join(top, "sources"), "*.c")]
    for start in (os.path.join(bottom, "cloudlibc", "src"), os.path.join(bottom, "sources")):
        for folder, folders, _ in os.walk(start):
            folders.sort()
            files += [(path, private) for path in pick(folder, "*.c !posix.c !__main_void.c")]
    # Some of its functions fail always; the compatibility library has others of the name.
    files.append((os.path.join(bottom, "sources", "posix.c"), private + [
        f"-D{name}=__wasilibc_{name}" for name in ("chmod", "fchmod", "statvfs", "fstatvfs")]))
    files.append((os.path.join(libc, "wasi", "emmalloc", "emmalloc.c"), ["-fno-strict-aliasing"]))
    files += [(path, ["-fno-builtin"]) for path in pick(os.path.join(SHARE, "src"), "*.c")]
    builder.library("libc.a", files, [])
    if has_threads:
        build_threads(builder, tree, files, musl)
    for folder, name in EMULATED.items():
        flags = [] if folder == "signal" else private[:3]
        flags = flags + ["-D_WASI_EMULATED_" + name.upper().replace("-", "_")]
        sources = [(path, flags) for path in pick(os.path.join(bottom, folder), "*.c")]
        if folder == "signal":
            sources += [(path, musl + flags) for path in
                        pick(os.path.join(tree, "src", "signal"), "psignal.c")]
            sources += [(path, musl + flags) for path in
                        pick(os.path.join(tree, "src", "string"), "strsignal.c")]
        builder.library(f"libwasi-emulated-{name}.a", sources, [])
        if has_threads:
            builder.library(f"threads/libwasi-emulated-{name}.a", sources, ["-pthread"])
    for name in EMPTY:
        subprocess.run([builder.ar, "rcs", os.path.join(builder.lib, f"lib{name}.a")], check=True)
    for name in ("crt1-command", "crt1-reactor"):
        source = os.path.join(bottom, "crt", name + ".c")
        result = builder.compile(source, os.path.join(builder.lib, name + ".o"), private)
        if result.returncode != 0:
            raise BuildError(result.stderr)


def build_threads(builder, tree, files, musl):
    """threads/libc.a, its files compiled for shared memory, and threads/libpthread.a."""
    own = os.path.join(SHARE, "src", "threads")
    special = {"emmalloc.c": ["-include", os.path.join(own, "heap_lock.h")],
               "sysconf.c": ["-Dsysconf=__mpiwasm_sysconf"]}  # processors.c has the other
    flags = [(path, more + special.get(os.path.basename(path), [])) for path, more in files]
    builder.library("threads/libc.a", flags, ["-pthread"])
    calls = ["-include", os.path.join(own, "system_calls.h"), "-D_WASI_EMULATED_SIGNAL",
             "-Wno-int-conversion"]
    files = [(path, musl + calls) for folder, patterns in (("thread", THREAD), ("stdio", LOCKFILE))
             for path in pick(os.path.join(tree, "src", folder), patterns)]
    files += [(path, musl + ["-D_WASI_EMULATED_SIGNAL"]) for path in pick(own, "*.c")]
    builder.library("threads/libpthread.a", files, ["-pthread"])


def build_cxx(builder, sources, variants, has_threads):
    """Headers, and lib/{eh,noeh}/libc++.a, which holds libc++abi and libunwind too."""
    libcxx, abi, unwind = (os.path.join(sources, name) for name in
                           ("libcxx", "libcxxabi", "libunwind"))
    headers = os.path.join(builder.include, "c++", "v1")
    for part in (libcxx, abi):
        shutil.copytree(os.path.join(part, "include"), headers, dirs_exist_ok=True)
    for name in ("unwind.h", "unwind_itanium.h", "__libunwind_config.h"):
        shutil.copy(os.path.join(unwind, "include", name), headers)
    with open(os.path.join(headers, "__config_site"), "w", encoding="ascii") as file:
        file.writelines(f"#define _LIBCPP_{line}\n" for line in CONFIG_SITE.splitlines())
    # The package's own compiler defines on its command line what belongs into that file.
    for name in ("__config", os.path.join("__configuration", "abi.h")):
        with open(os.path.join(headers, name), "r+", encoding="utf-8") as file:
            text = file.read()
            file.seek(0)
            file.write("#include <__config_site>\n" + text)
    with open(os.path.join(headers, "__assertion_handler"), "w", encoding="ascii") as file:
        file.write("#include <__verbose_abort>\n#define _LIBCPP_ASSERTION_HANDLER(message) "
                   '_LIBCPP_VERBOSE_ABORT("%s", message)\n')
    common = ["-nostdinc++", "-isystem" + headers, "-isystem" + os.path.join(SHARE, "compat"),
              "-I" + os.path.join(libcxx, "src"), "-I" + os.path.join(abi, "src"),
              "-I" + os.path.join(libcxx, "libc"), "-std=c++23", "-D_LIBCPP_BUILDING_LIBRARY",
              "-D_LIBCXXABI_BUILDING_LIBRARY", "-DLIBCXX_BUILDING_LIBCXXABI",
              "-D_LIBCPP_REMOVE_TRANSITIVE_INCLUDES"]
    for variant, folder in [(variant, folder) for variant in variants
                            for folder in (("", "threads/") if has_threads else ("",))]:
        names = list(ABI)
        flags = common + (["-pthread"] if folder else [])
        files = []
        if variant == "eh":
            flags += ["-fwasm-exceptions"]
            names += ["cxa_exception", "cxa_exception_storage", "cxa_personality"]
            files.append((os.path.join(SHARE, "src", "exception_tag.s"), []))
            files.append((os.path.join(unwind, "src", "Unwind-wasm.c"),
                          ["-std=gnu17", "-D_LIBUNWIND_HIDE_SYMBOLS",
                           "-I" + os.path.join(unwind, "include")]))
        else:
            flags += ["-fno-exceptions"]
            names += ["cxa_noexception"]
        files += [(os.path.join(libcxx, "src", name + ".cpp"), []) for name in CXX]
        files += [(os.path.join(abi, "src", name + ".cpp"), []) for name in names]
        builder.library(f"{folder}{variant}/libc++.a", files, flags)
        for name in ("c++abi", "unwind"):
            path = os.path.join(builder.lib, folder + variant, f"lib{name}.a")
            subprocess.run([builder.ar, "rcs", path], check=True)

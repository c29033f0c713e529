/*
 * wasi_abi.h - the numbers of WASI snapshot preview 1: error codes, rights, flags, and the offsets
 * of the fields of its structures in a guest's linear memory (witx/typenames.witx of the
 * specification; wasi_snapshot_preview1).
 */
#ifndef MPIWASM_WASI_WASI_ABI_H
#define MPIWASM_WASI_WASI_ABI_H

#include <stdint.h>

/* X(name, value): the host's error code is E<name>, ours WASI_E<name>. NOTCAPABLE has none. */
#define WASI_ERRNOS(X)                                                                             \
    X(2BIG, 1)                                                                                     \
    X(ACCES, 2)                                                                                    \
    X(ADDRINUSE, 3)                                                                                \
    X(ADDRNOTAVAIL, 4)                                                                             \
    X(AFNOSUPPORT, 5)                                                                              \
    X(AGAIN, 6)                                                                                    \
    X(ALREADY, 7)                                                                                  \
    X(BADF, 8)                                                                                     \
    X(BADMSG, 9)                                                                                   \
    X(BUSY, 10)                                                                                    \
    X(CANCELED, 11)                                                                                \
    X(CHILD, 12)                                                                                   \
    X(CONNABORTED, 13)                                                                             \
    X(CONNREFUSED, 14)                                                                             \
    X(CONNRESET, 15)                                                                               \
    X(DEADLK, 16)                                                                                  \
    X(DESTADDRREQ, 17)                                                                             \
    X(DOM, 18)                                                                                     \
    X(DQUOT, 19)                                                                                   \
    X(EXIST, 20)                                                                                   \
    X(FAULT, 21)                                                                                   \
    X(FBIG, 22)                                                                                    \
    X(HOSTUNREACH, 23)                                                                             \
    X(IDRM, 24)                                                                                    \
    X(ILSEQ, 25)                                                                                   \
    X(INPROGRESS, 26)                                                                              \
    X(INTR, 27)                                                                                    \
    X(INVAL, 28)                                                                                   \
    X(IO, 29)                                                                                      \
    X(ISCONN, 30)                                                                                  \
    X(ISDIR, 31)                                                                                   \
    X(LOOP, 32)                                                                                    \
    X(MFILE, 33)                                                                                   \
    X(MLINK, 34)                                                                                   \
    X(MSGSIZE, 35)                                                                                 \
    X(MULTIHOP, 36)                                                                                \
    X(NAMETOOLONG, 37)                                                                             \
    X(NETDOWN, 38)                                                                                 \
    X(NETRESET, 39)                                                                                \
    X(NETUNREACH, 40)                                                                              \
    X(NFILE, 41)                                                                                   \
    X(NOBUFS, 42)                                                                                  \
    X(NODEV, 43)                                                                                   \
    X(NOENT, 44)                                                                                   \
    X(NOEXEC, 45)                                                                                  \
    X(NOLCK, 46)                                                                                   \
    X(NOLINK, 47)                                                                                  \
    X(NOMEM, 48)                                                                                   \
    X(NOMSG, 49)                                                                                   \
    X(NOPROTOOPT, 50)                                                                              \
    X(NOSPC, 51)                                                                                   \
    X(NOSYS, 52)                                                                                   \
    X(NOTCONN, 53)                                                                                 \
    X(NOTDIR, 54)                                                                                  \
    X(NOTEMPTY, 55)                                                                                \
    X(NOTRECOVERABLE, 56)                                                                          \
    X(NOTSOCK, 57)                                                                                 \
    X(NOTSUP, 58)                                                                                  \
    X(NOTTY, 59)                                                                                   \
    X(NXIO, 60)                                                                                    \
    X(OVERFLOW, 61)                                                                                \
    X(OWNERDEAD, 62)                                                                               \
    X(PERM, 63)                                                                                    \
    X(PIPE, 64)                                                                                    \
    X(PROTO, 65)                                                                                   \
    X(PROTONOSUPPORT, 66)                                                                          \
    X(PROTOTYPE, 67)                                                                               \
    X(RANGE, 68)                                                                                   \
    X(ROFS, 69)                                                                                    \
    X(SPIPE, 70)                                                                                   \
    X(SRCH, 71)                                                                                    \
    X(STALE, 72)                                                                                   \
    X(TIMEDOUT, 73)                                                                                \
    X(TXTBSY, 74)                                                                                  \
    X(XDEV, 75)

enum wasi_errno {
    WASI_ESUCCESS = 0,
#define WASI_ERRNO_ENTRY(name, value) WASI_E##name = value,
    WASI_ERRNOS(WASI_ERRNO_ENTRY)
#undef WASI_ERRNO_ENTRY
        WASI_ENOTCAPABLE = 76,
};

/* X(name, bit) */
#define WASI_RIGHTS(X)                                                                             \
    X(FD_DATASYNC, 0)                                                                              \
    X(FD_READ, 1)                                                                                  \
    X(FD_SEEK, 2)                                                                                  \
    X(FD_FDSTAT_SET_FLAGS, 3)                                                                      \
    X(FD_SYNC, 4)                                                                                  \
    X(FD_TELL, 5)                                                                                  \
    X(FD_WRITE, 6)                                                                                 \
    X(FD_ADVISE, 7)                                                                                \
    X(FD_ALLOCATE, 8)                                                                              \
    X(PATH_CREATE_DIRECTORY, 9)                                                                    \
    X(PATH_CREATE_FILE, 10)                                                                        \
    X(PATH_LINK_SOURCE, 11)                                                                        \
    X(PATH_LINK_TARGET, 12)                                                                        \
    X(PATH_OPEN, 13)                                                                               \
    X(FD_READDIR, 14)                                                                              \
    X(PATH_READLINK, 15)                                                                           \
    X(PATH_RENAME_SOURCE, 16)                                                                      \
    X(PATH_RENAME_TARGET, 17)                                                                      \
    X(PATH_FILESTAT_GET, 18)                                                                       \
    X(PATH_FILESTAT_SET_SIZE, 19)                                                                  \
    X(PATH_FILESTAT_SET_TIMES, 20)                                                                 \
    X(FD_FILESTAT_GET, 21)                                                                         \
    X(FD_FILESTAT_SET_SIZE, 22)                                                                    \
    X(FD_FILESTAT_SET_TIMES, 23)                                                                   \
    X(PATH_SYMLINK, 24)                                                                            \
    X(PATH_REMOVE_DIRECTORY, 25)                                                                   \
    X(PATH_UNLINK_FILE, 26)                                                                        \
    X(POLL_FD_READWRITE, 27)                                                                       \
    X(SOCK_SHUTDOWN, 28)                                                                           \
    X(SOCK_ACCEPT, 29)

enum wasi_rights {
#define WASI_RIGHT_ENTRY(name, bit) WASI_RIGHT_##name = 1 << bit,
    WASI_RIGHTS(WASI_RIGHT_ENTRY)
#undef WASI_RIGHT_ENTRY
        WASI_RIGHT_ALL = (1 << 30) - 1,
    /* What is meaningful on a directory, and on everything else. */
    WASI_RIGHT_DIRECTORY =
        WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC |
        WASI_RIGHT_FD_ADVISE | WASI_RIGHT_PATH_CREATE_DIRECTORY | WASI_RIGHT_PATH_CREATE_FILE |
        WASI_RIGHT_PATH_LINK_SOURCE | WASI_RIGHT_PATH_LINK_TARGET | WASI_RIGHT_PATH_OPEN |
        WASI_RIGHT_FD_READDIR | WASI_RIGHT_PATH_READLINK | WASI_RIGHT_PATH_RENAME_SOURCE |
        WASI_RIGHT_PATH_RENAME_TARGET | WASI_RIGHT_PATH_FILESTAT_GET |
        WASI_RIGHT_PATH_FILESTAT_SET_SIZE | WASI_RIGHT_PATH_FILESTAT_SET_TIMES |
        WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_PATH_SYMLINK |
        WASI_RIGHT_PATH_REMOVE_DIRECTORY | WASI_RIGHT_PATH_UNLINK_FILE |
        WASI_RIGHT_POLL_FD_READWRITE,
    WASI_RIGHT_FILE = WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK |
                      WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_SYNC | WASI_RIGHT_FD_TELL |
                      WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ADVISE | WASI_RIGHT_FD_ALLOCATE |
                      WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_FD_FILESTAT_SET_SIZE |
                      WASI_RIGHT_FD_FILESTAT_SET_TIMES | WASI_RIGHT_POLL_FD_READWRITE,
};

enum wasi_clockid {
    WASI_CLOCK_REALTIME,
    WASI_CLOCK_MONOTONIC,
    WASI_CLOCK_PROCESS_CPUTIME,
    WASI_CLOCK_THREAD_CPUTIME
};
enum wasi_whence { WASI_WHENCE_SET, WASI_WHENCE_CUR, WASI_WHENCE_END };
enum wasi_advice {
    WASI_ADVICE_NORMAL,
    WASI_ADVICE_SEQUENTIAL,
    WASI_ADVICE_RANDOM,
    WASI_ADVICE_WILLNEED,
    WASI_ADVICE_DONTNEED,
    WASI_ADVICE_NOREUSE
};
enum wasi_filetype {
    WASI_FILETYPE_UNKNOWN,
    WASI_FILETYPE_BLOCK_DEVICE,
    WASI_FILETYPE_CHARACTER_DEVICE,
    WASI_FILETYPE_DIRECTORY,
    WASI_FILETYPE_REGULAR_FILE,
    WASI_FILETYPE_SOCKET_DGRAM,
    WASI_FILETYPE_SOCKET_STREAM,
    WASI_FILETYPE_SYMBOLIC_LINK
};
enum wasi_fdflags {
    WASI_FDFLAG_APPEND = 1,
    WASI_FDFLAG_DSYNC = 2,
    WASI_FDFLAG_NONBLOCK = 4,
    WASI_FDFLAG_RSYNC = 8,
    WASI_FDFLAG_SYNC = 16,
    WASI_FDFLAG_ALL = 31
};
enum wasi_oflags {
    WASI_OFLAG_CREAT = 1,
    WASI_OFLAG_DIRECTORY = 2,
    WASI_OFLAG_EXCL = 4,
    WASI_OFLAG_TRUNC = 8,
    WASI_OFLAG_ALL = 15
};
enum wasi_fstflags {
    WASI_FST_ATIM = 1,
    WASI_FST_ATIM_NOW = 2,
    WASI_FST_MTIM = 4,
    WASI_FST_MTIM_NOW = 8,
    WASI_FST_ALL = 15
};
enum { WASI_LOOKUP_SYMLINK_FOLLOW = 1 };
enum { WASI_PREOPENTYPE_DIR = 0 };
enum wasi_eventtype { WASI_EVENT_CLOCK, WASI_EVENT_FD_READ, WASI_EVENT_FD_WRITE };
enum { WASI_SUBSCRIPTION_CLOCK_ABSTIME = 1 };
enum { WASI_EVENT_FD_HANGUP = 1 };

/* Structures in linear memory: byte offsets and sizes. All little-endian, padding is zero. */
enum wasi_iovec_layout { WASI_IOVEC_BUF = 0, WASI_IOVEC_LEN = 4, WASI_IOVEC_SIZE = 8 };
enum wasi_prestat_layout { WASI_PRESTAT_TAG = 0, WASI_PRESTAT_NAME_LEN = 4, WASI_PRESTAT_SIZE = 8 };
enum wasi_fdstat_layout {
    WASI_FDSTAT_FILETYPE = 0,
    WASI_FDSTAT_FLAGS = 2,
    WASI_FDSTAT_RIGHTS_BASE = 8,
    WASI_FDSTAT_RIGHTS_INHERITING = 16,
    WASI_FDSTAT_SIZE = 24
};
enum wasi_filestat_layout {
    WASI_FILESTAT_DEV = 0,
    WASI_FILESTAT_INO = 8,
    WASI_FILESTAT_FILETYPE = 16,
    WASI_FILESTAT_NLINK = 24,
    WASI_FILESTAT_SIZE_FIELD = 32,
    WASI_FILESTAT_ATIM = 40,
    WASI_FILESTAT_MTIM = 48,
    WASI_FILESTAT_CTIM = 56,
    WASI_FILESTAT_SIZE = 64
};
enum wasi_dirent_layout {
    WASI_DIRENT_NEXT = 0,
    WASI_DIRENT_INO = 8,
    WASI_DIRENT_NAMLEN = 16,
    WASI_DIRENT_TYPE = 20,
    WASI_DIRENT_SIZE = 24
};
enum wasi_subscription_layout {
    WASI_SUBSCRIPTION_USERDATA = 0,
    WASI_SUBSCRIPTION_TAG = 8,
    WASI_SUBSCRIPTION_CLOCK_ID = 16,
    WASI_SUBSCRIPTION_CLOCK_TIMEOUT = 24,
    WASI_SUBSCRIPTION_CLOCK_PRECISION = 32,
    WASI_SUBSCRIPTION_CLOCK_FLAGS = 40,
    WASI_SUBSCRIPTION_FD = 16,
    WASI_SUBSCRIPTION_SIZE = 48
};
enum wasi_event_layout {
    WASI_EVENT_USERDATA = 0,
    WASI_EVENT_ERROR = 8,
    WASI_EVENT_TYPE = 10,
    WASI_EVENT_NBYTES = 16,
    WASI_EVENT_FLAGS = 24,
    WASI_EVENT_SIZE = 32
};

#endif

/*
 * sys/vfs.h - WASI tells nothing about file systems: the calls fail with ENOSYS.
 */
#ifndef MPIWASM_COMPAT_SYS_VFS_H
#define MPIWASM_COMPAT_SYS_VFS_H

#ifdef __cplusplus
extern "C" {
#endif

struct statfs {
    unsigned long f_type, f_bsize, f_namelen, f_frsize, f_flags;
    unsigned long long f_blocks, f_bfree, f_bavail, f_files, f_ffree;
};

int statfs(const char *path, struct statfs *out);
int fstatfs(int fd, struct statfs *out);

#ifdef __cplusplus
}
#endif

#endif

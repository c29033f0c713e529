/*
 * sys/statvfs.h - WASI tells nothing about file systems: the calls fail with ENOSYS.
 */
#ifndef MPIWASM_COMPAT_SYS_STATVFS_H
#define MPIWASM_COMPAT_SYS_STATVFS_H

#ifdef __cplusplus
extern "C" {
#endif

struct statvfs {
    unsigned long f_bsize, f_frsize, f_fsid, f_flag, f_namemax;
    unsigned long long f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail;
};

int statvfs(const char *path, struct statvfs *out);
int fstatvfs(int fd, struct statvfs *out);

#ifdef __cplusplus
}
#endif

#endif

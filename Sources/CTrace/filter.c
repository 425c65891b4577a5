// The calls that the tracer is told of: a filter for seccomp(2).
#define _GNU_SOURCE 1
#include "CTrace.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than the headers of some systems.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define NOTIFY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/// Notifies of a call.
#define WATCH(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), NOTIFY
/// Notifies of a call whose flags, in the argument, do not say that it is about a directory or a mere path.
#define WATCH_OPEN(number, argument)                                                                                   \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4), LOAD(args[argument]),                                             \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_DIRECTORY | O_PATH, 0, 1), ALLOW, NOTIFY

int ctrace_listen(void) {
#ifdef MACHINE
  struct sock_filter code[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0),
      ALLOW,
      LOAD(nr),
      WATCH_OPEN(SYS_openat, 2),
#ifdef SYS_open
      WATCH_OPEN(SYS_open, 1),
      WATCH(SYS_creat),
      WATCH(SYS_rename),
      WATCH(SYS_link),
#endif
#ifdef SYS_renameat
      WATCH(SYS_renameat),
#endif
      WATCH(SYS_openat2),
      WATCH(SYS_chdir),
      WATCH(SYS_fchdir),
      WATCH(SYS_execve),
      WATCH(SYS_execveat),
      WATCH(SYS_renameat2),
      WATCH(SYS_linkat),
      ALLOW,
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (listener < 0 && errno == EINVAL)
    listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  return listener < 0 ? -errno : (int)listener;
#else
  return -ENOSYS;
#endif
}

// System calls and macros that Swift cannot import. Declarations and one-line wrappers only; no logic.
#pragma once
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// openat(2), which is variadic in C.
static inline int clinux_open(int directory, const char *path, int flags, unsigned mode) {
  return openat(directory, path, flags, mode);
}

/// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: the path cannot leave `directory`.
static inline int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode) {
  struct open_how how = {
      .flags = (uint64_t)(unsigned)flags,
      .mode = mode,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/// renameat2(2) with RENAME_NOREPLACE.
static inline int clinux_rename_no_replace(int from_directory, const char *from, int to_directory, const char *to) {
  return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 1u /* RENAME_NOREPLACE */);
}

/// renameat2(2) with RENAME_EXCHANGE.
static inline int clinux_rename_exchange(int from_directory, const char *from, int to_directory, const char *to) {
  return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 2u /* RENAME_EXCHANGE */);
}

/// ioctl(FICLONE): share the blocks of `source` with `destination`.
static inline int clinux_clone(int destination, int source) { return ioctl(destination, FICLONE, source); }

/// getdents64(2): fills `buffer` with directory records; 0 at the end.
static inline long clinux_getdents(int directory, void *buffer, size_t count) {
  return syscall(SYS_getdents64, directory, buffer, count);
}

/// syncfs(2).
static inline int clinux_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

/// ioctl(TIOCGWINSZ): columns of a terminal, 0 if it is none or does not know.
static inline int clinux_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Whether a signal is ignored.
static inline int clinux_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// pthread_sigmask(SIG_UNBLOCK) for one signal.
static inline void clinux_unblock(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/// The environment variables, ended by NULL.
static inline char **clinux_environment(void) { return environ; }

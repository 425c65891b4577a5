// Which files a process and its children open, by seccomp user notification (seccomp_unotify(2)).
//
// Every call is let through as it is: what is seen is evidence, not a border. A path may change between our look and
// the kernel's, and what io_uring opens is not seen.
#define _GNU_SOURCE 1
#include "CTrace.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Newer than the headers of some systems.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#define SET_FLAGS _IOW('!', 4, uint64_t)
#define SYNC_WAKE_UP 1ul

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

struct pin {
  uint64_t device, inode, size;
  int64_t modified, changed;
};

struct entry {
  uint64_t hash;
  /// Where the path starts in the arena, and its length; no entry has length 0.
  size_t path;
  uint32_t length, flags;
  struct pin pin;
};

/// Entries by path: open addressing, at most half full.
struct book {
  struct entry *entries;
  size_t room, count;
  char *arena;
  size_t arena_room, arena_count;
  uint64_t lost;
  /// The thread whose working folder was read last, 0 for none, and that folder.
  pid_t folder_owner;
  size_t folder_length;
  char folder[4096];
  /// Relative paths for which the folder is read afresh: one thread may be changing it while another opens files.
  unsigned wary;
};

enum { ENTRY_LIMIT = 1 << 20, PATH_ROOM = 8192, WARY = 256 };

static uint64_t hash(const char *text, size_t length) {
  uint64_t value = UINT64_C(0xcbf29ce484222325);
  for (size_t index = 0; index < length; index++) value = (value ^ (uint8_t)text[index]) * UINT64_C(0x100000001b3);
  return value;
}

static struct entry *find(struct book *book, const char *path, size_t length, uint64_t hash) {
  for (size_t place = hash & (book->room - 1);; place = (place + 1) & (book->room - 1)) {
    struct entry *entry = &book->entries[place];
    if (entry->length == 0) return entry;
    if (entry->hash == hash && entry->length == length && !memcmp(book->arena + entry->path, path, length)) return entry;
  }
}

static int grow(struct book *book) {
  struct book larger = *book;
  larger.room = book->room ? book->room * 2 : 4096;
  larger.entries = calloc(larger.room, sizeof *larger.entries);
  if (!larger.entries) return 0;
  for (size_t index = 0; index < book->room; index++) {
    struct entry *old = &book->entries[index];
    if (old->length) *find(&larger, book->arena + old->path, old->length, old->hash) = *old;
  }
  free(book->entries);
  *book = larger;
  return 1;
}

static struct entry *insert(struct book *book, struct entry *free_entry, const char *path, size_t length, uint64_t hash) {
  if (book->count >= ENTRY_LIMIT) return NULL;
  if (book->arena_count + length > book->arena_room) {
    size_t room = book->arena_room ? book->arena_room * 2 : 1 << 18;
    char *arena = realloc(book->arena, room);
    if (!arena) return NULL;
    book->arena = arena;
    book->arena_room = room;
  }
  memcpy(book->arena + book->arena_count, path, length);
  *free_entry = (struct entry){.hash = hash, .path = book->arena_count, .length = (uint32_t)length};
  book->arena_count += length;
  book->count++;
  return free_entry;
}

/// Reads the text at an address of another process; its length, or -1.
static ssize_t read_text(pid_t process, uint64_t address, char *buffer, size_t room) {
  size_t count = 0;
  while (count < room) {
    // A page at most: what follows may not be mapped.
    size_t step = 4096 - (address + count) % 4096;
    if (step > room - count) step = room - count;
    if (count == 0 && step > 256) step = 256;
    struct iovec here = {buffer + count, step}, there = {(void *)(uintptr_t)(address + count), step};
    ssize_t got = process_vm_readv(process, &here, 1, &there, 1, 0);
    if (got <= 0) return -1;
    char *end = memchr(buffer + count, 0, (size_t)got);
    if (end) return end - buffer;
    count += (size_t)got;
  }
  return -1;
}

/// The working folder of a thread; its length, or -1.
///
/// Read once for many opens in a row: it costs a third of the time of a notification. Calls that change it, or that make
/// a number belong to somebody else, forget it.
static ssize_t working_folder(struct book *book, pid_t process, char path[PATH_ROOM]) {
  if (book->folder_owner == process) {
    memcpy(path, book->folder, book->folder_length);
    return (ssize_t)book->folder_length;
  }
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/cwd", process);
  ssize_t length = readlink(link, path, sizeof book->folder);
  if (length <= 0 || (size_t)length >= sizeof book->folder) return -1;
  if (book->wary > 0) {
    book->wary--;
    return length;
  }
  memcpy(book->folder, path, (size_t)length);
  book->folder_length = (size_t)length;
  book->folder_owner = process;
  return length;
}

static void forget_folder(struct book *book) {
  book->folder_owner = 0;
  book->wary = WARY;
}

/// The absolute path that a process means, without `//` and `/./`; its length, or -1.
static ssize_t absolute(struct book *book, pid_t process, int directory, uint64_t address, char path[PATH_ROOM]) {
  char text[4097], link[64];
  ssize_t count = read_text(process, address, text, sizeof text - 1);
  if (count <= 0) return -1;
  text[count] = 0;
  size_t length = 0;
  if (text[0] != '/') {
    ssize_t base;
    if (directory == AT_FDCWD) {
      base = working_folder(book, process, path);
    } else {
      snprintf(link, sizeof link, "/proc/%d/fd/%d", process, directory);
      base = readlink(link, path, 4096);
    }
    if (base <= 0 || path[0] != '/') return -1;
    length = (size_t)base;
    if (length == 1) length = 0;
  }
  for (const char *part = text; *part;) {
    if (*part == '/') {
      part++;
      continue;
    }
    size_t size = strcspn(part, "/");
    if (!(size == 1 && part[0] == '.')) {
      path[length++] = '/';
      memcpy(path + length, part, size);
      length += size;
    }
    part += size;
  }
  if (length == 0) return -1;
  path[length] = 0;
  return (ssize_t)length;
}

/// What a call does to one path.
struct deed {
  int directory;
  uint64_t address;
  uint32_t flags;
};

static uint32_t by_open_flags(uint64_t flags) {
  switch (flags & O_ACCMODE) {
  case O_RDONLY: return flags & O_TRUNC ? CTRACE_WRITTEN : CTRACE_READ;
  case O_WRONLY: return CTRACE_WRITTEN;
  default: return flags & (O_TRUNC | O_EXCL) ? CTRACE_WRITTEN : CTRACE_READ | CTRACE_WRITTEN;
  }
}

/// What a notified call does; the number of paths, 0 to 2, or -1 if it cannot be read.
static int deeds(const struct seccomp_notif *call, struct deed deed[2]) {
  const uint64_t *args = (const uint64_t *)call->data.args;
  uint64_t flags = 0;
  switch (call->data.nr) {
  case SYS_openat: deed[0] = (struct deed){(int)args[0], args[1], by_open_flags(args[2])}; return 1;
  case SYS_openat2: {
    struct iovec here = {&flags, sizeof flags}, there = {(void *)(uintptr_t)args[2], sizeof flags};
    if (process_vm_readv((pid_t)call->pid, &here, 1, &there, 1, 0) != (ssize_t)sizeof flags) return -1;
    if (flags & (O_DIRECTORY | O_PATH)) return 0;
    deed[0] = (struct deed){(int)args[0], args[1], by_open_flags(flags)};
    return 1;
  }
  case SYS_execve: deed[0] = (struct deed){AT_FDCWD, args[0], CTRACE_READ | CTRACE_EXECUTED}; return 1;
  case SYS_execveat:
    if ((int)args[4] & AT_EMPTY_PATH) return 0;
    deed[0] = (struct deed){(int)args[0], args[1], CTRACE_READ | CTRACE_EXECUTED};
    return 1;
#ifdef SYS_open
  case SYS_open: deed[0] = (struct deed){AT_FDCWD, args[0], by_open_flags(args[1])}; return 1;
  case SYS_creat: deed[0] = (struct deed){AT_FDCWD, args[0], CTRACE_WRITTEN}; return 1;
  case SYS_rename:
    deed[0] = (struct deed){AT_FDCWD, args[0], CTRACE_MOVED};
    deed[1] = (struct deed){AT_FDCWD, args[1], CTRACE_WRITTEN};
    return 2;
  case SYS_link: deed[0] = (struct deed){AT_FDCWD, args[1], CTRACE_WRITTEN}; return 1;
#endif
#ifdef SYS_renameat
  case SYS_renameat:
#endif
  case SYS_renameat2:
    deed[0] = (struct deed){(int)args[0], args[1], CTRACE_MOVED};
    deed[1] = (struct deed){(int)args[2], args[3], CTRACE_WRITTEN};
    return 2;
  case SYS_linkat: deed[0] = (struct deed){(int)args[2], args[3], CTRACE_WRITTEN}; return 1;
  default: return 0;
  }
}

/// A look at one path before the call goes on.
struct sight {
  char path[PATH_ROOM];
  size_t length;
  uint32_t flags;
  struct pin pin;
};

/// Fills `sight`; 1 if it is to be noted, 0 if not, -1 if the path cannot be read.
static int look(struct book *book, pid_t process, struct deed deed, struct sight *sight) {
  ssize_t length = absolute(book, process, deed.directory, deed.address, sight->path);
  if (length < 0) return -1;
  sight->length = (size_t)length;
  sight->flags = deed.flags;
  if (!strncmp(sight->path, "/proc/", 6) || !strncmp(sight->path, "/dev/", 5) || !strncmp(sight->path, "/sys/", 5))
    return 0;
  if (!(deed.flags & CTRACE_READ)) return 1;
  const struct entry *known = find(book, sight->path, sight->length, hash(sight->path, sight->length));
  if (known->length && known->flags & CTRACE_READ) return 1;
  struct stat status;
  if (stat(sight->path, &status) != 0) return deed.flags & CTRACE_WRITTEN ? (sight->flags = CTRACE_WRITTEN, 1) : 0;
  if (!S_ISREG(status.st_mode)) return 0;
  sight->pin = (struct pin){
      status.st_dev,
      status.st_ino,
      (uint64_t)status.st_size,
      status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec,
      status.st_ctim.tv_sec * INT64_C(1000000000) + status.st_ctim.tv_nsec,
  };
  return 1;
}

static void note(struct book *book, const struct sight *sight) {
  if (book->count * 2 >= book->room && !grow(book)) {
    book->lost++;
    return;
  }
  uint64_t key = hash(sight->path, sight->length);
  struct entry *entry = find(book, sight->path, sight->length, key);
  if (!entry->length && !(entry = insert(book, entry, sight->path, sight->length, key))) {
    book->lost++;
    return;
  }
  if (sight->flags & CTRACE_WRITTEN && !(sight->flags & CTRACE_READ) && !(entry->flags & CTRACE_READ))
    entry->flags |= CTRACE_OWN;
  if (sight->flags & CTRACE_READ && !(entry->flags & (CTRACE_READ | CTRACE_OWN))) entry->pin = sight->pin;
  entry->flags |= sight->flags;
}

static void answer(int listener, struct book *book) {
  struct sight sights[2];
  struct seccomp_notif call;
  memset(&call, 0, sizeof call);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
  struct deed deed[2];
  int count = deeds(&call, deed), seen[2] = {0, 0};
  switch (call.data.nr) {
#ifdef SYS_rename
  case SYS_rename:
#endif
#ifdef SYS_renameat
  case SYS_renameat:
#endif
  case SYS_renameat2:
  case SYS_execve:
  case SYS_execveat:
  case SYS_chdir:
  case SYS_fchdir: forget_folder(book);
  }
  for (int index = 0; index < count; index++) seen[index] = look(book, (pid_t)call.pid, deed[index], &sights[index]);
  struct seccomp_notif_resp response = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  // A caller that is gone was not who we looked at.
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) != 0 && errno == ENOENT) return;
  if (count < 0) book->lost++;
  for (int index = 0; index < count; index++) {
    if (seen[index] > 0) note(book, &sights[index]);
    if (seen[index] < 0) book->lost++;
  }
}

static int report(const struct book *book, int output, int is_left) {
  FILE *file = fdopen(dup(output), "w");
  if (!file) return errno;
  uint64_t head[3] = {book->count, book->lost, (uint64_t)is_left};
  fwrite(head, sizeof head, 1, file);
  for (size_t index = 0; index < book->room; index++) {
    const struct entry *entry = &book->entries[index];
    if (!entry->length) continue;
    fwrite(&entry->length, 4, 1, file);
    fwrite(&entry->flags, 4, 1, file);
    fwrite(&entry->pin, sizeof entry->pin, 1, file);
    fwrite(book->arena + entry->path, entry->length, 1, file);
  }
  int failed = ferror(file);
  return fclose(file) != 0 || failed ? EIO : 0;
}

int ctrace_serve(int listener, int stop, int output) {
  struct book book = {0};
  if (!grow(&book)) return ENOMEM;
  // Hands the processor over at once; older kernels do not know it and are only slower.
  ioctl(listener, SET_FLAGS, SYNC_WAKE_UP);
  struct pollfd requests[2] = {{.fd = listener, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
  int count = 2, is_left = 1;
  while (1) {
    // After the stop only those that are still at work are waited for, and not for long.
    int ready = poll(requests, (nfds_t)count, count == 2 ? -1 : 200);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    if (requests[0].revents & POLLIN) answer(listener, &book);
    else if (requests[0].revents) {
      is_left = 0;
      break;
    }
    if (count == 2 && requests[1].revents) count = 1;
  }
  int result = report(&book, output, is_left);
  free(book.entries);
  free(book.arena);
  return result;
}

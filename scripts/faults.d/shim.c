// Stands between a program and the file system: counts its calls, lets chosen ones fail, or kills it there.
//
// Loaded with LD_PRELOAD by scripts/test-faults. Only paths below FAULTS_ROOT are touched; everything else passes.
//
//   FAULTS_ROOT    the folder whose calls are counted (absolute, no trailing slash)
//   FAULTS_MODE    count      say what was called in FAULTS_TRACE, one line a call
//                  before     SIGKILL before call number FAULTS_AT
//                  after      SIGKILL behind it
//                  stop       SIGSTOP behind it
//                  error      fail it with FAULTS_ERRNO; with FAULTS_STICKY every later call of a class that can fail so, too
//                  late       perform it, and report FAULTS_ERRNO all the same (a lost reply)
//                  short      write half of it; with FAULTS_STICKY of every later one, too
//                  lie        report success and do nothing
//   FAULTS_CLASS   write      number the calls that change something (open to create, write, fsync, link, …)
//                  interrupt  number the calls that a signal can interrupt (open, read, write, fsync, close, …)
//   FAULTS_RECORD  append every change, with its data, to this file, for the replay of power cuts
//   FAULTS_CPUS    processors that the program is told of: with one it has one worker and calls come in one order
#define _GNU_SOURCE 1
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(result, name, ...)                                          \
  static result (*real_##name)(__VA_ARGS__);                             \
  static void load_##name(void) {                                        \
    if (!real_##name) real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name); \
  }

// --------------------------------------------------------------------------------------------------------- settings

enum mode { PASS, COUNT, BEFORE, AFTER, STOP, ERROR, LATE, SHORT, LIE };
/// What a call is, as a bit set.
enum { WRITES = 1, INTERRUPTS = 2, NEEDS_SPACE = 4 };

static enum mode mode;
static int wanted_class = WRITES;
static long wanted_call = -1;
static int wanted_errno;
static bool is_sticky;
static long processors;
static char root[PATH_MAX];
static size_t root_length;
static int trace_file = -1, record_file = -1;
static atomic_long counter;
static pthread_mutex_t record_lock = PTHREAD_MUTEX_INITIALIZER;
static long long output_seen;

static long raw(long number, long a, long b, long c, long d, long e, long f);
REAL(long, syscall, long, ...)
static long raw(long number, long a, long b, long c, long d, long e, long f) {
  load_syscall();
  return real_syscall(number, a, b, c, d, e, f);
}
#define RAW(number, a, b, c, d, e, f) raw(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static int side_file(const char *variable) {
  const char *path = getenv(variable);
  if (!path) return -1;
  int opened = (int)RAW(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600, 0, 0);
  // Far from the numbers that the program sees, so that these are the same with and without.
  int moved = (int)RAW(SYS_fcntl, opened, F_DUPFD_CLOEXEC, 900, 0, 0, 0);
  RAW(SYS_close, opened, 0, 0, 0, 0, 0);
  return moved;
}

__attribute__((constructor)) static void start(void) {
  static const char *names[] = {"pass", "count", "before", "after", "stop", "error", "late", "short", "lie"};
  const char *text = getenv("FAULTS_ROOT");
  if (!text) return;
  snprintf(root, sizeof root, "%s", text);
  root_length = strlen(root);
  if ((text = getenv("FAULTS_MODE")))
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (strcmp(text, names[i]) == 0) mode = (enum mode)i;
  if ((text = getenv("FAULTS_CLASS"))) wanted_class = strcmp(text, "interrupt") == 0 ? INTERRUPTS : WRITES;
  if ((text = getenv("FAULTS_AT"))) wanted_call = atol(text);
  if ((text = getenv("FAULTS_ERRNO"))) wanted_errno = atoi(text);
  if ((text = getenv("FAULTS_CPUS"))) processors = atol(text);
  is_sticky = getenv("FAULTS_STICKY") != NULL;
  trace_file = side_file("FAULTS_TRACE");
  record_file = side_file("FAULTS_RECORD");
}

// ------------------------------------------------------------------------------------------------------------- paths

static bool is_inside(const char *path) {
  return root_length && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

/// The path of an open file; empty if it has none.
static void path_of(int file, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  long length = RAW(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1, 0, 0);
  path[length > 0 ? length : 0] = 0;
}

static void full_path(int directory, const char *name, char *path) {
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  char base[PATH_MAX];
  if (directory == AT_FDCWD) {
    if (RAW(SYS_getcwd, base, sizeof base, 0, 0, 0, 0) < 0) base[0] = 0;
  } else {
    path_of(directory, base);
  }
  snprintf(path, PATH_MAX, "%.*s/%.*s", PATH_MAX / 2, base, PATH_MAX / 2 - 2, name);
}

static bool is_file_inside(int file, char *path) {
  if (!root_length || file < 0) return false;
  path_of(file, path);
  return is_inside(path);
}

// ------------------------------------------------------------------------------------------------------------ faults

/// What is to become of a call.
struct fault {
  bool fails, lies, isShort, isLate, dies, stops;
};

static void die(void) {
  RAW(SYS_kill, RAW(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL, 0, 0, 0, 0);
  for (;;) pause();
}

static void say(int file, const char *text, size_t length) {
  while (length > 0) {
    long done = RAW(SYS_write, file, text, length, 0, 0, 0);
    if (done <= 0) die();
    text += done;
    length -= (size_t)done;
  }
}

static struct fault meet(const char *call, const char *path, int class) {
  struct fault fault = {0};
  if (mode == PASS || !(class & wanted_class)) return fault;
  long number = atomic_fetch_add(&counter, 1);
  if (trace_file >= 0) {
    char line[PATH_MAX + 100];
    int length = snprintf(line, sizeof line, "%ld %s %d %s\n", number, call, class, path + root_length);
    say(trace_file, line, (size_t)length);
  }
  bool isHit = number == wanted_call;
  // A full disk refuses what needs space; a broken one refuses everything.
  bool canFail = (wanted_errno != ENOSPC && wanted_errno != EDQUOT) || (class & NEEDS_SPACE);
  bool isLater = is_sticky && number > wanted_call && wanted_call >= 0 && canFail;
  switch (mode) {
  case BEFORE: if (isHit) die(); break;
  case AFTER: fault.dies = isHit; break;
  case STOP: fault.stops = isHit; break;
  case ERROR: fault.fails = isHit || isLater; break;
  case LATE: fault.isLate = isHit; break;
  case SHORT: fault.isShort = isHit || isLater; break;
  case LIE: fault.lies = isHit || isLater; break;
  default: break;
  }
  return fault;
}

static long leave(struct fault fault, long result) {
  int error = errno;
  if (fault.dies) die();
  if (fault.stops) RAW(SYS_kill, RAW(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGSTOP, 0, 0, 0, 0);
  errno = error;
  if (fault.isLate && result >= 0) {
    errno = wanted_errno;
    return -1;
  }
  return result;
}

// ------------------------------------------------------------------------------------------------------------ record

static void hex(char *to, const char *text) {
  for (; *text; text++, to += 2) snprintf(to, 3, "%02x", (unsigned char)*text);
  *to = 0;
}

/// Splits a path into the inode of its folder and the name in it, hexadecimal.
static void place(const char *path, unsigned long *folder, char *name) {
  char parent[PATH_MAX];
  struct stat status = {0};
  snprintf(parent, sizeof parent, "%s", path);
  char *slash = strrchr(parent, '/');
  hex(name, slash ? slash + 1 : parent);
  if (slash) *slash = 0;
  RAW(SYS_newfstatat, AT_FDCWD, parent, &status, 0, 0, 0);
  *folder = status.st_ino;
}

static unsigned long inode_of(const char *path) {
  struct stat status = {0};
  RAW(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW, 0, 0);
  return status.st_ino;
}

static unsigned long inode_of_file(int file) {
  struct stat status = {0};
  RAW(SYS_newfstatat, file, "", &status, AT_EMPTY_PATH, 0, 0);
  return status.st_ino;
}

static bool exists(const char *path) {
  struct stat status;
  return RAW(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW, 0, 0) == 0;
}

static void note(const void *data, size_t length, const char *format, ...) {
  char line[4 * PATH_MAX];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  line[size++] = '\n';
  char *whole = malloc((size_t)size + length);
  memcpy(whole, line, (size_t)size);
  if (length) memcpy(whole + size, data, length);
  say(record_file, whole, (size_t)size + length);
  free(whole);
}

/// Begins a call that is recorded: nobody else's comes between it and its note.
static void begin(void) {
  if (record_file < 0) return;
  pthread_mutex_lock(&record_lock);
  // What was said by now was acknowledged before this call.
  struct stat status;
  if (RAW(SYS_newfstatat, 1, "", &status, AT_EMPTY_PATH, 0, 0) == 0 && S_ISREG(status.st_mode) && status.st_size != output_seen) {
    output_seen = status.st_size;
    note(NULL, 0, "output %lld", output_seen);
  }
}

static void end(void) {
  if (record_file >= 0) pthread_mutex_unlock(&record_lock);
}

/// A call that the replay does not know: the record must not look complete.
static void unknown(const char *call) {
  if (record_file >= 0) note(NULL, 0, "unknown %s", call);
}

// ------------------------------------------------------------------------------------------------------ opening

static int fail(void) {
  errno = wanted_errno;
  return -1;
}

static long open_any(long number, int directory, const char *name, unsigned long flags, unsigned long mode_or_how, unsigned long size, const char *call) {
  char path[PATH_MAX];
  if (!root_length) return RAW(number, directory, name, flags, mode_or_how, size, 0);
  full_path(directory, name, path);
  if (!is_inside(path)) return RAW(number, directory, name, flags, mode_or_how, size, 0);
  unsigned long asked = number == SYS_openat2 ? ((struct open_how *)flags)->flags : flags;
  bool changes = asked & (O_CREAT | O_TRUNC);
  if ((asked & O_TMPFILE) == O_TMPFILE) unknown("O_TMPFILE");
  struct fault fault = meet(call, path, INTERRUPTS | (changes ? WRITES | NEEDS_SPACE : 0));
  if (fault.fails) return fail();
  if (!changes) return leave(fault, RAW(number, directory, name, flags, mode_or_how, size, 0));
  begin();
  bool isNew = record_file >= 0 && !exists(path);
  long result = RAW(number, directory, name, flags, mode_or_how, size, 0);
  if (result >= 0 && record_file >= 0) {
    unsigned long folder;
    char hexed[2 * PATH_MAX];
    struct stat status = {0};
    RAW(SYS_newfstatat, result, "", &status, AT_EMPTY_PATH, 0, 0);
    place(path, &folder, hexed);
    if (isNew) note(NULL, 0, "create %lu %s %lu %o", folder, hexed, status.st_ino, status.st_mode & 07777);
    else if (asked & O_TRUNC) note(NULL, 0, "truncate %lu 0", status.st_ino);
  }
  end();
  return leave(fault, result);
}

#define MODE_ARGUMENT(flags)                    \
  unsigned mode_argument = 0;                   \
  if ((flags) & (O_CREAT | __O_TMPFILE)) {      \
    va_list arguments;                          \
    va_start(arguments, flags);                 \
    mode_argument = va_arg(arguments, unsigned); \
    va_end(arguments);                          \
  }

int openat(int directory, const char *name, int flags, ...) {
  MODE_ARGUMENT(flags)
  return (int)open_any(SYS_openat, directory, name, (unsigned)flags, mode_argument, 0, "openat");
}
int openat64(int directory, const char *name, int flags, ...) {
  MODE_ARGUMENT(flags)
  return (int)open_any(SYS_openat, directory, name, (unsigned)flags, mode_argument, 0, "openat");
}
int open(const char *name, int flags, ...) {
  MODE_ARGUMENT(flags)
  return (int)open_any(SYS_openat, AT_FDCWD, name, (unsigned)flags, mode_argument, 0, "openat");
}
int open64(const char *name, int flags, ...) {
  MODE_ARGUMENT(flags)
  return (int)open_any(SYS_openat, AT_FDCWD, name, (unsigned)flags, mode_argument, 0, "openat");
}
int __open_2(const char *name, int flags) { return open(name, flags); }
int __open64_2(const char *name, int flags) { return open(name, flags); }
int __openat_2(int directory, const char *name, int flags) { return openat(directory, name, flags); }
int __openat64_2(int directory, const char *name, int flags) { return openat(directory, name, flags); }
int creat(const char *name, mode_t mode_bits) { return open(name, O_CREAT | O_WRONLY | O_TRUNC, mode_bits); }

// ---------------------------------------------------------------------------------------------------- reading, writing

static bool is_output(int file) {
  long flags = RAW(SYS_fcntl, file, F_GETFL, 0, 0, 0, 0);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static ssize_t write_any(int file, const void *data, size_t length, off_t offset, const char *call) {
  char path[PATH_MAX];
  bool isPositioned = offset >= 0;
  long number = isPositioned ? SYS_pwrite64 : SYS_write;
  if (!is_file_inside(file, path)) return RAW(number, file, data, length, offset, 0, 0);
  struct fault fault = meet(call, path, WRITES | INTERRUPTS | NEEDS_SPACE);
  if (fault.fails) return fail();
  if (fault.lies) {
    if (!isPositioned) RAW(SYS_lseek, file, length, SEEK_CUR, 0, 0, 0);
    return (ssize_t)length;
  }
  if (fault.isShort && length > 1) length /= 2;
  begin();
  off_t position = offset;
  if (!isPositioned && record_file >= 0) {
    long flags = RAW(SYS_fcntl, file, F_GETFL, 0, 0, 0, 0);
    position = RAW(SYS_lseek, file, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR, 0, 0, 0);
  }
  long result = RAW(number, file, data, length, offset, 0, 0);
  if (result > 0 && record_file >= 0) note(data, (size_t)result, "write %lu %lld %ld", inode_of_file(file), (long long)position, result);
  end();
  return leave(fault, result);
}

ssize_t write(int file, const void *data, size_t length) { return write_any(file, data, length, -1, "write"); }
ssize_t pwrite(int file, const void *data, size_t length, off_t offset) { return write_any(file, data, length, offset, "pwrite64"); }
ssize_t pwrite64(int file, const void *data, size_t length, off_t offset) { return write_any(file, data, length, offset, "pwrite64"); }

ssize_t writev(int file, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  if (!is_file_inside(file, path)) return RAW(SYS_writev, file, parts, count, 0, 0, 0);
  // A shorter write is always allowed: the first part that is not empty.
  for (int i = 0; i < count; i++)
    if (parts[i].iov_len) return write_any(file, parts[i].iov_base, parts[i].iov_len, -1, "writev");
  return 0;
}

static ssize_t read_any(int file, void *data, size_t length, off_t offset, const char *call) {
  char path[PATH_MAX];
  bool isPositioned = offset >= 0;
  long number = isPositioned ? SYS_pread64 : SYS_read;
  if (!is_file_inside(file, path)) return RAW(number, file, data, length, offset, 0, 0);
  struct fault fault = meet(call, path, INTERRUPTS);
  if (fault.fails) return fail();
  if (fault.isShort && length > 1) length /= 2;
  return leave(fault, RAW(number, file, data, length, offset, 0, 0));
}

ssize_t read(int file, void *data, size_t length) { return read_any(file, data, length, -1, "read"); }
ssize_t pread(int file, void *data, size_t length, off_t offset) { return read_any(file, data, length, offset, "pread64"); }
ssize_t pread64(int file, void *data, size_t length, off_t offset) { return read_any(file, data, length, offset, "pread64"); }
ssize_t __read_chk(int file, void *data, size_t length, size_t limit) { return length > limit ? (abort(), 0) : read(file, data, length); }
ssize_t __pread_chk(int file, void *data, size_t length, off_t offset, size_t limit) {
  return length > limit ? (abort(), 0) : pread(file, data, length, offset);
}

int close(int file) {
  char path[PATH_MAX];
  // The shim's own files outlive whoever closes everything.
  if (file >= 0 && (file == trace_file || file == record_file)) return 0;
  if (!is_file_inside(file, path)) return (int)RAW(SYS_close, file, 0, 0, 0, 0, 0);
  struct fault fault = meet("close", path, INTERRUPTS | (is_output(file) ? WRITES | NEEDS_SPACE : 0));
  long result = RAW(SYS_close, file, 0, 0, 0, 0, 0);
  // The file is closed whatever close(2) reports.
  if (fault.fails) return fail();
  return (int)leave(fault, result);
}

// ------------------------------------------------------------------------------------------------------ calls on files

/// A call that changes one open file: `CALL` performs it, `NOTE` records it.
#define ON_FILE(call, class, CALL, NOTE)                             \
  char path[PATH_MAX];                                               \
  if (!is_file_inside(file, path)) return (int)(CALL);               \
  struct fault fault = meet(call, path, class);                      \
  if (fault.fails) return fail();                                    \
  if (fault.lies) return 0;                                          \
  begin();                                                           \
  long result = (CALL);                                              \
  if (record_file >= 0 && result >= 0) { NOTE; }                     \
  end();                                                             \
  return (int)leave(fault, result);

int fsync(int file) {
  ON_FILE("fsync", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_fsync, file, 0, 0, 0, 0, 0), note(NULL, 0, "sync %lu", inode_of_file(file)))
}
int fdatasync(int file) {
  ON_FILE("fdatasync", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_fdatasync, file, 0, 0, 0, 0, 0), note(NULL, 0, "sync %lu", inode_of_file(file)))
}
int syncfs(int file) {
  ON_FILE("syncfs", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_syncfs, file, 0, 0, 0, 0, 0), note(NULL, 0, "syncall"))
}
int ftruncate(int file, off_t size) {
  ON_FILE("ftruncate", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_ftruncate, file, size, 0, 0, 0, 0),
          note(NULL, 0, "truncate %lu %lld", inode_of_file(file), (long long)size))
}
int ftruncate64(int file, off_t size) { return ftruncate(file, size); }
int fchmod(int file, mode_t bits) {
  ON_FILE("fchmod", WRITES, RAW(SYS_fchmod, file, bits, 0, 0, 0, 0), note(NULL, 0, "mode %lu %o", inode_of_file(file), bits))
}
int fallocate(int file, int how, off_t offset, off_t size) {
  ON_FILE("fallocate", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_fallocate, file, how, offset, size, 0, 0), unknown("fallocate"))
}
int fallocate64(int file, int how, off_t offset, off_t size) { return fallocate(file, how, offset, size); }
int posix_fallocate(int file, off_t offset, off_t size) { return fallocate(file, 0, offset, size) < 0 ? errno : 0; }
int posix_fallocate64(int file, off_t offset, off_t size) { return posix_fallocate(file, offset, size); }

ssize_t copy_file_range(int from, off_t *from_offset, int file, off_t *offset, size_t length, unsigned flags) {
  ON_FILE("copy_file_range", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_copy_file_range, from, from_offset, file, offset, length, flags), unknown("copy_file_range"))
}
ssize_t sendfile(int file, int from, off_t *offset, size_t length) {
  ON_FILE("sendfile", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_sendfile, file, from, offset, length, 0, 0), unknown("sendfile"))
}
ssize_t sendfile64(int file, int from, off_t *offset, size_t length) { return sendfile(file, from, offset, length); }

int ioctl(int file, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  long argument = va_arg(arguments, long);
  va_end(arguments);
  if (request != FICLONE && request != FICLONERANGE) return (int)RAW(SYS_ioctl, file, request, argument, 0, 0, 0);
  ON_FILE("ioctl", WRITES | INTERRUPTS | NEEDS_SPACE, RAW(SYS_ioctl, file, request, argument, 0, 0, 0), unknown("FICLONE"))
}

REAL(void *, mmap64, void *, size_t, int, int, int, off_t)
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  char path[PATH_MAX];
  load_mmap64();
  if (file >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED) && is_file_inside(file, path)) unknown("mmap");
  return real_mmap64(address, length, protection, flags, file, offset);
}

// ------------------------------------------------------------------------------------------------------ calls on names

/// A call that changes a name: `CALL` performs it, `NOTE` records it; `folder` and `name` are the place.
#define ON_NAME(directory, given, call, class, CALL, NOTE)           \
  char path[PATH_MAX];                                               \
  if (root_length) full_path(directory, given, path);                \
  else path[0] = 0;                                                  \
  if (!is_inside(path)) return (int)(CALL);                          \
  struct fault fault = meet(call, path, class);                      \
  if (fault.fails) return fail();                                    \
  if (fault.lies) return 0;                                          \
  begin();                                                           \
  unsigned long folder = 0;                                          \
  char hexed[2 * PATH_MAX];                                          \
  if (record_file >= 0) place(path, &folder, hexed);                 \
  long result = (CALL);                                              \
  if (record_file >= 0 && result >= 0) { NOTE; }                     \
  end();                                                             \
  return (int)leave(fault, result);

int mkdirat(int directory, const char *given, mode_t bits) {
  ON_NAME(directory, given, "mkdirat", WRITES | NEEDS_SPACE, RAW(SYS_mkdirat, directory, given, bits, 0, 0, 0),
          note(NULL, 0, "mkdir %lu %s %lu", folder, hexed, inode_of(path)))
}
int mkdir(const char *given, mode_t bits) { return mkdirat(AT_FDCWD, given, bits); }

int unlinkat(int directory, const char *given, int flags) {
  ON_NAME(directory, given, "unlinkat", WRITES, RAW(SYS_unlinkat, directory, given, flags, 0, 0, 0),
          note(NULL, 0, "remove %lu %s", folder, hexed))
}
int unlink(const char *given) { return unlinkat(AT_FDCWD, given, 0); }
int rmdir(const char *given) { return unlinkat(AT_FDCWD, given, AT_REMOVEDIR); }

int symlinkat(const char *target, int directory, const char *given) {
  char target_hex[2 * PATH_MAX];
  ON_NAME(directory, given, "symlinkat", WRITES | NEEDS_SPACE, RAW(SYS_symlinkat, target, directory, given, 0, 0, 0),
          (hex(target_hex, target), note(NULL, 0, "symlink %lu %s %lu %s", folder, hexed, inode_of(path), target_hex)))
}
int symlink(const char *target, const char *given) { return symlinkat(target, AT_FDCWD, given); }

int linkat(int from_directory, const char *from, int directory, const char *given, int flags) {
  ON_NAME(directory, given, "linkat", WRITES | NEEDS_SPACE, RAW(SYS_linkat, from_directory, from, directory, given, flags, 0),
          note(NULL, 0, "link %lu %s %lu", folder, hexed, inode_of(path)))
}
int link(const char *from, const char *given) { return linkat(AT_FDCWD, from, AT_FDCWD, given, 0); }

int fchmodat(int directory, const char *given, mode_t bits, int flags) {
  ON_NAME(directory, given, "fchmodat", WRITES, RAW(SYS_fchmodat, directory, given, bits, flags, 0, 0),
          note(NULL, 0, "mode %lu %o", inode_of(path), bits))
}
int chmod(const char *given, mode_t bits) { return fchmodat(AT_FDCWD, given, bits, 0); }

int truncate(const char *given, off_t size) {
  ON_NAME(AT_FDCWD, given, "truncate", WRITES | NEEDS_SPACE, RAW(SYS_truncate, given, size, 0, 0, 0, 0),
          note(NULL, 0, "truncate %lu %lld", inode_of(path), (long long)size))
}
int truncate64(const char *given, off_t size) { return truncate(given, size); }

static int rename_any(int from_directory, const char *from, int directory, const char *given, unsigned flags) {
  char from_path[PATH_MAX], from_hex[2 * PATH_MAX];
  unsigned long from_folder = 0;
  ON_NAME(directory, given, "renameat", WRITES | NEEDS_SPACE,
          (record_file >= 0 ? (full_path(from_directory, from, from_path), place(from_path, &from_folder, from_hex)) : (void)0,
           flags ? RAW(SYS_renameat2, from_directory, from, directory, given, flags, 0)
                 : RAW(SYS_renameat, from_directory, from, directory, given, 0, 0)),
          note(NULL, 0, "rename %lu %s %lu %s %u", from_folder, from_hex, folder, hexed, flags))
}
int renameat2(int from_directory, const char *from, int directory, const char *given, unsigned flags) {
  return rename_any(from_directory, from, directory, given, flags);
}
int renameat(int from_directory, const char *from, int directory, const char *given) {
  return rename_any(from_directory, from, directory, given, 0);
}
int rename(const char *from, const char *given) { return rename_any(AT_FDCWD, from, AT_FDCWD, given, 0); }

// --------------------------------------------------------------------------------------------------------- the rest

long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a = va_arg(arguments, long), b = va_arg(arguments, long), c = va_arg(arguments, long);
  long d = va_arg(arguments, long), e = va_arg(arguments, long), f = va_arg(arguments, long);
  va_end(arguments);
  switch (number) {
  case SYS_openat2: return open_any(SYS_openat2, (int)a, (const char *)b, (unsigned long)c, (unsigned long)d, 0, "openat2");
  case SYS_renameat2: return rename_any((int)a, (const char *)b, (int)c, (const char *)d, (unsigned)e);
  case SYS_syncfs: return syncfs((int)a);
  case SYS_copy_file_range: return copy_file_range((int)a, (off_t *)b, (int)c, (off_t *)d, (size_t)e, (unsigned)f);
  default: return raw(number, a, b, c, d, e, f);
  }
}

REAL(long, sysconf, int)
long sysconf(int name) {
  load_sysconf();
  if (processors && (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF)) return processors;
  return real_sysconf(name);
}

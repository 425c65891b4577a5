// Starting a process, passing signals on to it, and seeing which files it opens (seccomp user notification).
//
// Between fork and exec only the functions here run. Descriptors go in and out as numbers, results by value.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// What a new process is to be like.
enum {
  /// Ask to be told of the files that it opens.
  CTRACE_TRACE = 1,
  /// A network namespace of its own, with nothing but the loopback interface.
  CTRACE_OFFLINE = 2,
  /// It ends when the thread that started it ends.
  CTRACE_BOUND = 4,
};

/// Where starting a process failed.
enum { CTRACE_FORK = 1, CTRACE_FOLDER = 2, CTRACE_NETWORK = 3, CTRACE_EXEC = 4 };

/// A process that is about to call exec.
struct ctrace_child {
  /// Its id; -1 if it could not be made.
  int32_t pid;
  /// Where notifications come from; -1 without tracing.
  int32_t listener;
  /// Closed by a successful exec; see `ctrace_started`.
  int32_t channel;
  /// Why there is no tracing, as an error number; 0 if there is, or if it was not asked for.
  int32_t trace_error;
  /// The error number of what failed, and one of the steps above; 0 so far.
  int32_t error, step;
};

/// Why a process did not start: an error number and a step; both 0 if it did.
struct ctrace_start {
  int32_t error, step;
};

/// How a process ended and what it and those it waited for have used.
struct ctrace_end {
  /// As wait4(2) gives it; -1 if waiting failed.
  int32_t status;
  int64_t user_microseconds, system_microseconds, peak_kibibytes;
};

/// Makes a process up to the point of exec; with a listener somebody must call `ctrace_serve` or exec never returns.
///
/// `words` and `variables` hold `word_count` and `variable_count` texts, each ended by a NUL.
struct ctrace_child ctrace_spawn(const char *program, const char *words, size_t word_count, const char *variables,
                                 size_t variable_count, const char *folder, int input, int output, int error,
                                 unsigned flags);

/// Waits until the process has called exec; closes the channel.
struct ctrace_start ctrace_started(struct ctrace_child child);

/// Waits for a process to end.
struct ctrace_end ctrace_wait(int32_t pid);

/// From now on signals that end or inform a process are kept for `ctrace_forward_to`.
void ctrace_catch_signals(void);

/// Passes signals on to a process, those kept so far too; 0 drops them.
///
/// What a terminal sends to a whole group is left out: the process has it already.
void ctrace_forward_to(int32_t pid);

/// Answers notifications until no traced process is left, or for a short while after `stop` became readable.
///
/// Then writes to `output` what was opened, in the machine's byte order:
///
///     offset size field
///          0    8 entries
///          8    8 paths that could not be read, or had no room
///         16    8 1 if traced processes were left, which can open nothing from now on
///         24      entries, each:
///          0    4 bytes of the path
///          4    4 CTRACE_READ | …
///          8   40 device, inode, size, modified and changed (nanoseconds) when first opened for reading; or zeros
///         48      the path
///
/// Returns 0 or an error number.
int ctrace_serve(int listener, int stop, int output);

/// What was done to a path.
enum {
  CTRACE_READ = 1,
  CTRACE_WRITTEN = 2,
  CTRACE_EXECUTED = 4,
  /// It was written before it was first read.
  CTRACE_OWN = 8,
  /// It was given another name.
  CTRACE_MOVED = 16,
};

/// Installs the filter in the calling process; the listener, or the negated error number.
int ctrace_listen(void);

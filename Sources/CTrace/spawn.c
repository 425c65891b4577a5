// Processes: made with fork(2), because a filter and a namespace must be set up between fork and exec.
#define _GNU_SOURCE 1
#include "CTrace.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
  int32_t error, step;
};

/// Everything that a child needs, made before fork.
struct request {
  const char *program, *folder;
  char **words, **variables;
  int streams[3];
  unsigned flags;
  pid_t parent;
};

static char **vector(const char *text, size_t count) {
  char **result = calloc(count + 2, sizeof *result);
  for (size_t index = 0; result && index < count; index++) {
    result[index] = (char *)text;
    text += strlen(text) + 1;
  }
  return result;
}

static void put(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  if (write(file, text, strlen(text)) < 0) { /* Seen by what comes after. */
  }
  close(file);
}

/// A network namespace: by right, or by that of a user namespace in which the user stays who he is.
static int go_offline(void) {
  if (unshare(CLONE_NEWNET) != 0) {
    char map[64];
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return errno;
    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1\n", user, user);
    put("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "%u %u 1\n", group, group);
    put("/proc/self/gid_map", map);
    if (geteuid() != user || getegid() != group) return EPERM;
  }
  int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (any >= 0) {
    struct ifreq loopback = {.ifr_name = "lo"};
    if (ioctl(any, SIOCGIFFLAGS, &loopback) == 0) {
      loopback.ifr_flags |= IFF_UP;
      ioctl(any, SIOCSIFFLAGS, &loopback);
    }
    close(any);
  }
  return 0;
}

/// Tells the parent how far things are; `descriptor` travels along unless it is negative.
static void tell(int channel, struct message message, int descriptor) {
  struct iovec part = {&message, sizeof message};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control;
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (descriptor >= 0) {
    header.msg_control = control.bytes;
    header.msg_controllen = sizeof control.bytes;
    struct cmsghdr *item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(item), &descriptor, sizeof(int));
  }
  while (sendmsg(channel, &header, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

static _Noreturn void fail(int channel, int error, int step) {
  tell(channel, (struct message){error, step}, -1);
  _exit(125);
}

static _Noreturn void become(const struct request *request, int channel) {
  int streams[3];
  // Out of the way of 0, 1 and 2 first, should any of these have been closed when the program started.
  channel = fcntl(channel, F_DUPFD_CLOEXEC, 3);
  for (int index = 0; index < 3; index++) streams[index] = fcntl(request->streams[index], F_DUPFD_CLOEXEC, 3);
  for (int index = 0; index < 3; index++) dup2(streams[index], index);
  if (request->flags & CTRACE_BOUND) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != request->parent) _exit(125);
  }
  if (chdir(request->folder) != 0) fail(channel, errno, CTRACE_FOLDER);
  if (request->flags & CTRACE_OFFLINE) {
    int error = go_offline();
    if (error) fail(channel, error, CTRACE_NETWORK);
  }
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int listener = request->flags & CTRACE_TRACE ? ctrace_listen() : 0;
  tell(channel, (struct message){listener < 0 ? -listener : 0, 0}, request->flags & CTRACE_TRACE ? listener : -1);
  if (listener > 0) close(listener);
  execve(request->program, request->words, request->variables);
  if (errno == ENOEXEC) {
    // As every shell does with a script that does not say what it is for.
    char **words = request->words;
    size_t count = 0;
    while (words[count]) count++;
    memmove(words + 1, words, (count + 1) * sizeof *words);
    words[0] = "sh";
    words[1] = (char *)request->program;
    execve("/bin/sh", words, request->variables);
  }
  fail(channel, errno, CTRACE_EXEC);
}

/// Reads one message; false at the end of the channel.
static int hear(int channel, struct message *message, int *descriptor) {
  struct iovec part = {message, sizeof *message};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr alignment;
  } control;
  struct msghdr header = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  ssize_t count;
  while ((count = recvmsg(channel, &header, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  if (count != (ssize_t)sizeof *message) return 0;
  struct cmsghdr *item = CMSG_FIRSTHDR(&header);
  if (item && item->cmsg_type == SCM_RIGHTS) memcpy(descriptor, CMSG_DATA(item), sizeof(int));
  return 1;
}

struct ctrace_child ctrace_spawn(const char *program, const char *words, size_t word_count, const char *variables,
                                 size_t variable_count, const char *folder, int input, int output, int error,
                                 unsigned flags) {
  struct ctrace_child child = {.pid = -1, .listener = -1, .channel = -1};
  struct request request = {.program = program,
                            .folder = folder,
                            .words = vector(words, word_count),
                            .variables = vector(variables, variable_count),
                            .streams = {input, output, error},
                            .flags = flags,
                            .parent = getpid()};
  int ends[2] = {-1, -1};
  if (!request.words || !request.variables || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    child.error = errno ? errno : ENOMEM;
    child.step = CTRACE_FORK;
  } else {
    child.pid = fork();
    if (child.pid == 0) become(&request, ends[1]);
    child.error = child.pid < 0 ? errno : 0;
    child.step = child.pid < 0 ? CTRACE_FORK : 0;
    close(ends[1]);
    struct message message = {0, 0};
    if (child.pid > 0 && hear(ends[0], &message, &child.listener)) {
      child.error = message.step ? message.error : 0;
      child.step = message.step;
      child.trace_error = message.step ? 0 : message.error;
    }
    child.channel = ends[0];
  }
  free(request.words);
  free(request.variables);
  return child;
}

struct ctrace_start ctrace_started(struct ctrace_child child) {
  struct message message = {child.error, child.step};
  int none = -1;
  if (child.channel >= 0 && !child.step) hear(child.channel, &message, &none);
  if (child.channel >= 0) close(child.channel);
  return (struct ctrace_start){message.error, message.step};
}

struct ctrace_end ctrace_wait(int32_t pid) {
  struct rusage usage;
  int status = -1;
  pid_t result;
  while ((result = wait4(pid, &status, 0, &usage)) < 0 && errno == EINTR) {
  }
  if (result < 0) return (struct ctrace_end){.status = -1};
  return (struct ctrace_end){
      .status = status,
      .user_microseconds = usage.ru_utime.tv_sec * INT64_C(1000000) + usage.ru_utime.tv_usec,
      .system_microseconds = usage.ru_stime.tv_sec * INT64_C(1000000) + usage.ru_stime.tv_usec,
      .peak_kibibytes = usage.ru_maxrss,
  };
}

static volatile sig_atomic_t receiver, kept;

static void pass_on(int number, siginfo_t *information, void *context) {
  (void)context;
  int saved = errno;
  // A terminal signals the whole foreground group, and the kernel says that it was itself.
  if (information->si_code != SI_KERNEL || number == SIGTERM) {
    if (receiver > 0) kill(receiver, number);
    else kept = number;
  }
  errno = saved;
}

void ctrace_catch_signals(void) {
  static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
  for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESTART};
    struct sigaction before;
    action.sa_sigaction = pass_on;
    sigemptyset(&action.sa_mask);
    // What was ignored from the start (nohup) stays so, here and in the child.
    if (sigaction(numbers[index], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(numbers[index], &action, NULL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void ctrace_forward_to(int32_t pid) {
  receiver = pid;
  if (pid > 0 && kept) {
    kill(pid, kept);
    kept = 0;
  }
}

/* Tells the thread sanitizer about Swift's Mutex (x86-64).
 *
 * A Mutex that is free is taken in code that the sanitizer sees. One that is not is taken in libswiftSynchronization, which it
 * does not, so two threads that follow each other properly look like a race. This library, preloaded, stands between and says
 * that a lock was taken, or is given back. It adds no other order: what nothing protects is seen as before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

/* Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow() */
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

/* Of the sanitizer; absent in programs without it. */
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));

__attribute__((visibility("hidden"))) void *lock_next, *unlock_next;

__attribute__((constructor)) static void find_next(void) {
  lock_next = dlsym(RTLD_NEXT, LOCK);
  unlock_next = dlsym(RTLD_NEXT, UNLOCK);
}

__attribute__((visibility("hidden"), used)) void is_locked(void *handle) {
  if (__tsan_acquire) __tsan_acquire(handle);
}

__attribute__((visibility("hidden"), used)) void will_unlock(void *handle) {
  if (__tsan_release) __tsan_release(handle);
}

/* Swift passes self, the address of the lock, in r13. At entry the stack is one word off its alignment. */
__asm__(
    ".text\n"
    ".globl \"" LOCK "\"\n.type \"" LOCK "\", @function\n"
    "\"" LOCK "\":\n"
    "  pushq %r13\n"
    "  movq lock_next(%rip), %rax\n"
    "  call *%rax\n"
    "  movq (%rsp), %rdi\n"
    "  call is_locked\n"
    "  popq %r13\n"
    "  ret\n"
    ".globl \"" UNLOCK "\"\n.type \"" UNLOCK "\", @function\n"
    "\"" UNLOCK "\":\n"
    "  pushq %r13\n"
    "  movq %r13, %rdi\n"
    "  call will_unlock\n"
    "  movq (%rsp), %r13\n"
    "  movq unlock_next(%rip), %rax\n"
    "  call *%rax\n"
    "  popq %r13\n"
    "  ret\n");

/*
 * Giving up what root's rights a process has, in all of its threads.
 *
 * To the kernel capabilities and no_new_privs are a matter of the thread, not of the process (capabilities(7), prctl(2)),
 * and Node has some ten threads of V8's and libuv's before any addon runs. So each thread has to do it by itself. The way
 * is the one of setuid(2) in the C library (nptl(7)): a signal to each thread, whose handler makes the system calls.
 */
#include "capabilities.h"
#include "napi.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * The C library's own signal for this (glibc's SIGSETXID), lent for a moment: a thread can't block it, while Node's "signal
 * inspector" blocks all others. sigaction(3) refuses it, the system call doesn't.
 */
#define EVERY_THREADS_SIGNAL 33
/* More passes over the threads than this are only needed if new ones come faster than they can be told. */
#define MAX_PASSES 100
/* How long a thread may take to answer. */
#define ANSWER_MS 2000

/* One thread at a time: the signal's action belongs to the process, and Node's workers are threads of it. */
static pthread_mutex_t at_work = PTHREAD_MUTEX_INITIALIZER;
static sem_t given_up;

/* In the calling thread. Only system calls: it runs in a signal handler. What fails is found by `has_rights`. */
static void give_up(void) {
  /* What a program that is executed could get back; takes CAP_SETPCAP, and no_new_privs alone is enough. */
  for (unsigned long bit = 0; prctl(PR_CAPBSET_READ, bit, 0, 0, 0) >= 0; bit++) prctl(PR_CAPBSET_DROP, bit, 0, 0, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
  syscall(SYS_capset, &header, none);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void on_signal(int signal) {
  const int error = errno;
  give_up();
  sem_post(&given_up);
  errno = error;
}

/* The kernel's own form of a signal's action: the same for all signals, and opaque here. */
struct action {
  unsigned long words[8];
};
static int exchange_action(int signal, const struct action *action, struct action *before) {
  return (int)syscall(SYS_rt_sigaction, signal, action, before, _NSIG / 8);
}

/* Has `on_signal` called at our signal. The C library writes the action, for another signal that it admits. */
static int install(struct action *before) {
  struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, others;
  struct action action;
  sigfillset(&ours.sa_mask);
  if (sigaction(SIGRTMAX, &ours, &others) != 0) return -1;
  int result = exchange_action(SIGRTMAX, NULL, &action);
  if (result == 0) result = exchange_action(EVERY_THREADS_SIGNAL, &action, before);
  sigaction(SIGRTMAX, &others, NULL);
  return result;
}

/*
 * Whether a thread still has something to give up: 1, 0, or -1 with errno when that can't be known. A thread that has ended
 * in the meantime has not.
 */
static int has_rights(long thread) {
  char path[64], line[256];
  bool known = false;
  unsigned long long permitted = 0, no_new_privs = 1;
  snprintf(path, sizeof path, "/proc/self/task/%ld/status", thread);
  FILE *file = fopen(path, "re");
  if (!file) return errno == ENOENT ? 0 : -1;
  errno = EPROTO; /* of a file that ends without the line; a read that fails sets its own */
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, "CapPrm:", 7) == 0) known = true, permitted = strtoull(line + 7, NULL, 16);
    if (strncmp(line, "NoNewPrivs:", 11) == 0) no_new_privs = strtoull(line + 11, NULL, 10);
  }
  const int error = errno;
  fclose(file);
  if (!known) return errno = error, error == ESRCH ? 0 : -1;
  return permitted != 0 || no_new_privs == 0;
}

/* Has another thread give up. False, with errno, when it doesn't answer. */
static bool tell(long thread) {
  for (int waited = 0; waited < ANSWER_MS; waited += 10) {
    if (waited == 0 && syscall(SYS_tgkill, getpid(), thread, EVERY_THREADS_SIGNAL) != 0) return errno == ESRCH;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    while (sem_timedwait(&given_up, &until) != 0)
      if (errno != EINTR) break;
    const int rights = has_rights(thread);
    if (rights <= 0) return rights == 0;
  }
  errno = ETIMEDOUT;
  return false;
}

/* One pass over all threads: how many had something to give up, or -1 with errno. */
static int pass(void) {
  DIR *threads = opendir("/proc/self/task");
  if (!threads) return -1;
  int told = 0;
  for (struct dirent *entry; told >= 0 && (entry = readdir(threads));) {
    const long thread = strtol(entry->d_name, NULL, 10);
    const int rights = thread == 0 ? 0 : has_rights(thread);
    if (rights == 0) continue;
    if (rights > 0 && thread == syscall(SYS_gettid)) give_up(), told++;
    else if (rights > 0 && tell(thread)) told++;
    else told = -1;
  }
  const int error = errno;
  closedir(threads);
  errno = error;
  return told;
}

/*
 * dropCapabilities(): afterwards no thread has a capability, and none, nor a program that one executes, can get any in its
 * user namespace. Threads that are made while it runs have what the one that makes them has: so it looks until it finds none
 * left.
 */
napi_value drop_capabilities(napi_env env, napi_callback_info info) {
  struct action before;
  int error;
  pthread_mutex_lock(&at_work);
  if (sem_init(&given_up, 0, 0) != 0 || install(&before) != 0) {
    error = errno;
  } else {
    int told = 1;
    for (int left = MAX_PASSES; told > 0 && left > 0; left--) told = pass();
    error = told < 0 ? errno : told > 0 ? EAGAIN : 0;
    /* A thread that has not answered may do so later: the C library's own handler would not know what it was called for. */
    if (error != ETIMEDOUT) exchange_action(EVERY_THREADS_SIGNAL, &before, NULL);
  }
  pthread_mutex_unlock(&at_work);
  return error ? throw_errno(env, error, "capset", "in all threads") : NULL;
}

// A slow disk, preloaded into a program: before SLOW_CALL on a file called SLOW_NAME it sleeps
// SLOW_SECONDS, or until SLOW_WHEN is removed.
//
//   SLOW_CALL     open, unlink, rename (the new name counts) or sync
//   SLOW_NAME     last part of the path; * is every file
//   SLOW_PROGRAM  short name of the program that is slowed down; all others run as always
//   SLOW_MARK     a file that gets a line for each call that begins to sleep
//   SLOW_WHEN     where set: calls are slow while this file exists
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_slow(const char* call, const char* path) {
  const char *slow_call = getenv("SLOW_CALL"), *name = getenv("SLOW_NAME"),
             *program = getenv("SLOW_PROGRAM");
  if (!slow_call || !name || !program || !path || strcmp(call, slow_call)) return 0;
  if (strcmp(program, program_invocation_short_name)) return 0;
  const char* slash = strrchr(path, '/');
  if (strcmp(name, "*") && strcmp(slash ? slash + 1 : path, name)) return 0;
  return !getenv("SLOW_WHEN") || access(getenv("SLOW_WHEN"), F_OK) == 0;
}

static void sleep_if_slow(const char* call, const char* path) {
  int kept = errno;
  if (is_slow(call, path)) {
    int mark = syscall(SYS_openat, AT_FDCWD, getenv("SLOW_MARK"),
                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (mark >= 0) {
      dprintf(mark, "%d\n", (int)getpid());
      close(mark);
    }
    for (long rest = (long)(atof(getenv("SLOW_SECONDS")) * 1e3);
         rest > 0 && is_slow(call, path); rest -= 5)
      usleep(rest < 5 ? rest * 1000 : 5000);
  }
  errno = kept;
}

static void sleep_if_slow_descriptor(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size > 0) {
    path[size] = 0;
    sleep_if_slow("sync", path);
  }
}

#define REAL(name)               \
  static __typeof__(name)* real; \
  if (!real) real = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)
#define MODE(flags)                                          \
  mode_t mode = 0;                                           \
  if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode = va_arg(rest, mode_t);                             \
    va_end(rest);                                            \
  }
#define OPEN(name)                             \
  int name(const char* path, int flags, ...) { \
    MODE(flags) REAL(name);                    \
    sleep_if_slow("open", path);               \
    return real(path, flags, mode);            \
  }
#define OPENAT(name)                                   \
  int name(int at, const char* path, int flags, ...) { \
    MODE(flags) REAL(name);                            \
    sleep_if_slow("open", path);                       \
    return real(at, path, flags, mode);                \
  }
#define FOPEN(name)                               \
  FILE* name(const char* path, const char* how) { \
    REAL(name);                                   \
    sleep_if_slow("open", path);                  \
    return real(path, how);                       \
  }
#define SYNC(name)                \
  int name(int fd) {              \
    REAL(name);                   \
    sleep_if_slow_descriptor(fd); \
    return real(fd);              \
  }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char* path) {
  REAL(unlink);
  sleep_if_slow("unlink", path);
  return real(path);
}

int unlinkat(int at, const char* path, int flags) {
  REAL(unlinkat);
  sleep_if_slow("unlink", path);
  return real(at, path, flags);
}

int remove(const char* path) {
  REAL(remove);
  sleep_if_slow("unlink", path);
  return real(path);
}

int rename(const char* from, const char* to) {
  REAL(rename);
  sleep_if_slow("rename", to);
  return real(from, to);
}

int renameat(int from_at, const char* from, int to_at, const char* to) {
  REAL(renameat);
  sleep_if_slow("rename", to);
  return real(from_at, from, to_at, to);
}

int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
  REAL(renameat2);
  sleep_if_slow("rename", to);
  return real(from_at, from, to_at, to, flags);
}

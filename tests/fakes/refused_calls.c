// A kernel or file system that lacks something, preloaded into a program: each call that
// REFUSED_CALLS names fails.
//
//   REFUSED_CALLS="link=1 sync_directory=22"    the call and its errno; see REFUSE below for the
//   names
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

// The errno with which this call fails; 0 where it does not.
static int refusal(const char* call) {
  const char* rest = getenv("REFUSED_CALLS");
  size_t length = strlen(call);
  while (rest && *rest) {
    if (!strncmp(rest, call, length) && rest[length] == '=') return atoi(rest + length + 1);
    rest = strchr(rest, ' ');
    if (rest) ++rest;
  }
  return 0;
}

#define REAL(name)               \
  static __typeof__(name)* real; \
  if (!real) real = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)
#define REFUSE(name, parameters, arguments) \
  int name parameters {                     \
    REAL(name);                             \
    int error = refusal(#name);             \
    if (!error) return real arguments;      \
    errno = error;                          \
    return -1;                              \
  }

REFUSE(flock, (int fd, int operation), (fd, operation))
REFUSE(inotify_init1, (int flags), (flags))
REFUSE(link, (const char* from, const char* to), (from, to))
REFUSE(linkat, (int from_at, const char* from, int to_at, const char* to, int flags),
       (from_at, from, to_at, to, flags))
REFUSE(renameat2, (int from_at, const char* from, int to_at, const char* to, unsigned flags),
       (from_at, from, to_at, to, flags))
REFUSE(chmod, (const char* path, mode_t mode), (path, mode))
REFUSE(fchmod, (int fd, mode_t mode), (fd, mode))

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) {
  REAL(pthread_create);
  int error = refusal("pthread_create");
  return error ? error : real(thread, attributes, body, argument);
}

int fsync(int fd) {
  REAL(fsync);
  struct stat status;
  int error = refusal("sync_directory");
  if (!error || fstat(fd, &status) != 0 || !S_ISDIR(status.st_mode)) return real(fd);
  errno = error;
  return -1;
}

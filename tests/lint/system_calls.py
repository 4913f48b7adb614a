"""Who talks to the kernel: every call that the environment can make fail is wrapped once, in runtime/base."""

import re

import tree

# Calls that cannot fail (getpid, umask, _exit, …) are anyone's.
CALLS = """
    abort accept accept4 bind chdir chmod chown close connect creat dup dup2 dup3 epoll_create1
    epoll_ctl epoll_wait eventfd execv execve execvp fchmod fchown fcntl fdatasync flock fork fstat
    fstatat fsync ftruncate getpwuid getpwuid_r getrandom getsockopt inotify_add_watch inotify_init
    inotify_init1 ioctl kill killpg listen lseek lstat mkdir mmap nanosleep open openat opendir pause
    pipe pipe2 poll posix_spawn posix_spawnp ppoll prctl pread pwrite read readdir readlink readv
    realpath recv recvfrom recvmsg rename renameat rmdir select send sendmsg sendto setpgid setsid
    setsockopt sigaction signal signalfd sigprocmask sleep socket socketpair stat symlink syscall
    tgkill timerfd_create timerfd_settime truncate unlink unlinkat usleep vfork wait4 waitid waitpid
    write writev
""".split()

# What is called elsewhere, and why it may stay there. An entry that is no longer needed is a fault.
ALLOWED = {
    # The width of the terminal.
    "ctl/render/console.cc": {"ioctl"},
    # The account's home, where HOME is not set.
    "runtime/config/home.cc": {"getpwuid_r"},
    # The holder's name, written into the lock that it holds.
    "runtime/state/lifecycle_lock.cc": {"ftruncate", "pwrite"},
}

STRINGS_AND_COMMENTS = re.compile(r'"(?:\\.|[^"\\])*"|//.*')
CALL = re.compile(r"(?<![\w.>:])(?:::)?(" + "|".join(CALLS) + r")\s*\(")
# "absl::Status listen(…)" declares a name; "return listen(…)" calls one.
DECLARATION = re.compile(r"(?<![\w:<>])(?!(?:return|else)\s)[\w:<>]+[&*]*\s+[&*]*$")


def calls(text):
    """Names of the system calls in a line of code."""
    code = STRINGS_AND_COMMENTS.sub('""', text)
    return [match[1] for match in CALL.finditer(code)
            if not DECLARATION.search(code[:match.start()])]


def faults(root, allowed=None):
    """Calls outside runtime/base that nobody allowed, and permissions that nobody uses."""
    allowed = ALLOWED if allowed is None else allowed
    found = []
    used = {path: set() for path in allowed}
    for path in tree.files(root, ".cc", ".h", under=("runtime", "ctl")):
        if path.startswith("runtime/base/"):
            continue
        for number, text in tree.lines(root, path):
            for name in calls(text):
                if name in allowed.get(path, ()):
                    used[path].add(name)
                else:
                    found.append(tree.Fault(path, number, f"{name}() is called outside runtime/base; "
                                                          "wrap it there, and return a Status"))
    for path, names in allowed.items():
        for name in sorted(names - used[path]):
            found.append(tree.Fault(path, 1, f"{name}() is no longer called; remove its permission "
                                             "from tests/lint/system_calls.py"))
    return sorted(found)

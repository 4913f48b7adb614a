#include "runtime/base/process_setup.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace holon::base {
namespace {

// A wrong value of one of them aborts the process, others print to stderr.
constexpr char kGrpcPrefix[] = "GRPC_";

// What a service manager says to the process that it starts, and to no other.
constexpr const char* kServiceManagerPrefixes[] = {"NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_"};

bool IsForAnother(absl::string_view variable) {
  if (absl::StartsWith(variable, kGrpcPrefix)) return true;
  for (const char* prefix : kServiceManagerPrefixes) {
    if (absl::StartsWith(variable, prefix)) return true;
  }
  return false;
}

std::vector<std::string> Environment() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    variables.push_back(*entry);
  }
  return variables;
}

void RemoveGrpcVariables(const std::vector<std::string>& environment) {
  for (const std::string& variable : environment) {
    if (absl::StartsWith(variable, kGrpcPrefix)) {
      unsetenv(variable.substr(0, variable.find('=')).c_str());
    }
  }
}

sigset_t IgnoredSignals() {
  sigset_t ignored;
  sigemptyset(&ignored);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action = {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      sigaddset(&ignored, number);
    }
  }
  return ignored;
}

void SetUpSignals(ProcessKind kind) {
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  // Where it is ignored, the kernel tells nobody how a child ended.
  signal(SIGCHLD, SIG_DFL);
  // A write that fails says so itself: EPIPE, EFBIG.
  for (int number : {SIGPIPE, SIGXFSZ}) signal(number, SIG_IGN);
  if (kind == ProcessKind::kCommandLine) return;
  for (int number : {SIGUSR1, SIGUSR2}) signal(number, SIG_IGN);
}

}  // namespace

std::vector<int> FillStandardDescriptors() {
  std::vector<int> filled;
  while (true) {
    // The lowest that is free; the stdio of children is their own.
    int fd = open("/dev/null", O_RDWR);
    // Without /dev/null: what no write can reach keeps the number taken.
    if (fd < 0) fd = open("/", O_PATH | O_DIRECTORY);
    if (fd > STDERR_FILENO) close(fd);
    if (fd < 0 || fd > STDERR_FILENO) return filled;
    filled.push_back(fd);
  }
}

CallersWorld SetUpProcess(ProcessKind kind, std::vector<int> closed_stdio) {
  CallersWorld callers;
  callers.environment = Environment();
  callers.closed_stdio = std::move(closed_stdio);
  pthread_sigmask(SIG_BLOCK, nullptr, &callers.blocked);
  callers.ignored = IgnoredSignals();
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) callers.open_files = files.rlim_cur;
  // The owner keeps all rights to what is made, or it could not be used.
  callers.umask = umask(077);
  if (kind == ProcessKind::kCommandLine) umask(callers.umask & 077);
  RemoveGrpcVariables(callers.environment);
  SetUpSignals(kind);
  // A program that its user may not read hides its own entries in /proc from that user.
  (void)prctl(PR_SET_DUMPABLE, 1);
  return callers;
}

std::vector<std::string> RuntimeEnvironment(const std::vector<std::string>& environment,
                                            absl::string_view notify_socket) {
  std::vector<std::string> kept;
  for (const std::string& variable : environment) {
    if (!IsForAnother(variable)) kept.push_back(variable);
  }
  return WithVariable(std::move(kept), "NOTIFY_SOCKET", notify_socket);
}

std::vector<std::string> WithVariable(std::vector<std::string> environment, absl::string_view name,
                                      absl::string_view value) {
  const std::string prefix = absl::StrCat(name, "=");
  std::erase_if(environment,
                [&](const std::string& variable) { return absl::StartsWith(variable, prefix); });
  environment.push_back(absl::StrCat(prefix, value));
  return environment;
}

}  // namespace holon::base

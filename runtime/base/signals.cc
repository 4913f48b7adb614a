#include "runtime/base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace holon::base {

absl::StatusOr<SignalFd> SignalFd::Create(const std::vector<int>& signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  UniqueFd fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return absl::ErrnoToStatus(errno, "cannot create a signalfd");
  return SignalFd(std::move(fd));
}

std::optional<SignalFd::Received> SignalFd::Read() {
  signalfd_siginfo info;
  if (read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  if (first_ == 0) first_ = static_cast<int>(info.ssi_signo);
  return Received{static_cast<int>(info.ssi_signo), static_cast<int>(info.ssi_pid), info.ssi_uid,
                  info.ssi_code == SI_KERNEL};
}

std::vector<int> EndingSignals() {
  std::vector<int> ending;
  for (int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM,
                     SIGPROF, SIGXCPU, SIGIO, SIGPWR, SIGSTKFLT}) {
    if (!IsIgnored(number)) ending.push_back(number);
  }
  for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
    if (!IsIgnored(number)) ending.push_back(number);
  }
  return ending;
}

void DieBySignal(int signal) {
  (void)prctl(PR_SET_DUMPABLE, 0);
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  (void)sigaction(signal, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  (void)kill(getpid(), signal);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  constexpr int kSignalled = 128;
  _exit(kSignalled + signal);
}

bool IsIgnored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal) : absl::StrCat("SIG", name);
}

}  // namespace holon::base

#include "runtime/base/thread.h"

#include <signal.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace holon::base {
namespace {

// Room for the crash report of a thread that has used up its own stack. Not resident until then.
constexpr size_t kSignalStackBytes = 128 * 1024;

// A sanitizer brings one of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnSignalStack = false;
#else
constexpr bool kOwnSignalStack = true;
#endif

void RunOnThread(absl::AnyInvocable<void()>& body) {
  if (!kOwnSignalStack) return body();
  // Not initialized: no page of it is touched.
  const std::unique_ptr<char[]> room(new char[kSignalStackBytes]);
  stack_t stack = {};
  stack.ss_sp = room.get();
  stack.ss_size = kSignalStackBytes;
  (void)sigaltstack(&stack, nullptr);
  absl::Cleanup disable = [] {
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    (void)sigaltstack(&none, nullptr);
  };
  body();
}

}  // namespace

absl::StatusOr<std::thread> StartThread(absl::AnyInvocable<void()> body) {
  try {
    return std::thread([body = std::move(body)]() mutable { RunOnThread(body); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot start a thread: ", error.what()));
  }
}

}  // namespace holon::base

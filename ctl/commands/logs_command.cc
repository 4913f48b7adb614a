// logs: what the runtime has written, whether or not one runs. It needs the home and nothing else.
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "ctl/commands/commands.h"
#include "ctl/render/json_view.h"
#include "ctl/render/log_text.h"
#include "runtime/base/descriptor.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/wait.h"
#include "runtime/state/log_line.h"
#include "runtime/state/log_reader.h"
#include "runtime/state/log_tail.h"
#include "runtime/state/log_watch.h"

namespace holon::ctl {
namespace {

constexpr size_t kDefaultTail = 20;

Tone ToneOf(absl::string_view level) {
  if (level == "error") return Tone::kBad;
  if (level == "warning") return Tone::kWarning;
  return level == "debug" ? Tone::kFaint : Tone::kPlain;
}

std::string Rendered(const std::string& line, const Options& options, const Console& console) {
  if (options.json) {
    return absl::StrCat(
        options.audit ? ToJsonLine(AuditLineToView(line)) : ToJsonLine(LogLineToView(line)), "\n");
  }
  // A program that reads the log gets it as it was written.
  const std::string text = options.audit ? AuditText(line) : line;
  const std::string shown = console.stdout_terminal() ? Printable(text) : text;
  return absl::StrCat(console.Paint(ToneOf(state::ParseLogLine(line).level), shown), "\n");
}

// Prints the lines that were asked for, as they come.
class LogPrinter {
 public:
  explicit LogPrinter(Context& context)
      : context_(context),
        filter_({.since = context.options().since.value_or(absl::InfinitePast()),
                 .until = context.options().until.value_or(absl::InfiniteFuture()),
                 .text = context.options().grep}) {}

  // CANCELLED: nobody wants more, by signal or because nobody reads.
  absl::Status Print(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
      if (!filter_.Keeps(line)) continue;
      absl::StrAppend(&text, Rendered(line, context_.options(), context_.console()));
    }
    return Deliver(text);
  }

  // The same for the last of the selected lines: keeps them until the end is known.
  absl::Status Collect(const std::vector<std::string>& lines, size_t most) {
    for (const std::string& line : lines) {
      if (!filter_.Keeps(line)) continue;
      last_.push_back(line);
      last_bytes_ += line.size() + 1;
      while (last_.size() > most || last_bytes_ > state::kMaxTailBytes) {
        cut_ = last_.size() <= most;
        last_bytes_ -= last_.front().size() + 1;
        last_.pop_front();
      }
    }
    return CheckInterrupt();
  }
  absl::Status PrintCollected() {
    std::string text;
    for (const std::string& line : last_) {
      absl::StrAppend(&text, Rendered(line, context_.options(), context_.console()));
    }
    return Deliver(text);
  }

  // How many lines were collected, where kMaxTailBytes held fewer than were asked for.
  std::optional<size_t> cut(size_t most) const {
    return cut_ && last_.size() < most ? std::optional<size_t>(last_.size()) : std::nullopt;
  }

  bool interrupted() const { return interrupted_; }

 private:
  // Signals are blocked, so that a long output, or one that nobody takes, has to look for them.
  absl::Status Deliver(absl::string_view text) {
    while (!text.empty()) {
      interrupted_ = !base::WaitWritable(STDOUT_FILENO, context_.world().interrupts.fd());
      if (interrupted_) return absl::CancelledError("interrupted");
      context_.console().Data(text.substr(0, PIPE_BUF));
      if (!context_.console().delivered()) return absl::CancelledError("nobody reads");
      text.remove_prefix(std::min<size_t>(text.size(), PIPE_BUF));
    }
    return CheckInterrupt();
  }

  absl::Status CheckInterrupt() {
    interrupted_ =
        base::WaitReadable({context_.world().interrupts.fd()}, absl::ZeroDuration()).has_value();
    return interrupted_ ? absl::CancelledError("interrupted") : absl::OkStatus();
  }

  Context& context_;
  state::LineFilter filter_;
  std::deque<std::string> last_;
  size_t last_bytes_ = 0;
  bool cut_ = false;
  bool interrupted_ = false;
};

// One call of logs.
class LogsCommand {
 public:
  explicit LogsCommand(Context& context)
      : context_(context),
        options_(context.options()),
        path_(
            base::JoinPath(context.world().paths.run, options_.audit ? "audit.log" : "daemon.log")),
        reader_(path_),
        watch_(path_),
        printer_(context),
        print_([this](const std::vector<std::string>& lines) { return printer_.Print(lines); }) {}

  base::ExitCode Run() {
    if (options_.follow) BeginWatch();
    Hint();
    absl::Status read = ReadPast();
    while (read.ok() && options_.follow) read = Follow();
    if (printer_.interrupted()) return base::ExitCode::kInterrupted;
    // Who has read enough has got what it wanted; a full disk is told by the console.
    if (read.ok() || absl::IsCancelled(read)) return base::ExitCode::kDone;
    return context_.FailFor(read, "LOG_UNREADABLE");
  }

 private:
  void BeginWatch() {
    absl::Status watching = watch_.Begin();
    blind_ = !watching.ok();
    if (!blind_) return;
    context_.console().Warning(
        absl::StrCat(std::string(watching.message()), "; looking once a second instead"));
  }

  void Hint() {
    absl::StatusOr<base::FileInfo> there = base::LookThrough(path_);
    const bool absent = there.ok() && there->type == base::FileType::kAbsent;
    if (!absent || !state::OlderLogs(path_).empty()) return;
    if (options_.follow) {
      context_.console().Warning(absl::StrCat("there is no log yet; waiting for ", path_));
    } else {
      context_.console().Warning(absl::StrCat("there is no log yet: ", path_));
    }
  }

  // What has been written up to now.
  absl::Status ReadPast() {
    const bool selects =
        options_.since.has_value() || options_.until.has_value() || !options_.grep.empty();
    if (!selects && !options_.tail_all) {
      const size_t lines = options_.tail.value_or(kDefaultTail);
      HOLON_RETURN_IF_ERROR(reader_.Tail(lines, print_));
      WarnOfCut(reader_.cut(), lines);
      return options_.follow || lines == 0 ? absl::OkStatus() : reader_.Finish(print_);
    }
    HOLON_RETURN_IF_ERROR(reader_.SkipBefore(options_.since.value_or(absl::InfinitePast())));
    if (!options_.tail.has_value()) return ReadAll(print_);
    HOLON_RETURN_IF_ERROR(ReadAll([this](const std::vector<std::string>& lines) {
      return printer_.Collect(lines, *options_.tail);
    }));
    WarnOfCut(printer_.cut(*options_.tail), *options_.tail);
    return printer_.PrintCollected();
  }

  void WarnOfCut(std::optional<size_t> shown, size_t asked) {
    if (!shown.has_value()) return;
    context_.console().Warning(
        absl::StrCat("shows ", *shown, " of the ", asked, " lines asked for: a tail shows at most ",
                     state::kMaxTailBytes / 1024, " KiB; --tail all shows every line"));
  }

  absl::Status ReadAll(const state::LogReader::Take& take) {
    HOLON_RETURN_IF_ERROR(reader_.Read(take));
    return options_.follow ? absl::OkStatus() : reader_.Finish(take);
  }

  // Sleeps until there is news, and prints it. CANCELLED as printing.
  absl::Status Follow() {
    // A pipe that nobody reads any more ends this now, and not with the next line.
    const int reader = context_.console().reader_fd();
    std::optional<size_t> ready =
        base::WaitReadable({context_.world().interrupts.fd(), watch_.fd(), reader},
                           blind_ ? kBlindInterval : absl::InfiniteDuration());
    if (ready == 2) return absl::CancelledError("nobody reads");
    if (ready == 1) HOLON_RETURN_IF_ERROR(watch_.Take());
    HOLON_RETURN_IF_ERROR(printer_.Print({}));  // Looks for a signal.
    return reader_.Read(print_);
  }

  Context& context_;
  const Options& options_;
  const std::string path_;
  state::LogReader reader_;
  state::LogWatch watch_;
  LogPrinter printer_;
  const state::LogReader::Take print_;
  bool blind_ = false;
};

}  // namespace

base::ExitCode RunLogs(Context& context) {
  absl::Status trusted = state::CheckHome(context.world().paths, state::HomeUse::kLook);
  if (!trusted.ok()) return context.FailHome(trusted);
  return LogsCommand(context).Run();
}

}  // namespace holon::ctl

#include "ctl/render/console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "ctl/render/layout.h"
#include "runtime/base/descriptor.h"
#include "runtime/config/shell_text.h"
#include "runtime/config/text.h"

namespace holon::ctl {

namespace {

size_t WidthOfTerminal(int fd) {
  winsize size = {};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kAnyWidth;
}

}  // namespace

bool UseColor(ColorChoice choice, const char* no_color, const char* term, bool terminal) {
  if (choice != ColorChoice::kAuto) return choice == ColorChoice::kAlways;
  // NO_COLOR counts only when it is not empty.
  if (no_color != nullptr && *no_color != '\0') return false;
  return terminal && !(term != nullptr && std::string(term) == "dumb");
}

bool UseAscii(const char* lc_all, const char* lc_ctype, const char* lang, const char* term) {
  if (term != nullptr && absl::string_view(term) == "dumb") return true;
  for (const char* variable : {lc_all, lc_ctype, lang}) {
    if (variable == nullptr || *variable == '\0') continue;
    const std::string locale = absl::AsciiStrToLower(variable);
    return !absl::StrContains(locale, "utf-8") && !absl::StrContains(locale, "utf8");
  }
  return false;
}

std::string InAscii(absl::string_view text) {
  return absl::StrReplaceAll(
      text,
      {{"✓", "+"}, {"✗", "x"}, {"●", "*"}, {"○", "o"}, {"◐", "~"}, {"→", "->"}, {"…", "..."}});
}

std::string Printable(absl::string_view text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    lines.push_back(config::OneLine(absl::StrReplaceAll(line, {{"\t", "    "}})));
  }
  return absl::StrJoin(lines, "\n");
}

std::string Painted(Tone tone, absl::string_view text) {
  switch (tone) {
    case Tone::kPlain:
      return std::string(text);
    case Tone::kGood:
      return absl::StrCat("\x1b[32m", text, "\x1b[0m");
    case Tone::kWarning:
      return absl::StrCat("\x1b[33m", text, "\x1b[0m");
    case Tone::kBad:
      return absl::StrCat("\x1b[31m", text, "\x1b[0m");
    case Tone::kFaint:
      return absl::StrCat("\x1b[2m", text, "\x1b[0m");
    case Tone::kStrong:
      return absl::StrCat("\x1b[1m", text, "\x1b[0m");
  }
  return std::string(text);
}

Console::Console(ColorChoice color, bool quiet)
    : quiet_(quiet),
      stdout_terminal_(isatty(STDOUT_FILENO) == 1),
      stderr_terminal_(isatty(STDERR_FILENO) == 1),
      stdout_color_(UseColor(color, getenv("NO_COLOR"), getenv("TERM"), stdout_terminal_)),
      stderr_color_(UseColor(color, getenv("NO_COLOR"), getenv("TERM"), stderr_terminal_)),
      ascii_(UseAscii(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"), getenv("TERM"))) {}

void Console::Put(FILE* stream, absl::string_view text) {
  size_t written = fwrite(text.data(), 1, text.size(), stream);
  bool arrived = fflush(stream) == 0 && written == text.size();
  if (stream != stdout || arrived) return;
  if (delivered_) reader_left_ = errno == EPIPE;
  delivered_ = false;
}

Console::~Console() { ClearProgress(); }

void Console::Data(absl::string_view text) {
  ClearProgress();
  Put(stdout, text);
}

void Console::Answer(absl::string_view text) { Data(ascii_ ? InAscii(text) : std::string(text)); }

void Console::Text(absl::string_view text) {
  if (!quiet_) Answer(text);
}

void Console::Done(absl::string_view message) {
  const std::string line = absl::StrCat(Paint(Tone::kGood, "✓"), " ", message);
  Text(absl::StrCat(Wrapped(line, width(), 2), "\n"));
}

void Console::PutLine(const std::string& line) {
  const std::string wrapped = Wrapped(line, WidthOfTerminal(STDERR_FILENO), 2);
  Put(stderr, absl::StrCat(ascii_ ? InAscii(wrapped) : wrapped, "\n"));
}

void Console::Error(absl::string_view message, const NextStep& next) {
  ClearProgress();
  std::string label = stderr_color_ ? Painted(Tone::kBad, "error:") : "error:";
  PutLine(absl::StrCat("holonctl: ", label, " ", Printable(message)));
  if (!next.words.empty()) {
    Put(stderr, absl::StrCat("  next: ", config::ShellText(next.words), "\n"));
  }
  if (!next.advice.empty()) PutLine(absl::StrCat("  ", Printable(next.advice)));
}

void Console::Warning(absl::string_view message) {
  if (quiet_) return;
  ClearProgress();
  std::string label = stderr_color_ ? Painted(Tone::kWarning, "warning:") : "warning:";
  PutLine(absl::StrCat("holonctl: ", label, " ", Printable(message)));
}

void Console::Progress(absl::string_view text) {
  if (!shows_progress()) return;
  const std::string line = Printable(text.substr(0, WidthOfTerminal(STDERR_FILENO) - 1));
  Put(stderr, absl::StrCat("\r\x1b[K", ascii_ ? InAscii(line) : line));
  progress_shown_ = true;
}

void Console::ClearProgress() {
  if (!progress_shown_) return;
  Put(stderr, "\r\x1b[K");
  progress_shown_ = false;
}

std::string Console::Paint(Tone tone, absl::string_view text) const {
  return stdout_color_ ? Painted(tone, text) : std::string(text);
}

int Console::reader_fd() const { return base::IsPipe(STDOUT_FILENO) ? STDOUT_FILENO : -1; }

size_t Console::width() const { return WidthOfTerminal(STDOUT_FILENO); }

}  // namespace holon::ctl

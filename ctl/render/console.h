#ifndef HOLON_CTL_RENDER_CONSOLE_H_
#define HOLON_CTL_RENDER_CONSOLE_H_

#include <stdio.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ctl/render/next_command.h"

namespace holon::ctl {

enum class ColorChoice { kAuto, kAlways, kNever };

// How text is marked up.
enum class Tone { kPlain, kGood, kWarning, kBad, kFaint, kStrong };

// stdout for data, stderr for everything else. One thread.
class Console {
 public:
  Console(ColorChoice color, bool quiet);
  ~Console();

  // To stdout, as it is: a document, a value.
  void Data(absl::string_view text);
  // To stdout, for people; with --quiet too, for it is what was asked for.
  void Answer(absl::string_view text);
  // To stdout, unless --quiet: what a person wants to read.
  void Text(absl::string_view text);
  // To stdout, unless --quiet: "✓ the runtime is ready".
  void Done(absl::string_view message);
  // To stderr, always, and printable: an error, and what helps.
  void Error(absl::string_view message, const NextStep& next = {});
  // To stderr, unless --quiet, and printable.
  void Warning(absl::string_view message);
  // Replaces the progress line on a terminal; nothing elsewhere.
  void Progress(absl::string_view text);
  void ClearProgress();

  // `text` in colour where stdout (or, for diagnostics, stderr) shows colours.
  std::string Paint(Tone tone, absl::string_view text) const;
  // Everything that was printed has arrived. False for a full disk or a reader that has left.
  bool delivered() const { return delivered_; }
  // What could not be printed is missed by nobody: the reader of a pipe has left.
  bool reader_left() const { return reader_left_; }
  // Readable as soon as nobody reads stdout any more; -1 where that cannot be waited for.
  int reader_fd() const;
  bool shows_progress() const { return stderr_terminal_ && !quiet_; }
  bool stdout_terminal() const { return stdout_terminal_; }
  // Columns of the terminal at stdout; kAnyWidth where there is none.
  size_t width() const;

 private:
  void Put(FILE* stream, absl::string_view text);
  // A line of diagnostics, as the terminal at stderr can show it.
  void PutLine(const std::string& line);

  bool quiet_;
  bool stdout_terminal_;
  bool stderr_terminal_;
  bool stdout_color_;
  bool stderr_color_;
  bool ascii_;
  bool progress_shown_ = false;
  bool delivered_ = true;
  bool reader_left_ = false;
};

// Pure: whether to use colours, from --color, NO_COLOR and what stands at the other end.
bool UseColor(ColorChoice choice, const char* no_color, const char* term, bool terminal);

// Pure: whether only ASCII can be shown, from the locale's variables and TERM. No variable says no.
bool UseAscii(const char* lc_all, const char* lc_ctype, const char* lang, const char* term);

// Pure: the signs that Holon prints, in ASCII: "✓ ready" is "+ ready".
std::string InAscii(absl::string_view text);

// Pure: text from elsewhere as a terminal may have it: nothing in it moves the cursor, sets a title
// or ends its colour. Lines stay lines; tabs become spaces, other control characters '?'.
std::string Printable(absl::string_view text);

// Pure: `text` in the escape sequences of a tone.
std::string Painted(Tone tone, absl::string_view text);

}  // namespace holon::ctl

#endif  // HOLON_CTL_RENDER_CONSOLE_H_

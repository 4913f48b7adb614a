#include "runtime/daemon/log_text.h"

#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace holon::daemon {
namespace {

// U+0080 to U+009F in UTF-8: some terminals obey them as they obey an escape sequence.
bool IsWideControl(const std::string& text, size_t at) {
  if (text[at] != '\xc2' || at + 1 == text.size()) return false;
  const unsigned char next = static_cast<unsigned char>(text[at + 1]);
  return next >= 0x80 && next <= 0x9f;
}

bool HasControl(const std::string& text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(text[at])) || IsWideControl(text, at)) {
      return true;
    }
  }
  return false;
}

// A JSON string; also right for a quoted value in a text line.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      absl::StrAppendFormat(&quoted, "\\u%04x", c);
    } else if (IsWideControl(text, at)) {
      absl::StrAppendFormat(&quoted, "\\u%04x", static_cast<unsigned char>(text[++at]));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

const char* LogLevelName(base::LogLevel level) {
  switch (level) {
    case base::LogLevel::kDebug:
      return "debug";
    case base::LogLevel::kInfo:
      return "info";
    case base::LogLevel::kWarning:
      return "warning";
    case base::LogLevel::kError:
      return "error";
  }
  return "?";
}

std::string LogText(const std::string& message, base::Logger::Fields fields) {
  std::string text = HasControl(message) ? Quoted(message) : message;
  for (const auto& [key, value] : fields) {
    const bool plain =
        !value.empty() && !HasControl(value) && value.find_first_of(" \"\\=") == std::string::npos;
    absl::StrAppend(&text, " ", key, "=", plain ? value : Quoted(value));
  }
  return text;
}

std::string LogJson(const std::string& time, const std::string& level, const std::string& message,
                    base::Logger::Fields fields) {
  std::string text = absl::StrCat("{\"time\":", Quoted(time), ",\"level\":", Quoted(level),
                                  ",\"message\":", Quoted(message));
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&text, ",", Quoted(key), ":", Quoted(value));
  }
  return text + "}";
}

}  // namespace holon::daemon

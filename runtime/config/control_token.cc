#include "runtime/config/control_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/uuid.h"
#include "runtime/config/formats.h"
#include "runtime/config/private_file.h"

namespace holon::config {
namespace {

constexpr size_t kRandomBytes = 32;

}  // namespace

std::string ControlTokenPath(const std::string& home) {
  return base::JoinPath(home, "control.token");
}

bool ControlTokenRequired(const v1::EffectiveConfig& values) {
  return !values.control_addr().empty() &&
         values.control_auth_mode() != v1::CONTROL_AUTH_MODE_DISABLED;
}

bool ControlTokenIsMade(const v1::EffectiveConfig& values) {
  return ControlTokenRequired(values) && values.control_token().empty();
}

absl::StatusOr<std::string> ReadControlToken(const std::string& home) {
  const std::string path = ControlTokenPath(home);
  absl::StatusOr<std::string> text = ReadPrivateFile(path, kMaxSecretBytes + 1);
  if (!text.ok() && !absl::IsOutOfRange(text.status())) return text.status();
  if (text.ok()) {
    const absl::string_view token = absl::StripSuffix(*text, "\n");
    if (IsSecret(token)) return std::string(token);
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path, " does not hold one line of 1 to ", kMaxSecretBytes,
                   " visible ASCII characters; remove it, and the next start makes another"));
}

absl::StatusOr<std::string> EnsureControlToken(const std::string& home) {
  absl::StatusOr<std::string> token = ReadControlToken(home);
  if (!absl::IsNotFound(token.status())) return token;
  const std::string fresh = absl::BytesToHexString(base::RandomBytes(kRandomBytes));
  absl::Status created =
      base::CreateFileExclusively(ControlTokenPath(home), ControlTokenText(fresh), 0600);
  // Another process was faster, and its token is the one.
  if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  return ReadControlToken(home);
}

std::string ControlTokenText(const std::string& token) { return absl::StrCat(token, "\n"); }

}  // namespace holon::config

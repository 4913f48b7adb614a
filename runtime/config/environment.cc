#include "runtime/config/environment.h"

#include <string.h>
#include <unistd.h>

#include "absl/strings/string_view.h"
#include "runtime/config/schema.h"

namespace holon::config {

Environment ReadEnvironment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    absl::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == absl::string_view::npos) continue;
    environment.emplace_back(std::string(text.substr(0, equals)),
                             std::string(text.substr(equals + 1)));
  }
  return environment;
}

void ScrubSecrets() {
  if (environ == nullptr) return;
  char** kept = environ;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    absl::string_view text = *entry;
    const size_t equals = text.find('=');
    const Target target = FindVariable(text.substr(0, equals));
    if (equals == absl::string_view::npos || target.leaf == nullptr || !target.leaf->secret ||
        target.names_file) {
      *kept++ = *entry;
      continue;
    }
    explicit_bzero(*entry + equals + 1, text.size() - equals - 1);
  }
  *kept = nullptr;
}

}  // namespace holon::config

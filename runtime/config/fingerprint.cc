#include "runtime/config/fingerprint.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/base/uuid.h"
#include "runtime/config/digest.h"
#include "runtime/config/private_file.h"
#include "runtime/config/schema.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr char kUnset[] = "unset";

std::string KeyPath(const std::string& home) { return base::JoinPath(home, "fingerprint.key"); }

// A secret's value in the canonical text. Without a key there is none for a secret that is set: a
// digest that anybody can compute would tell short secrets.
std::string SecretDigest(const Leaf& leaf, const v1::EffectiveConfig& values,
                         const FingerprintKey& key) {
  if (!Has(leaf, values)) return kUnset;
  if (key.empty()) return "";
  std::string text = absl::StrCat(leaf.path, absl::string_view("\0", 1), TextOf(leaf, values));
  return absl::StrCat("hmac-sha256:", HmacSha256(key, text));
}

}  // namespace

absl::StatusOr<FingerprintKey> ReadFingerprintKey(const std::string& home) {
  const std::string path = KeyPath(home);
  absl::StatusOr<std::string> key = ReadPrivateFile(path, kKeyBytes);
  if (absl::IsOutOfRange(key.status()) || (key.ok() && key->size() != kKeyBytes)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " does not hold ", kKeyBytes, " bytes; stop the runtime and remove it"));
  }
  return key;
}

absl::StatusOr<FingerprintKey> EnsureFingerprintKey(const std::string& home) {
  absl::StatusOr<FingerprintKey> key = ReadFingerprintKey(home);
  if (!absl::IsNotFound(key.status())) return key;
  const FingerprintKey fresh = base::RandomBytes(kKeyBytes);
  absl::Status created = base::CreateFileExclusively(KeyPath(home), fresh, 0600);
  // Somebody else was faster, and theirs is the one.
  if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  return ReadFingerprintKey(home);
}

std::vector<v1::ConfigValue> Describe(const Configuration& configuration,
                                      const FingerprintKey& key) {
  std::vector<v1::ConfigValue> described;
  described.reserve(Leaves().size());
  for (const Leaf& leaf : Leaves()) {
    v1::ConfigValue& value = described.emplace_back();
    value.set_path(leaf.path);
    value.set_apply(leaf.apply);
    auto origin = configuration.origins.find(leaf.path);
    if (origin != configuration.origins.end()) *value.mutable_origin() = origin->second;
    if (leaf.secret) {
      value.set_value(Has(leaf, configuration.values) ? "<set>" : "<unset>");
      value.set_digest(SecretDigest(leaf, configuration.values, key));
    } else {
      value.set_value(CanonicalOf(leaf, configuration.values));
    }
  }
  return described;
}

std::string CanonicalText(const std::vector<v1::ConfigValue>& described) {
  std::map<absl::string_view, absl::string_view> lines;
  for (const v1::ConfigValue& value : described) {
    if (value.apply() == v1::APPLY_VOLATILE) continue;
    lines[value.path()] = value.digest().empty() ? value.value() : value.digest();
  }
  std::string text;
  for (const auto& [path, value] : lines) absl::StrAppend(&text, path, "=", value, "\n");
  return text;
}

std::string Fingerprint(const std::vector<v1::ConfigValue>& described) {
  return Sha256(CanonicalText(described));
}

}  // namespace holon::config

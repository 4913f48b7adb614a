// The fingerprint of a configuration and the redacted form in which it travels. The canonical text
// is specified at the head of protos/holon/v1/config.proto. Pure but for the key's file.
#ifndef HOLON_RUNTIME_CONFIG_FINGERPRINT_H_
#define HOLON_RUNTIME_CONFIG_FINGERPRINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "holon/v1/config.pb.h"
#include "runtime/config/configuration.h"

namespace holon::config {

// The 32 bytes under which secrets are told apart.
using FingerprintKey = std::string;

// Reads HOME/fingerprint.key. NOT_FOUND where there is none, FAILED_PRECONDITION where it is not 32
// bytes, not ours, or open to others.
absl::StatusOr<FingerprintKey> ReadFingerprintKey(const std::string& home);

// Reads it, and makes it first (exclusively, 0600, from the kernel's random numbers) where there is
// none.
absl::StatusOr<FingerprintKey> EnsureFingerprintKey(const std::string& home);

// The values, redacted, with origins and what a change takes; sorted by path; VOLATILE ones
// included. An empty key will do for showing them: a secret that is set has no digest then, and the
// fingerprint means nothing.
std::vector<v1::ConfigValue> Describe(const Configuration& configuration,
                                      const FingerprintKey& key);

// Lower-case hex SHA-256 over the canonical text of what is described. Works on any side's
// description, so that a newer runtime's unknown fields count too.
std::string Fingerprint(const std::vector<v1::ConfigValue>& described);

// What Fingerprint hashes.
std::string CanonicalText(const std::vector<v1::ConfigValue>& described);

}  // namespace holon::config

#endif  // HOLON_RUNTIME_CONFIG_FINGERPRINT_H_

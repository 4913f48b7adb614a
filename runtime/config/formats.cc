#include "runtime/config/formats.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace holon::config {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxIdentifierBytes = 64;

bool IsAlphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool IsIpv6(absl::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

std::optional<uint32_t> ParseIpv4(absl::string_view text) {
  in_addr address;
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool IsHostName(absl::string_view text) {
  if (text.empty() || text.size() > kMaxHostBytes) return false;
  if (!IsAlphanumeric(text.front()) || text.back() == '-') return false;
  if (absl::StrContains(text, "..")) return false;
  bool numeric = true;
  for (char c : text) {
    if (!IsAlphanumeric(c) && c != '-' && c != '.' && c != '_') return false;
    numeric &= absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.';
  }
  // Nothing but digits and dots is meant as an address.
  return !numeric || ParseIpv4(text).has_value();
}

std::optional<uint16_t> ParsePort(absl::string_view text) {
  uint32_t port;
  if (!IsDigits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  if (!absl::SimpleAtoi(text, &port) || port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

}  // namespace

std::optional<HostPort> ParseHostPort(absl::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  std::optional<uint16_t> port = ParsePort(text.substr(colon + 1));
  absl::string_view host = text.substr(0, colon);
  if (!port.has_value()) return std::nullopt;
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]") || !IsIpv6(host)) return std::nullopt;
  } else if (!IsHostName(host)) {
    return std::nullopt;
  }
  return HostPort{std::string(host), *port};
}

bool IsLoopback(const HostPort& address) {
  if (absl::EqualsIgnoreCase(address.host, "localhost")) return true;
  if (std::optional<uint32_t> v4 = ParseIpv4(address.host)) return *v4 >> 24 == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, address.host.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool IsUrl(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "http://") && !absl::ConsumePrefix(&text, "https://")) {
    return false;
  }
  for (char c : text) {
    if (c <= ' ' || c > '~' || absl::StrContains("\"<>\\^`{|}", c)) return false;
  }
  absl::string_view authority = text.substr(0, text.find_first_of("/?#"));
  if (absl::StrContains(authority, '@')) return false;
  return IsHostName(authority) || ParseHostPort(authority).has_value() ||
         (absl::ConsumePrefix(&authority, "[") && absl::ConsumeSuffix(&authority, "]") &&
          IsIpv6(authority));
}

bool IsIdentifier(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxIdentifierBytes && IsAlphanumeric(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsSecret(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxSecretBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace holon::config

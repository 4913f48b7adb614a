#include "runtime/probe/handshake.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "runtime/probe/control_client.h"

namespace holon::probe {
namespace {

int MajorOf(const std::string& contract_version) {
  std::vector<std::string> parts = absl::StrSplit(contract_version, '.');
  int major;
  return absl::SimpleAtoi(parts[0], &major) ? major : 0;
}

// gRPC's own words for an answer that came and could not be decoded. The codes alone do not tell:
// the first is also that of a service that does not exist, the second that of a peer that does not
// speak HTTP/2 at all.
bool Undecodable(const grpc::Status& status) {
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    return status.error_message() == "No message returned for unary request";
  }
  return status.error_code() == grpc::StatusCode::INTERNAL &&
         absl::StrContains(status.error_message(), "serializ");
}

}  // namespace

bool IsOfHome(const v1::RuntimeStatusResponse& answer, const base::FileInfo& home,
              const std::string& path) {
  if (answer.home_inode() == 0 || home.type == base::FileType::kAbsent) {
    return base::SameFile(answer.home_dir(), path);
  }
  return answer.home_device() == home.device && answer.home_inode() == home.inode;
}

Handshake JudgeAnswer(const grpc::Status& status, const v1::RuntimeStatusResponse& answer,
                      bool this_home) {
  if (Undecodable(status)) return Handshake::kIncompatible;
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      if (MajorOf(answer.contract_version()) != kContractMajor) return Handshake::kIncompatible;
      return this_home ? Handshake::kOurs : Handshake::kOtherHome;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Handshake::kSilent;
    default:
      return Handshake::kNotHolon;
  }
}

}  // namespace holon::probe

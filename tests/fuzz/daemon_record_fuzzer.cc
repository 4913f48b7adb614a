// Any content of run/daemon.json: it is refused, or what was read survives being written and read
// again.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/util/message_differencer.h"
#include "runtime/state/daemon_record.h"

namespace {

// A file of this process, removed when it ends.
class ScratchFile {
 public:
  ScratchFile() {
    char path[] = "/tmp/daemon-record-XXXXXX";
    if (mkdtemp(path) == nullptr) abort();
    folder_ = path;
  }
  ~ScratchFile() {
    (void)remove(path().c_str());
    (void)remove(folder_.c_str());
  }
  std::string path() const { return folder_ + "/daemon.json"; }
  void Write(const uint8_t* data, size_t size) const {
    std::ofstream(path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }

 private:
  std::string folder_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ScratchFile file;
  file.Write(data, size);
  absl::StatusOr<holon::state::v1::DaemonRecord> record =
      holon::state::ReadDaemonRecord(file.path());
  if (!record.ok()) return 0;
  if (!holon::state::WriteDaemonRecord(file.path(), *record).ok()) abort();
  absl::StatusOr<holon::state::v1::DaemonRecord> again =
      holon::state::ReadDaemonRecord(file.path());
  if (!again.ok() || !google::protobuf::util::MessageDifferencer::Equals(*record, *again)) abort();
  return 0;
}

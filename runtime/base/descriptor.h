// What is done with descriptors that are open already. Thread-safe.
#ifndef HOLON_RUNTIME_BASE_DESCRIPTOR_H_
#define HOLON_RUNTIME_BASE_DESCRIPTOR_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/base/unique_fd.h"

namespace holon::base {

// At most `max_bytes` of a file from `offset`; empty at its end.
absl::StatusOr<std::string> ReadAt(int fd, off_t offset, size_t max_bytes);

// One write(2): how many bytes went in, perhaps not all. RESOURCE_EXHAUSTED: disk full.
absl::StatusOr<size_t> WriteOnce(int fd, absl::string_view text);

// As much of `text` as goes in at once, and the rest is lost: a reader that has stopped reading
// must not stop us. Files take it all.
void WriteWithoutWaiting(int fd, absl::string_view text);

// Makes `target` name what `fd` names, in one step.
absl::Status Redirect(int target, int fd);

// Another descriptor of the same file or connection. RESOURCE_EXHAUSTED: none is left.
absl::StatusOr<UniqueFd> Duplicate(int fd);

// Ends a connection in both directions, for every descriptor of it in every process.
void EndConnection(int fd);

// As EndConnection; over TCP, what has arrived and was not read is dropped: nobody reads it any
// more.
void AbortConnection(int fd);

// The peer of a connection has closed it, or both directions are shut down. Does not block.
bool HasHungUp(int fd);

// Whether `fd` is an end of a pipe. The end that writes polls readable when nobody reads any more.
bool IsPipe(int fd);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_DESCRIPTOR_H_

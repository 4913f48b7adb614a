// What a signal handler, or a process in which everything else may hang, can still do: no lock, no
// memory, no errno that anybody looks at.
#ifndef HOLON_RUNTIME_BASE_SIGNAL_SAFE_H_
#define HOLON_RUNTIME_BASE_SIGNAL_SAFE_H_

namespace holon::base {

// A new regular file (0600) in place of the one before; -1 where there can be none. Follows no link
// at its end and waits for no reader of a FIFO. `path` is seen from `directory`.
int CreateRaw(int directory, const char* path);

// As much as can be written without waiting; nothing where `fd` is -1.
void WriteRaw(int fd, const char* text);

}  // namespace holon::base

#endif  // HOLON_RUNTIME_BASE_SIGNAL_SAFE_H_

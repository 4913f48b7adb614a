// Early returns for absl::Status and absl::StatusOr: this Abseil ships none.
#ifndef HOLON_RUNTIME_BASE_STATUS_MACROS_H_
#define HOLON_RUNTIME_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define HOLON_CONCAT_INNER(a, b) a##b
#define HOLON_CONCAT(a, b) HOLON_CONCAT_INNER(a, b)

#define HOLON_RETURN_IF_ERROR(expression)                               \
  do {                                                                  \
    if (absl::Status holon_status = (expression); !holon_status.ok()) { \
      return holon_status;                                              \
    }                                                                   \
  } while (false)

#define HOLON_ASSIGN_OR_RETURN(declaration, expression) \
  HOLON_ASSIGN_OR_RETURN_INNER(HOLON_CONCAT(holon_result_, __LINE__), declaration, expression)

#define HOLON_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                         \
  if (!result.ok()) return result.status();                           \
  declaration = *std::move(result)

#endif  // HOLON_RUNTIME_BASE_STATUS_MACROS_H_

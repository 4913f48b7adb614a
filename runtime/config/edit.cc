#include "runtime/config/edit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/json_reader.h"
#include "runtime/config/json_text.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/text.h"
#include "runtime/config/usage.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

constexpr size_t kMaxFileBytes = 1024 * 1024;

absl::StatusOr<FileEdit> ReadForEdit(const LoadInputs& inputs) {
  FileEdit file;
  file.path = base::CanonicalPath(ConfigFilePath(inputs), "/");
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::LookThrough(file.path));
  if (info.type == base::FileType::kAbsent) {
    HOLON_ASSIGN_OR_RETURN(base::FileInfo itself, base::Look(file.path));
    if (itself.type == base::FileType::kAbsent) return file;
    return absl::FailedPreconditionError(
        absl::StrCat(file.path, " is a symbolic link that leads to nothing"));
  }
  file.mode = info.mode;
  HOLON_ASSIGN_OR_RETURN(file.before, base::ReadFile(file.path, kMaxFileBytes));
  return file;
}

absl::Status Refuse(Fault fault, std::vector<Fault>* faults) {
  absl::Status status = absl::InvalidArgumentError(FaultText(fault));
  faults->push_back(std::move(fault));
  return status;
}

LoadResult LoadWith(const LoadInputs& inputs, const std::string& text) {
  LoadInputs with = inputs;
  with.file_text = text;
  return Load(with);
}

// Faults where a text cannot be read to its end.
absl::Status CheckReadable(const LoadInputs& inputs, const std::string& text,
                           std::vector<Fault>* faults) {
  for (const JsonEntry& entry : ReadJsonObject(text)) {
    if (!entry.ends_here) continue;
    const LoadResult result = LoadWith(inputs, text);
    for (const Fault& fault : result.faults) {
      if (fault.path.empty()) faults->push_back(fault);
    }
    return absl::InvalidArgumentError("the file is not a JSON object");
  }
  return absl::OkStatus();
}

// The byte order mark of a text, which stays where it is.
absl::string_view MarkOf(absl::string_view text) {
  const absl::string_view body = absl::StripPrefix(text, "\xef\xbb\xbf");
  return text.substr(0, text.size() - body.size());
}

bool HoldsFault(const LoadResult& result, const std::string& path) {
  return std::any_of(result.faults.begin(), result.faults.end(),
                     [&](const Fault& fault) { return fault.path == path; });
}

v1::Origin EditOrigin(absl::string_view verb, const std::string& path) {
  v1::Origin origin;
  origin.set_source(v1::SOURCE_FLAG);
  origin.set_location(absl::StrCat("config ", verb, " ", path));
  return origin;
}

// Judges what the file is to become: refused for the faults that the edit adds. Those have no place
// in a file that anybody can open, but the edit's own, or that of the file as it is.
absl::StatusOr<FileEdit> Become(std::string after, const LoadInputs& inputs, FileEdit file,
                                const v1::Origin& edit, const std::string& path,
                                std::vector<Fault>* faults) {
  file.after = absl::StrCat(MarkOf(file.before), after);
  const LoadResult before = LoadWith(inputs, file.before);
  const LoadResult result = LoadWith(inputs, file.after);
  std::map<std::string, int> known;
  for (const Fault& fault : before.faults) ++known[fault.path];
  for (Fault fault : result.faults) {
    if (--known[fault.path] >= 0) {
      if (fault.origin.source() == v1::SOURCE_FILE) file.remaining.push_back(std::move(fault));
      continue;
    }
    if (fault.origin.source() == v1::SOURCE_FILE) {
      auto origin = before.configuration.origins.find(fault.path);
      fault.origin = fault.path == path || origin == before.configuration.origins.end()
                         ? edit
                         : origin->second;
    }
    faults->push_back(std::move(fault));
  }
  if (!faults->empty()) return absl::InvalidArgumentError(FaultText(faults->front()));
  return file;
}

std::string JsonOf(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  std::string json;
  // Cannot fail: a string is a value.
  (void)google::protobuf::util::MessageToJsonString(value, &json);
  return json;
}

// The JSON value for a field, checked and with paths made absolute; or a fault.
absl::StatusOr<std::string> NewValue(const LoadInputs& inputs, const Target& target,
                                     const std::string& text) {
  if (target.names_file) {
    const bool absolute = text.empty() || text[0] == '/';
    return JsonOf(absolute ? text : base::JoinPath(inputs.working_directory, text));
  }
  if (target.leaf->secret) {
    return absl::InvalidArgumentError(
        absl::StrCat("secrets are refused on command lines, which others can read; use ",
                     PathOf({target.leaf, true})));
  }
  v1::EffectiveConfig values;
  HOLON_RETURN_IF_ERROR(SetFromText(*target.leaf, text, inputs.working_directory, &values));
  return CanonicalOf(*target.leaf, values);
}

// The settings of a group, for who named the group.
std::string SettingsOf(const std::string& group) {
  std::string settings;
  for (const Leaf& leaf : Leaves()) {
    if (!absl::StartsWith(leaf.path, absl::StrCat(group, "."))) continue;
    absl::StrAppend(&settings, settings.empty() ? "" : ", ", leaf.path);
  }
  return settings;
}

}  // namespace

absl::StatusOr<FileEdit> PlanSet(const LoadInputs& inputs, const std::string& path,
                                 const std::string& text, std::vector<Fault>* faults) {
  const Target target = FindTarget(path);
  if (target.leaf == nullptr) return absl::NotFoundError("there is no such setting");
  const v1::Origin origin = EditOrigin("set", path);
  HOLON_ASSIGN_OR_RETURN(FileEdit file, ReadForEdit(inputs));
  HOLON_RETURN_IF_ERROR(CheckReadable(inputs, file.before, faults));
  absl::StatusOr<std::string> value = NewValue(inputs, target, text);
  if (!value.ok()) {
    return Refuse({path, origin, std::string(value.status().message())}, faults);
  }
  std::optional<std::string> after =
      WithJsonValue(absl::StripPrefix(file.before, MarkOf(file.before)), path, *value);
  if (!after.has_value()) {
    return Refuse({path, origin, "found a value where the file should hold an object"}, faults);
  }
  return Become(*std::move(after), inputs, std::move(file), origin, path, faults);
}

absl::StatusOr<FileEdit> PlanUnset(const LoadInputs& inputs, const std::string& path,
                                   std::vector<Fault>* faults) {
  const v1::Origin origin = EditOrigin("unset", WithoutValue(path));
  HOLON_ASSIGN_OR_RETURN(FileEdit file, ReadForEdit(inputs));
  HOLON_RETURN_IF_ERROR(CheckReadable(inputs, file.before, faults));
  std::optional<std::string> after =
      WithoutJsonKey(absl::StripPrefix(file.before, MarkOf(file.before)), path);
  if (IsGroup(path) && !HoldsFault(LoadWith(inputs, file.before), path)) {
    return Refuse({path, origin,
                   absl::StrCat("found a group of settings; allowed: one of ", SettingsOf(path))},
                  faults);
  }
  if (after.has_value()) {
    return Become(*std::move(after), inputs, std::move(file), origin, path, faults);
  }
  if (FindTarget(path).leaf == nullptr) return absl::NotFoundError("there is no such setting");
  file.after = file.before;
  return file;
}

absl::Status Write(const FileEdit& edit) {
  return base::WriteFileAtomically(edit.path, edit.after, edit.mode);
}

}  // namespace holon::config

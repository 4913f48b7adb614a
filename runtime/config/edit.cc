#include "runtime/config/edit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "rapidjson/document.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/text.h"
#include "runtime/config/usage.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

constexpr size_t kMaxFileBytes = 1024 * 1024;

using Names = std::vector<std::string>;

absl::StatusOr<FileEdit> ReadForEdit(const LoadInputs& inputs) {
  FileEdit file;
  file.path = base::CanonicalPath(ConfigFilePath(inputs), "/");
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::LookThrough(file.path));
  if (info.type == base::FileType::kAbsent) return file;
  file.mode = info.mode;
  HOLON_ASSIGN_OR_RETURN(file.before, base::ReadFile(file.path, kMaxFileBytes));
  return file;
}

absl::Status Refuse(Fault fault, std::vector<Fault>* faults) {
  absl::Status status = absl::InvalidArgumentError(FaultText(fault));
  faults->push_back(std::move(fault));
  return status;
}

// The file alone with `text` as its content: variables and options of this moment do not make it
// right or wrong.
absl::Status Validate(const LoadInputs& inputs, const std::string& text,
                      std::vector<Fault>* faults) {
  LoadInputs alone;
  alone.home = inputs.home;
  alone.home_origin = inputs.home_origin;
  alone.config_file = inputs.config_file;
  alone.working_directory = inputs.working_directory;
  alone.file_text = text;
  LoadResult result = Load(alone);
  faults->insert(faults->end(), result.faults.begin(), result.faults.end());
  if (result.faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(FaultText(result.faults.front()));
}

// A document of the file's text; faults where it is none.
absl::Status Parse(const LoadInputs& inputs, const FileEdit& file, rapidjson::Document* document,
                   std::vector<Fault>* faults) {
  absl::string_view text = absl::StripPrefix(file.before, "\xef\xbb\xbf");
  document->Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(text.data(),
                                                                                       text.size());
  // A document hides keys that stand twice, and too great a depth would not survive a walk over it.
  std::vector<JsonEntry> entries = ReadJsonObject(text);
  const bool readable = std::all_of(entries.begin(), entries.end(),
                                    [](const JsonEntry& entry) { return entry.fault.empty(); });
  if (!document->HasParseError() && document->IsObject() && readable) return absl::OkStatus();
  absl::Status status = Validate(inputs, file.before, faults);
  return status.ok() ? absl::InvalidArgumentError("the file is not a JSON object") : status;
}

std::string Print(const rapidjson::Document& document) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  writer.SetFormatOptions(rapidjson::kFormatSingleLineArray);
  document.Accept(writer);
  return absl::StrCat(absl::string_view(buffer.GetString(), buffer.GetSize()), "\n");
}

// The value in JSON that a field has in `values`.
rapidjson::Value JsonOf(const Leaf& leaf, const v1::EffectiveConfig& values,
                        rapidjson::Document* document) {
  rapidjson::Document parsed(&document->GetAllocator());
  parsed.Parse(CanonicalOf(leaf, values).c_str());
  rapidjson::Value value;
  value.Swap(parsed);
  return value;
}

rapidjson::Value StringOf(const std::string& text, rapidjson::Document* document) {
  return rapidjson::Value(text.data(), static_cast<rapidjson::SizeType>(text.size()),
                          document->GetAllocator());
}

// Puts `value` under a path of names, making objects on the way. False where a name on the way has
// a value.
bool Put(const Names& names, rapidjson::Value value, rapidjson::Document* document) {
  rapidjson::Value* place = document;
  for (const std::string& name : names) {
    if (!place->IsObject()) return false;
    if (!place->HasMember(name.c_str())) {
      place->AddMember(StringOf(name, document), rapidjson::Value(rapidjson::kObjectType),
                       document->GetAllocator());
    }
    place = &place->FindMember(name.c_str())->value;
  }
  *place = std::move(value);
  return true;
}

// Takes a path of names out, and the objects that become empty by it. False where it is not there.
bool Remove(const Names& names, size_t from, rapidjson::Value* object) {
  const char* name = names[from].c_str();
  if (!object->IsObject() || !object->HasMember(name)) return false;
  if (from + 1 < names.size()) {
    rapidjson::Value* member = &object->FindMember(name)->value;
    if (!Remove(names, from + 1, member)) return false;
    if (!member->ObjectEmpty()) return true;
  }
  object->EraseMember(name);
  return true;
}

absl::StatusOr<FileEdit> Become(const rapidjson::Document& document, const LoadInputs& inputs,
                                FileEdit file, std::vector<Fault>* faults) {
  file.after = Print(document);
  HOLON_RETURN_IF_ERROR(Validate(inputs, file.after, faults));
  return file;
}

// The JSON value for a field, checked and with paths made absolute; or a fault.
absl::StatusOr<rapidjson::Value> NewValue(const LoadInputs& inputs, const Target& target,
                                          const std::string& text, rapidjson::Document* document) {
  if (target.names_file) {
    if (text.empty() || text[0] == '/') return StringOf(text, document);
    return StringOf(base::JoinPath(inputs.working_directory, text), document);
  }
  if (target.leaf->secret) {
    return absl::InvalidArgumentError(
        absl::StrCat("secrets are refused on command lines, which others can read; use ",
                     PathOf({target.leaf, true})));
  }
  v1::EffectiveConfig values;
  HOLON_RETURN_IF_ERROR(SetFromText(*target.leaf, text, inputs.working_directory, &values));
  return JsonOf(*target.leaf, values, document);
}

v1::Origin EditOrigin(absl::string_view verb, const std::string& path) {
  v1::Origin origin;
  origin.set_source(v1::SOURCE_FLAG);
  origin.set_location(absl::StrCat("config ", verb, " ", path));
  return origin;
}

}  // namespace

absl::StatusOr<FileEdit> PlanSet(const LoadInputs& inputs, const std::string& path,
                                 const std::string& text, std::vector<Fault>* faults) {
  const std::string name = WithoutValue(path);
  const v1::Origin origin = EditOrigin("set", name);
  Target target = FindTarget(path);
  if (target.leaf == nullptr) {
    return Refuse(
        {name, origin,
         absl::StrCat("found a field that does not exist", Suggestion(path, TargetPaths()))},
        faults);
  }
  HOLON_ASSIGN_OR_RETURN(FileEdit file, ReadForEdit(inputs));
  rapidjson::Document document;
  HOLON_RETURN_IF_ERROR(Parse(inputs, file, &document, faults));
  absl::StatusOr<rapidjson::Value> value = NewValue(inputs, target, text, &document);
  if (!value.ok()) {
    return Refuse({path, origin, std::string(value.status().message())}, faults);
  }
  if (!Put(absl::StrSplit(path, '.'), *std::move(value), &document)) {
    return Refuse({path, origin, "found a value where the file should hold an object"}, faults);
  }
  return Become(document, inputs, std::move(file), faults);
}

absl::StatusOr<FileEdit> PlanUnset(const LoadInputs& inputs, const std::string& path,
                                   std::vector<Fault>* faults) {
  HOLON_ASSIGN_OR_RETURN(FileEdit file, ReadForEdit(inputs));
  rapidjson::Document document;
  HOLON_RETURN_IF_ERROR(Parse(inputs, file, &document, faults));
  if (Remove(absl::StrSplit(path, '.'), 0, &document)) {
    return Become(document, inputs, std::move(file), faults);
  }
  if (FindTarget(path).leaf != nullptr || IsGroup(path)) {
    file.after = file.before;
    return file;
  }
  const std::string name = WithoutValue(path);
  return Refuse(
      {name, EditOrigin("unset", name),
       absl::StrCat("found a field that does not exist", Suggestion(path, TargetPaths()))},
      faults);
}

absl::Status Write(const FileEdit& edit) {
  return base::WriteFileAtomically(edit.path, edit.after, edit.mode);
}

}  // namespace holon::config

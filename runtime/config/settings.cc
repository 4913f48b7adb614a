#include "runtime/config/settings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/file.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

constexpr size_t kMaxFileBytes = 1024 * 1024;
// Nobody reads more of them, and each costs a search for what was meant.
constexpr int kMaxFaultsShown = 100;
constexpr absl::string_view kVariablePrefix = "HOLON_";
// Says where the home is: resolved before anything is loaded.
constexpr absl::string_view kHomeVariable = "HOLON_HOME";

v1::Origin MakeOrigin(v1::Source source, std::string location) {
  v1::Origin origin;
  origin.set_source(source);
  origin.set_location(std::move(location));
  return origin;
}

// The part of `text` that can be a path: what a mistyped option may show without showing a secret.
absl::string_view PathPart(absl::string_view text) {
  size_t length = 0;
  while (length < text.size() && length < 80 &&
         (absl::ascii_isalnum(static_cast<unsigned char>(text[length])) || text[length] == '_' ||
          text[length] == '.' || text[length] == '-')) {
    ++length;
  }
  return text.substr(0, length);
}

std::string UnknownPath(absl::string_view path) {
  return absl::StrCat("found a field that does not exist",
                      IsGroup(path) ? absl::StrCat("; ", path, " only groups others")
                                    : Suggestion(path, TargetPaths()));
}

// Whether an entry stands below another.
bool IsBelow(const std::string& path, const std::string& above) {
  return absl::StartsWith(path, absl::StrCat(above, "."));
}

Setting FileSetting(JsonEntry entry, const std::string& file_path) {
  Setting setting;
  setting.layer = Layer::kFile;
  setting.path = std::move(entry.path);
  setting.base = base::DirectoryOf(file_path);
  setting.fault = std::move(entry.fault);
  JsonPlace place = entry.key_place;
  if (setting.fault.empty()) {
    setting.target = FindTarget(setting.path);
    if (setting.target.leaf != nullptr) {
      place = entry.value_place;
      setting.json = std::move(entry.value);
    } else if (IsGroup(setting.path)) {
      setting.fault = "found a value; allowed: an object";
    } else {
      setting.fault = UnknownPath(setting.path);
    }
  }
  setting.origin =
      MakeOrigin(v1::SOURCE_FILE, absl::StrCat(file_path, ":", place.line, ":", place.column));
  setting.origin.set_file(file_path);
  setting.origin.set_line(place.line);
  setting.origin.set_column(place.column);
  return setting;
}

// The file's settings in the order of the text.
void AddFileSettings(const std::string& text, ConfigFile* file) {
  // An object that is refused as a whole: what it holds is not looked at.
  std::string refused;
  int faults = 0;
  for (JsonEntry& entry : ReadJsonObject(text)) {
    if (!refused.empty() && IsBelow(entry.path, refused) && !entry.ends_here) continue;
    const bool is_object = entry.value.kind == JsonKind::kObject && entry.fault.empty();
    if (is_object && IsGroup(entry.path)) continue;
    if (is_object) refused = entry.path;
    file->unreadable |= entry.ends_here;
    Setting& setting = file->settings.emplace_back(FileSetting(std::move(entry), file->path));
    if (!setting.fault.empty() && ++faults == kMaxFaultsShown) {
      absl::StrAppend(&setting.fault, " (and what follows is not looked at)");
      file->unreadable = true;
      return;
    }
  }
}

// A setting whose value is text.
Setting TextSetting(Layer layer, v1::Origin origin, std::string path, std::string text,
                    const LoadInputs& inputs) {
  Setting setting;
  setting.layer = layer;
  setting.origin = std::move(origin);
  setting.target = FindTarget(path);
  setting.path = std::move(path);
  setting.text = std::move(text);
  setting.base = inputs.working_directory;
  if (setting.target.leaf == nullptr) setting.fault = UnknownPath(setting.path);
  return setting;
}

Setting FlagSetting(const std::string& argument, const LoadInputs& inputs) {
  size_t equals = argument.find('=');
  std::string path(PathPart(argument));
  Setting setting =
      TextSetting(Layer::kFlag, MakeOrigin(v1::SOURCE_FLAG, absl::StrCat("--set ", path)), path,
                  equals == std::string::npos ? "" : argument.substr(equals + 1), inputs);
  if (equals == std::string::npos || path.empty()) {
    setting.fault = "found no '='; allowed: --set PATH=VALUE";
    if (path.empty()) setting.fault = "found no field's path before '='; allowed: --set PATH=VALUE";
  } else if (path.size() != equals) {
    setting.target = {};
    setting.fault = UnknownPath("");
  } else if (setting.target.leaf != nullptr && setting.target.leaf->secret &&
             !setting.target.names_file) {
    setting.fault = absl::StrCat(
        "secrets are refused on command lines, which others can read; use the variable ",
        setting.target.leaf->variable, " or ", PathOf({setting.target.leaf, true}));
  }
  return setting;
}

// Whether a request only repeats what the start was given.
bool IsInherited(const v1::ConfigOverride& override, const LoadInputs& inputs) {
  return std::any_of(inputs.inherited.begin(), inputs.inherited.end(), [&](const auto& inherited) {
    return inherited.path() == override.path() && inherited.value() == override.value() &&
           inherited.secret_withheld() == override.secret_withheld();
  });
}

// What came over the wire in the place of variables or options.
void AddRequested(const LoadInputs& inputs, Layer layer, std::vector<Setting>* settings) {
  for (const v1::ConfigOverride& override : inputs.requested) {
    const bool variable = override.origin().source() == v1::SOURCE_ENVIRONMENT;
    if (variable != (layer == Layer::kEnvironment)) continue;
    Setting setting =
        TextSetting(layer, override.origin(), override.path(), override.value(), inputs);
    setting.origin.set_source(variable ? v1::SOURCE_ENVIRONMENT : v1::SOURCE_FLAG);
    setting.origin.set_location(OneLine(setting.origin.location()));
    setting.path = OneLine(setting.path);
    if (setting.target.leaf != nullptr && setting.target.leaf->secret) {
      if (IsInherited(override, inputs)) continue;
      setting.fault = "secrets are refused in a request; a restart takes them";
    }
    settings->push_back(std::move(setting));
  }
}

std::string VariableWarning(const std::string& name) {
  return absl::StrCat(OneLine(name), " is not a Holon variable and is ignored",
                      Suggestion(name, TargetVariables()));
}

Setting WholeFileFault(const ConfigFile& file, const absl::Status& error) {
  Setting setting;
  setting.layer = Layer::kFile;
  setting.origin = MakeOrigin(v1::SOURCE_FILE, file.path);
  setting.origin.set_file(file.path);
  setting.fault = std::string(error.message());
  setting.code = error.code();
  return setting;
}

}  // namespace

std::string ConfigFilePath(const LoadInputs& inputs) {
  if (inputs.config_file.empty()) return base::JoinPath(inputs.home, "config.json");
  std::string absolute = inputs.config_file[0] == '/'
                             ? inputs.config_file
                             : base::JoinPath(inputs.working_directory, inputs.config_file);
  return base::JoinPath(base::CanonicalPath(base::DirectoryOf(absolute), "/"),
                        base::NameOf(absolute));
}

ConfigFile ReadConfigFile(const LoadInputs& inputs) {
  ConfigFile file;
  file.path = ConfigFilePath(inputs);
  absl::StatusOr<base::FileInfo> info = base::LookThrough(file.path);
  file.open_to_others =
      info.ok() && info->type != base::FileType::kAbsent && (info->mode & 077) != 0;
  if (inputs.file_text.has_value()) {
    AddFileSettings(*inputs.file_text, &file);
    return file;
  }
  absl::StatusOr<std::string> text = base::ReadFile(file.path, kMaxFileBytes);
  if (text.ok()) {
    AddFileSettings(*text, &file);
    return file;
  }
  if (absl::IsNotFound(text.status()) && inputs.config_file.empty()) {
    absl::StatusOr<base::FileInfo> link = base::Look(file.path);
    if (link.ok() && link->type == base::FileType::kAbsent) return file;
  }
  file.unreadable = true;
  file.settings.push_back(WholeFileFault(file, text.status()));
  return file;
}

std::vector<Setting> EnvironmentSettings(const LoadInputs& inputs,
                                         std::vector<std::string>* warnings) {
  std::vector<Setting> settings;
  std::set<std::string> seen;
  for (const auto& [name, value] : inputs.environment) {
    if (!absl::StartsWith(name, kVariablePrefix) || name == kHomeVariable) continue;
    if (!seen.insert(name).second) continue;  // As getenv: the first one counts.
    // As HOLON_HOME: an empty one is not given. Every other setting may be empty, or says why not.
    if (name == kSocketVariable && value.empty()) continue;
    Target target = FindVariable(name);
    if (target.leaf == nullptr) {
      warnings->push_back(VariableWarning(name));
      continue;
    }
    settings.push_back(TextSetting(Layer::kEnvironment, MakeOrigin(v1::SOURCE_ENVIRONMENT, name),
                                   PathOf(target), value, inputs));
  }
  AddRequested(inputs, Layer::kEnvironment, &settings);
  return settings;
}

std::vector<Setting> FlagSettings(const LoadInputs& inputs) {
  std::vector<Setting> settings;
  if (!inputs.socket.empty()) {
    settings.push_back(TextSetting(Layer::kFlag, MakeOrigin(v1::SOURCE_FLAG, "--socket"),
                                   SocketLeaf().path, inputs.socket, inputs));
  }
  for (const std::string& argument : inputs.sets) {
    settings.push_back(FlagSetting(argument, inputs));
  }
  AddRequested(inputs, Layer::kFlag, &settings);
  return settings;
}

std::vector<Setting> InheritedSettings(const LoadInputs& inputs) {
  std::vector<Setting> settings;
  for (const v1::ConfigOverride& override : inputs.inherited) {
    Setting setting = TextSetting(Layer::kInherited, override.origin(), override.path(),
                                  override.value(), inputs);
    if (setting.target.leaf == nullptr) {
      absl::StrAppend(&setting.fault,
                      " (the last start was given it: stop and start, to leave it out)");
      setting.path = OneLine(setting.path);
    }
    setting.withheld = override.secret_withheld();
    settings.push_back(std::move(setting));
  }
  // A flag of the earlier start was stronger than its variables.
  std::stable_sort(settings.begin(), settings.end(), [](const Setting& a, const Setting& b) {
    return a.origin.source() < b.origin.source();
  });
  return settings;
}

}  // namespace holon::config

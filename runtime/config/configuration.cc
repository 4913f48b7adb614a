#include "runtime/config/configuration.h"

#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/file.h"
#include "runtime/base/status_macros.h"
#include "runtime/config/formats.h"
#include "runtime/config/rules.h"
#include "runtime/config/schema.h"
#include "runtime/config/settings.h"
#include "runtime/config/shell_text.h"
#include "runtime/config/text.h"
#include "runtime/config/values.h"

namespace holon::config {
namespace {

constexpr size_t kMaxSecretFileBytes = 8192;

// A secret from its file, which nobody else may read.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  HOLON_ASSIGN_OR_RETURN(base::FileInfo info, base::LookThrough(path));
  if (info.type == base::FileType::kRegular && (info.mode & 077) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " can be read by others; run: ", ShellText({"chmod", "600", path})));
  }
  HOLON_ASSIGN_OR_RETURN(std::string content, base::ReadFile(path, kMaxSecretFileBytes));
  return std::string(absl::StripSuffix(content, "\n"));
}

// One Load: applies the sources in turn, weakest first, and collects what is wrong.
class Loader {
 public:
  explicit Loader(const LoadInputs& inputs) : inputs_(inputs) {}

  LoadResult Run();

 private:
  void ApplyDefaults();
  void ReportDefaults();
  void ApplyAll(const std::vector<Setting>& settings);
  void ApplyInherited();
  void Apply(const Setting& setting);
  absl::Status Check(const Setting& setting);
  absl::Status SetValue(const Setting& setting);
  absl::Status SetWithheld(const Setting& setting);
  absl::Status CheckHomeField(const Setting& setting);
  void ReadSecretFiles();
  void RecordOverrides();
  void AddFault(const std::string& path, const v1::Origin& origin, absl::string_view message,
                absl::StatusCode code = absl::StatusCode::kInvalidArgument);

  // Whether this call sets the field itself.
  bool IsGiven(const Leaf& leaf) const { return given_.count(&leaf) != 0; }
  // Whether this call says anew what an inherited value was derived from.
  bool IsOutdated(const Leaf& leaf) const;
  // Whether a variable says just what was inherited: nothing new.
  bool RepeatsInherited(const Setting& setting) const;

  const LoadInputs& inputs_;
  ConfigFile file_;
  std::vector<Setting> inherited_;
  // Fields that this call gives, and those of them that it gives anew.
  std::set<const Leaf*> given_;
  std::set<const Leaf*> renewed_;
  // Defaults that count from the home can be at fault, but only while nothing stronger takes their
  // place.
  std::map<std::string, absl::Status> bad_defaults_;
  // The strongest setting of each field so far.
  std::map<const Leaf*, Setting> chosen_;
  // Fields with a fault.
  std::set<std::string> broken_;
  LoadResult result_;
};

void Loader::AddFault(const std::string& path, const v1::Origin& origin, absl::string_view message,
                      absl::StatusCode code) {
  result_.faults.push_back({path, origin, std::string(message), code});
}

void Loader::ApplyDefaults() {
  for (const Leaf& leaf : Leaves()) {
    v1::Origin& origin = result_.configuration.origins[leaf.path];
    origin.set_source(v1::SOURCE_DEFAULT);
    if (leaf.rule->from_home()) origin = inputs_.home_origin;
    absl::Status status = SetDefault(leaf, inputs_.home, &result_.configuration.values);
    if (!status.ok()) bad_defaults_[leaf.path] = status;
  }
}

void Loader::ReportDefaults() {
  for (const auto& [path, status] : bad_defaults_) {
    const v1::Origin& origin = result_.configuration.origins[path];
    const bool in_force =
        origin.source() == v1::SOURCE_DEFAULT || FindLeaf(path)->rule->from_home();
    if (in_force && broken_.insert(path).second) AddFault(path, origin, status.message());
  }
}

absl::Status Loader::CheckHomeField(const Setting& setting) {
  if (setting.layer == Layer::kFile && setting.json->kind == JsonKind::kString &&
      base::CanonicalPath(setting.json->text, setting.base) == inputs_.home) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("found a value; allowed: none here, since --home or HOLON_HOME say it (it is ",
                   inputs_.home, ")"));
}

absl::Status Loader::SetWithheld(const Setting& setting) {
  const Leaf& leaf = *setting.target.leaf;
  auto kept = inputs_.kept_secrets.find(leaf.path);
  if (kept != inputs_.kept_secrets.end()) {
    return SetSecret(leaf, kept->second, &result_.configuration.values);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      leaf.path, " was given inline at the last start and is not kept: give it again, as ",
      leaf.variable, "=... or ", PathOf({&leaf, true})));
}

absl::Status Loader::SetValue(const Setting& setting) {
  const Leaf& leaf = *setting.target.leaf;
  v1::EffectiveConfig* values = &result_.configuration.values;
  if (setting.target.names_file) {
    const bool is_text = !setting.json.has_value() || setting.json->kind == JsonKind::kString;
    const std::string& name = setting.json.has_value() ? setting.json->text : setting.text;
    if (!is_text || name.empty() || !IsUtf8(name) || HasControlCharacter(name)) {
      return absl::InvalidArgumentError("found no file's name; allowed: the path of a file");
    }
    if (name[0] != '/' && setting.base.empty()) {
      return absl::InvalidArgumentError(
          "found a relative path, and the current directory is gone; allowed: an absolute path");
    }
    return absl::OkStatus();
  }
  if (setting.withheld) return SetWithheld(setting);
  if (leaf.secret && setting.layer == Layer::kFile && file_.open_to_others) {
    return absl::InvalidArgumentError(
        absl::StrCat("a secret stands in ", file_.path,
                     ", which others can read; run: ", ShellText({"chmod", "600", file_.path})));
  }
  return setting.json.has_value() ? SetFromJson(leaf, *setting.json, setting.base, values)
                                  : SetFromText(leaf, setting.text, setting.base, values);
}

// Judges a setting and puts its value in place.
absl::Status Loader::Check(const Setting& setting) {
  const Leaf& leaf = *setting.target.leaf;
  if (leaf.rule->from_home()) return CheckHomeField(setting);
  auto before = chosen_.find(&leaf);
  const bool second_name = before != chosen_.end() && before->second.layer == setting.layer &&
                           before->second.origin.location() != setting.origin.location() &&
                           setting.layer != Layer::kInherited;
  v1::EffectiveConfig values_before;
  if (second_name) Copy(leaf, result_.configuration.values, &values_before);
  HOLON_RETURN_IF_ERROR(SetValue(setting));
  if (!second_name) return absl::OkStatus();
  if (setting.target.names_file == before->second.target.names_file &&
      TextOf(leaf, values_before) == TextOf(leaf, result_.configuration.values)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("contradicts ", OriginText(before->second.origin), "; allowed: one of the two"));
}

void Loader::Apply(const Setting& setting) {
  const Leaf* leaf = setting.target.leaf;
  // Whoever found no field left a fault.
  if (leaf == nullptr || !setting.fault.empty()) {
    AddFault(setting.path, setting.origin, setting.fault, setting.code);
    if (leaf != nullptr) broken_.insert(leaf->path);
    return;
  }
  absl::Status status = Check(setting);
  if (!status.ok()) {
    broken_.insert(leaf->path);
    AddFault(setting.path, setting.origin,
             setting.layer == Layer::kInherited && !setting.withheld
                 ? absl::StrCat(status.message(), " (given at the last start)")
                 : std::string(status.message()));
    return;
  }
  if (leaf->rule->from_home()) return;
  chosen_[leaf] = setting;
  result_.configuration.origins[leaf->path] = setting.origin;
}

void Loader::ApplyAll(const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) Apply(setting);
}

bool Loader::RepeatsInherited(const Setting& setting) const {
  if (setting.layer != Layer::kEnvironment || setting.target.names_file) return false;
  for (const Setting& inherited : inherited_) {
    if (inherited.target.leaf != setting.target.leaf || inherited.target.names_file) continue;
    v1::EffectiveConfig now;
    v1::EffectiveConfig then;
    const Leaf& leaf = *setting.target.leaf;
    return SetFromText(leaf, setting.text, setting.base, &now).ok() &&
           SetFromText(leaf, inherited.text, inherited.base, &then).ok() &&
           TextOf(leaf, now) == TextOf(leaf, then);
  }
  return false;
}

bool Loader::IsOutdated(const Leaf& leaf) const {
  const Leaf* on = FindLeaf(leaf.rule->depends_on());
  return on != nullptr && (renewed_.count(on) != 0 || IsOutdated(*on));
}

void Loader::ApplyInherited() {
  for (const Setting& setting : inherited_) {
    const Leaf* leaf = setting.target.leaf;
    if (leaf != nullptr && (IsGiven(*leaf) || IsOutdated(*leaf))) continue;
    // What was not kept yields to what the file holds.
    if (leaf != nullptr && setting.withheld && chosen_.count(leaf) != 0 &&
        inputs_.kept_secrets.count(leaf->path) == 0) {
      continue;
    }
    Apply(setting);
  }
}

void Loader::ReadSecretFiles() {
  for (auto& [leaf, setting] : chosen_) {
    if (!setting.target.names_file) continue;
    const std::string& name = setting.json.has_value() ? setting.json->text : setting.text;
    // Not resolved any further: whoever replaces secrets often does it by a symbolic link.
    setting.text = name[0] == '/' ? name : base::JoinPath(setting.base, name);
    absl::StatusOr<std::string> secret = ReadSecretFile(setting.text);
    absl::Status status = secret.status();
    if (secret.ok()) status = SetSecret(*leaf, *secret, &result_.configuration.values);
    if (status.ok()) continue;
    broken_.insert(leaf->path);
    AddFault(setting.path, setting.origin,
             secret.ok() ? absl::StrCat(status.message(), " in ", setting.text)
                         : std::string(status.message()),
             secret.ok() ? absl::StatusCode::kInvalidArgument : status.code());
  }
}

void Loader::RecordOverrides() {
  for (const Leaf& leaf : Leaves()) {
    auto chosen = chosen_.find(&leaf);
    if (chosen == chosen_.end() || chosen->second.layer == Layer::kFile) continue;
    const Setting& setting = chosen->second;
    v1::ConfigOverride& override = result_.configuration.overrides.emplace_back();
    override.set_path(PathOf(setting.target));
    *override.mutable_origin() = setting.origin;
    if (setting.target.names_file) {
      override.set_value(setting.text);
    } else if (leaf.secret) {
      override.set_secret_withheld(true);
    } else {
      override.set_value(TextOf(leaf, result_.configuration.values));
    }
  }
}

LoadResult Loader::Run() {
  std::vector<Setting> variables = EnvironmentSettings(inputs_, &result_.warnings);
  std::vector<Setting> flags = FlagSettings(inputs_);
  inherited_ = InheritedSettings(inputs_);
  for (const std::vector<Setting>* settings : {&variables, &flags}) {
    for (const Setting& setting : *settings) {
      if (setting.target.leaf == nullptr) continue;
      given_.insert(setting.target.leaf);
      if (!RepeatsInherited(setting)) renewed_.insert(setting.target.leaf);
    }
  }
  file_ = ReadConfigFile(inputs_);
  if (!inputs_.config_file.empty()) result_.configuration.explicit_config_file = file_.path;

  ApplyDefaults();
  ApplyAll(file_.settings);
  ApplyInherited();
  ApplyAll(variables);
  ApplyAll(flags);
  ReadSecretFiles();
  ReportDefaults();
  // What an unreadable file says is not known: it may well be what makes the rest agree.
  if (!file_.unreadable) {
    for (Fault& fault : CheckRules(result_.configuration, broken_)) {
      result_.faults.push_back(std::move(fault));
    }
  }
  RecordOverrides();
  return std::move(result_);
}

}  // namespace

LoadResult Load(const LoadInputs& inputs) { return Loader(inputs).Run(); }

absl::Status Summary(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults) {
    switch (fault.code) {
      case absl::StatusCode::kInvalidArgument:
      // No such file, not a regular one, too large: the file that was named is the wrong one.
      case absl::StatusCode::kNotFound:
      case absl::StatusCode::kFailedPrecondition:
      case absl::StatusCode::kOutOfRange:
        break;
      default:
        return absl::Status(fault.code, "the configuration cannot be read");
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("the configuration is invalid (", faults.size(),
                                                 faults.size() == 1 ? " fault)" : " faults)"));
}

std::string OriginText(const v1::Origin& origin) {
  if (!origin.location().empty()) return OneLine(origin.location());
  switch (origin.source()) {
    case v1::SOURCE_FILE:
      return "file";
    case v1::SOURCE_ENVIRONMENT:
      return "environment";
    case v1::SOURCE_FLAG:
      return "flag";
    default:
      return "default";
  }
}

std::string FaultText(const Fault& fault) {
  std::string path = fault.path.empty() ? "" : absl::StrCat(fault.path, ": ");
  return absl::StrCat(OneLine(path), OneLine(fault.message), " (", OriginText(fault.origin), ")");
}

}  // namespace holon::config

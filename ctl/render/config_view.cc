#include "ctl/render/config_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "runtime/config/configuration.h"
#include "runtime/config/text.h"

namespace holon::ctl {
namespace {

using google::protobuf::Value;

// The state in a canonical form of a secret; empty: it is none.
std::string SecretState(const std::string& canonical) {
  if (canonical != "<set>" && canonical != "<unset>" && canonical != "<differs>") return "";
  return canonical.substr(1, canonical.size() - 2);
}

// From the canonical form, which is JSON.
void SetValue(const std::string& canonical, Value* value) {
  if (!google::protobuf::util::JsonStringToMessage(canonical, value).ok()) {
    value->set_string_value(canonical);
  }
}

}  // namespace

const char* TakesOf(holon::v1::Apply apply) {
  switch (apply) {
    case holon::v1::APPLY_HOT:
      return "reload";
    case holon::v1::APPLY_VOLATILE:
      return "nothing";
    default:
      return "restart";
  }
}

v1::OriginView ToView(const holon::v1::Origin& origin) {
  v1::OriginView view;
  switch (origin.source()) {
    case holon::v1::SOURCE_DEFAULT:
      view.set_source("default");
      break;
    case holon::v1::SOURCE_FILE:
      view.set_source("file");
      break;
    case holon::v1::SOURCE_ENVIRONMENT:
      view.set_source("environment");
      break;
    case holon::v1::SOURCE_FLAG:
      view.set_source("option");
      break;
    default:
      break;
  }
  if (!origin.file().empty()) {
    view.set_file(origin.file());
    if (origin.line() > 0) view.set_line(static_cast<uint32_t>(origin.line()));
    if (origin.column() > 0) view.set_column(static_cast<uint32_t>(origin.column()));
  } else if (!origin.location().empty()) {
    view.set_name(origin.location());
  }
  return view;
}

v1::SettingView ToView(const holon::v1::ConfigValue& value) {
  v1::SettingView view;
  view.set_path(value.path());
  if (const std::string state = SecretState(value.value()); !state.empty()) {
    view.set_secret_state(state);
  } else {
    SetValue(value.value(), view.mutable_value());
  }
  view.set_origin(config::OriginText(value.origin()));
  *view.mutable_origin_parts() = ToView(value.origin());
  view.set_takes(TakesOf(value.apply()));
  return view;
}

v1::DifferenceView ToView(const holon::v1::ConfigDifference& difference) {
  v1::DifferenceView view;
  view.set_path(difference.path());
  // Of a secret "<set>" and the like, as everywhere; the state says that it is no such string.
  if (!difference.expected().empty()) SetValue(difference.expected(), view.mutable_expected());
  if (!difference.actual().empty()) SetValue(difference.actual(), view.mutable_actual());
  if (const std::string state = SecretState(difference.expected()); !state.empty()) {
    view.set_expected_secret_state(state);
  }
  if (const std::string state = SecretState(difference.actual()); !state.empty()) {
    view.set_actual_secret_state(state);
  }
  view.set_expected_origin(config::OriginText(difference.expected_origin()));
  view.set_actual_origin(config::OriginText(difference.actual_origin()));
  *view.mutable_expected_origin_parts() = ToView(difference.expected_origin());
  *view.mutable_actual_origin_parts() = ToView(difference.actual_origin());
  view.set_takes(TakesOf(difference.apply()));
  if (!difference.note().empty()) view.set_note(difference.note());
  return view;
}

std::string ShownValue(const Value& value, const std::string& secret_state) {
  if (!secret_state.empty()) return absl::StrCat("<", secret_state, ">");
  switch (value.kind_case()) {
    case Value::kStringValue:
      return value.string_value().empty() ? "\"\"" : config::OneLine(value.string_value());
    case Value::kNumberValue:
      return absl::StrCat(static_cast<int64_t>(value.number_value()));
    case Value::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case Value::kListValue:
      return absl::StrCat(
          "[",
          absl::StrJoin(value.list_value().values(), ", ",
                        [](std::string* out, const Value& item) {
                          absl::StrAppend(out, "\"", config::OneLine(item.string_value()), "\"");
                        }),
          "]");
    default:
      return "unknown";
  }
}

}  // namespace holon::ctl

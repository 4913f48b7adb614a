#include "runtime/config/json_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "runtime/config/text.h"

namespace holon::config {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag |
                                 rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

// The reader stops at a number that no double can hold. Such numbers are stood in for and read
// again; more than this many are no configuration.
constexpr int kMaxHugeNumbers = 64;

// Turns offsets into places; cheap while they ascend.
class PlaceFinder {
 public:
  explicit PlaceFinder(absl::string_view text) : text_(text) {}

  JsonPlace At(size_t offset) {
    if (offset < offset_) {
      offset_ = 0;
      place_ = JsonPlace{};
    }
    for (; offset_ < std::min(offset, text_.size()); ++offset_) {
      unsigned char c = static_cast<unsigned char>(text_[offset_]);
      if (c == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((c & 0xc0) != 0x80) {
        ++place_.column;
      }
    }
    return place_;
  }

 private:
  absl::string_view text_;
  size_t offset_ = 0;
  JsonPlace place_;
};

// Receives the reader's events and keeps the entries.
class Flattener : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Flattener> {
 public:
  // `text` is read by `stream`; `huge` holds what stood at the offsets of numbers that were stood
  // in for.
  Flattener(absl::string_view text, const rapidjson::MemoryStream& stream,
            const std::map<size_t, std::string>& huge)
      : text_(text), stream_(stream), huge_(huge), places_(text) {}

  bool Null() { return Scalar(JsonKind::kNull, "null"); }
  bool Bool(bool value) { return Scalar(JsonKind::kBoolean, value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    auto huge = huge_.find(TokenStart());
    return Scalar(JsonKind::kNumber,
                  huge == huge_.end() ? std::string(text, length) : huge->second);
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    return Scalar(JsonKind::kString, std::string(text, length));
  }
  bool StartObject() { return Start(JsonKind::kObject); }
  bool EndObject(rapidjson::SizeType) { return End(); }
  bool StartArray() { return Start(JsonKind::kArray); }
  bool EndArray(rapidjson::SizeType) { return End(); }
  bool Key(const char* text, rapidjson::SizeType length, bool);

  std::vector<JsonEntry> TakeEntries() { return std::move(entries_); }
  void AddFault(std::string path, size_t offset, std::string message, bool ends_here);

 private:
  struct Level {
    JsonKind kind;
    std::string path;
    // Where each key stood first.
    std::map<std::string, int> lines;
    // The array's entry, to which items go; nothing where they are not wanted.
    std::optional<size_t> array_entry;
    // What it holds was refused as a whole.
    bool skipped = false;
  };

  // Where the token that was just read began: between tokens stand only these.
  size_t TokenStart() const {
    return std::min(text_.find_first_not_of(" \t\r\n,:{}[]", last_), text_.size());
  }
  bool Scalar(JsonKind kind, std::string text);
  bool Start(JsonKind kind);
  bool End();
  // Records a value that starts at `offset`; the index of its entry where it got one.
  std::optional<size_t> Record(JsonValue value, size_t offset);

  absl::string_view text_;
  const rapidjson::MemoryStream& stream_;
  const std::map<size_t, std::string>& huge_;
  PlaceFinder places_;
  // The offset behind the last token.
  size_t last_ = 0;
  std::vector<Level> levels_;
  // The key that waits for its value.
  std::string key_path_;
  JsonPlace key_place_;
  bool key_skipped_ = false;
  std::vector<JsonEntry> entries_;
};

void Flattener::AddFault(std::string path, size_t offset, std::string message, bool ends_here) {
  JsonEntry& entry = entries_.emplace_back();
  entry.path = std::move(path);
  entry.key_place = entry.value_place = places_.At(offset);
  entry.fault = std::move(message);
  entry.ends_here = ends_here;
}

bool Flattener::Key(const char* text, rapidjson::SizeType length, bool) {
  size_t start = TokenStart();
  last_ = stream_.Tell();
  Level& level = levels_.back();
  std::string key(text, length);
  // An empty key keeps its place in the path.
  const std::string name = key.empty() ? "\"\"" : key;
  key_path_ = level.path.empty() ? name : absl::StrCat(level.path, ".", name);
  key_place_ = places_.At(start);
  key_skipped_ = level.skipped;
  auto [first, is_new] = level.lines.emplace(key, key_place_.line);
  std::string fault;
  if (key.empty()) {
    fault = "found an empty key; allowed: the name of a field, or remove it";
  } else if (!is_new) {
    fault = absl::StrCat("found the key twice, first on line ", first->second, "; allowed: once");
  } else if (!IsUtf8(key) || HasControlCharacter(key)) {
    fault = "found a key with characters that no field's name has";
  } else if (absl::StrContains(key, '.') && !key_skipped_) {
    fault = absl::StrCat("found the key ", Excerpt(key),
                         "; allowed: an object for each level, as {\"a\": {\"b\": ...}}");
  }
  if (!fault.empty()) {
    AddFault(OneLine(key_path_), start, std::move(fault), false);
    key_skipped_ = true;
  }
  return true;
}

std::optional<size_t> Flattener::Record(JsonValue value, size_t offset) {
  Level& level = levels_.back();
  if (level.kind == JsonKind::kArray) {
    if (level.array_entry.has_value()) {
      entries_[*level.array_entry].value.items.push_back(std::move(value));
    }
    return std::nullopt;
  }
  if (key_skipped_) return std::nullopt;
  JsonEntry& entry = entries_.emplace_back();
  entry.path = key_path_;
  entry.value = std::move(value);
  entry.key_place = key_place_;
  entry.value_place = places_.At(offset);
  return entries_.size() - 1;
}

bool Flattener::Scalar(JsonKind kind, std::string text) {
  size_t start = TokenStart();
  last_ = stream_.Tell();
  if (levels_.empty()) {
    AddFault("", start, "found a single value; allowed: an object in braces", true);
    return false;
  }
  Record(JsonValue{kind, std::move(text), {}}, start);
  return true;
}

bool Flattener::Start(JsonKind kind) {
  size_t start = last_ = stream_.Tell();
  if (levels_.empty() && kind == JsonKind::kArray) {
    AddFault("", start, "found a list; allowed: an object in braces", true);
    return false;
  }
  if (levels_.size() == kMaxJsonDepth) {
    AddFault("", start,
             absl::StrCat("found more than ", kMaxJsonDepth, " levels; allowed: ", kMaxJsonDepth),
             true);
    return false;
  }
  Level level{kind};
  if (!levels_.empty()) {
    const bool in_array = levels_.back().kind == JsonKind::kArray;
    std::optional<size_t> entry = Record(JsonValue{kind, "", {}}, start);
    // What stands deeper in an array is never a field; its keys are still looked at.
    level.path = in_array ? levels_.back().path : key_path_;
    level.skipped = in_array || key_skipped_;
    if (kind == JsonKind::kArray) level.array_entry = entry;
  }
  levels_.push_back(std::move(level));
  return true;
}

bool Flattener::End() {
  last_ = stream_.Tell();
  levels_.pop_back();
  return true;
}

// What the reader would not see: it takes NUL for the end of the text, and looks at encodings only
// in strings. Returns the offset of what is wrong.
std::optional<size_t> FindBadByte(absl::string_view text, std::string* message) {
  absl::string_view rest = text;
  while (!rest.empty()) {
    size_t offset = text.size() - rest.size();
    std::optional<char32_t> point = TakeCodePoint(&rest);
    if (point.has_value() && *point != 0) continue;
    *message = point.has_value() ? "found a NUL byte; allowed: text"
                                 : "found a byte that is not UTF-8; allowed: UTF-8 text";
    return offset;
  }
  return std::nullopt;
}

std::string SyntaxMessage(rapidjson::ParseErrorCode code) {
  std::string message = rapidjson::GetParseError_En(code);
  if (!message.empty() && message.back() == '.') message.pop_back();
  return absl::StrCat("not valid JSON: ", message);
}

// Puts a small number where one stands that the reader cannot hold.
void StandIn(size_t offset, std::string* text, std::map<size_t, std::string>* huge) {
  size_t end = text->find_first_not_of("+-.0123456789eE", offset);
  if (end == std::string::npos) end = text->size();
  huge->emplace(offset, text->substr(offset, end - offset));
  text->replace(offset, end - offset, std::string(end - offset, ' '));
  (*text)[offset] = '1';
}

}  // namespace

std::vector<JsonEntry> ReadJsonObject(absl::string_view given) {
  absl::ConsumePrefix(&given, "\xef\xbb\xbf");
  std::string text(given);
  std::map<size_t, std::string> huge;
  while (true) {
    rapidjson::MemoryStream stream(text.data(), text.size());
    Flattener flattener(text, stream, huge);
    std::string message;
    if (std::optional<size_t> bad = FindBadByte(text, &message)) {
      flattener.AddFault("", *bad, message, true);
      return flattener.TakeEntries();
    }
    rapidjson::Reader reader;
    rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, flattener);
    if (!result.IsError() || result.Code() == rapidjson::kParseErrorTermination) {
      return flattener.TakeEntries();
    }
    if (result.Code() == rapidjson::kParseErrorNumberTooBig && huge.size() < kMaxHugeNumbers) {
      StandIn(result.Offset(), &text, &huge);
      continue;
    }
    flattener.AddFault("", result.Offset(), SyntaxMessage(result.Code()), true);
    return flattener.TakeEntries();
  }
}

bool ReadJsonArray(absl::string_view text, JsonValue* array) {
  std::vector<JsonEntry> entries = ReadJsonObject(absl::StrCat("{\"a\":", text, "}"));
  if (entries.size() != 1 || !entries[0].fault.empty()) return false;
  if (entries[0].value.kind != JsonKind::kArray) return false;
  *array = std::move(entries[0].value);
  return true;
}

}  // namespace holon::config

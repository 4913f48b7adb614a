#include "runtime/config/json_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/config/json_reader.h"

namespace holon::config {
namespace {

constexpr absl::string_view kSpace = " \t\r\n";

// A key and its value by their offsets in the text.
struct Member {
  std::string name;  // As in the paths of ReadJsonObject.
  size_t key = 0;
  size_t begin = 0;
  size_t end = 0;
  bool is_object = false;
  std::vector<Member> members;
};

// From the outermost object to a member; each is one of the members of the one before it.
using Chain = std::vector<const Member*>;

// Walks over a text that is known to be JSON, and no deeper than kMaxJsonDepth in objects.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  Member Scan() {
    Member root;
    SkipSpace();
    Value(&root);
    return root;
  }

 private:
  char Now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }

  void SkipString() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void SkipArray() {
    size_t depth = 0;
    do {
      if (Now() == '"') {
        SkipString();
        continue;
      }
      if (Now() == '[' || Now() == '{') ++depth;
      if (Now() == ']' || Now() == '}') --depth;
      ++at_;
    } while (depth > 0 && at_ < text_.size());
  }

  void Value(Member* member) {
    member->begin = at_;
    if (Now() == '{') {
      member->is_object = true;
      Members(&member->members);
    } else if (Now() == '[') {
      SkipArray();
    } else if (Now() == '"') {
      SkipString();
    } else {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    }
    member->end = at_;
  }

  void Members(std::vector<Member>* members) {
    ++at_;
    for (SkipSpace(); at_ < text_.size() && Now() != '}'; SkipSpace()) {
      Member& member = members->emplace_back();
      member.key = at_;
      SkipString();
      JsonValue key;
      ReadJsonArray(absl::StrCat("[", text_.substr(member.key, at_ - member.key), "]"), &key);
      if (!key.items.empty()) member.name = key.items[0].text;
      if (member.name.empty()) member.name = "\"\"";
      SkipSpace();
      ++at_;  // The colon.
      SkipSpace();
      Value(&member);
      SkipSpace();
      if (Now() == ',') ++at_;
    }
    ++at_;
  }

  absl::string_view text_;
  size_t at_ = 0;
};

void FindAll(absl::string_view path, bool in_one_key, Chain* chain, std::vector<Chain>* found) {
  for (const Member& member : chain->back()->members) {
    if (!in_one_key && absl::StrContains(member.name, '.')) continue;
    chain->push_back(&member);
    if (member.name == path) {
      found->push_back(*chain);
    } else if (absl::StartsWith(path, absl::StrCat(member.name, "."))) {
      FindAll(path.substr(member.name.size() + 1), in_one_key, chain, found);
    }
    chain->pop_back();
  }
}

// Every member of that path, in the order of the text. `in_one_key`: a key may hold the dots.
std::vector<Chain> FindAll(const Member& root, absl::string_view path, bool in_one_key) {
  std::vector<Chain> found;
  Chain chain = {&root};
  FindAll(path, in_one_key, &chain, &found);
  return found;
}

std::string Replaced(absl::string_view text, size_t begin, size_t end, absl::string_view by) {
  return absl::StrCat(text.substr(0, begin), by, text.substr(end));
}

// Without the last of `chain`, and the objects that hold nothing else.
std::string Without(absl::string_view text, Chain chain) {
  while (chain.size() > 2 && chain[chain.size() - 2]->members.size() == 1) chain.pop_back();
  const Member* member = chain.back();
  const Member* object = chain[chain.size() - 2];
  const size_t index = static_cast<size_t>(member - object->members.data());
  if (index + 1 < object->members.size()) {
    return Replaced(text, member->key, object->members[index + 1].key, "");
  }
  if (index > 0) return Replaced(text, object->members[index - 1].end, member->end, "");
  return Replaced(text, object->begin, object->end, "{}");
}

// How the text is laid out.
struct Layout {
  std::string newline;
  std::string indent;  // Of one level.
};

// The white space before a key.
absl::string_view SpaceBefore(absl::string_view text, const Member& member) {
  const size_t end = text.find_last_not_of(kSpace, member.key - 1);
  return text.substr(end + 1, member.key - end - 1);
}

Layout LayoutOf(absl::string_view text, const Member& root) {
  Layout layout{absl::StrContains(text, "\r\n") ? "\r\n" : "\n", "  "};
  if (root.members.empty()) return layout;
  const absl::string_view space = SpaceBefore(text, root.members.front());
  const size_t line = space.rfind('\n');
  if (line != absl::string_view::npos) layout.indent = std::string(space.substr(line + 1));
  return layout;
}

// The indentation of the line on which `offset` stands.
std::string IndentAt(absl::string_view text, size_t offset) {
  const size_t line = offset == 0 ? absl::string_view::npos : text.rfind('\n', offset - 1);
  const size_t begin = line == absl::string_view::npos ? 0 : line + 1;
  const size_t end = std::min(text.find_first_not_of(" \t", begin), offset);
  return std::string(text.substr(begin, end - begin));
}

// `"a": {"b": value}` of the keys that are missing, on lines of their own or on one.
std::string Nested(const std::vector<absl::string_view>& keys, absl::string_view value,
                   const Layout& layout, const std::string& indent, bool on_lines) {
  std::string text;
  std::string inner = indent;
  for (size_t i = 0; i < keys.size(); ++i) {
    absl::StrAppend(&text, "\"", keys[i], "\": ");
    if (i + 1 == keys.size()) break;
    inner += layout.indent;
    absl::StrAppend(&text, "{", on_lines ? layout.newline + inner : "");
  }
  absl::StrAppend(&text, value);
  for (size_t i = keys.size(); i-- > 1;) {
    inner.resize(inner.size() - layout.indent.size());
    absl::StrAppend(&text, on_lines ? layout.newline + inner : "", "}");
  }
  return text;
}

// With the keys that are missing added at the end of `object`.
std::string With(absl::string_view text, const Member& root, const Member& object,
                 const std::vector<absl::string_view>& keys, absl::string_view value) {
  const Layout layout = LayoutOf(text, root);
  if (object.members.empty()) {
    const bool on_lines =
        &object == &root || absl::StrContains(text.substr(root.begin, root.end - root.begin), '\n');
    const std::string outer = IndentAt(text, object.begin);
    const std::string inner = outer + layout.indent;
    return Replaced(text, object.begin, object.end,
                    absl::StrCat("{", on_lines ? layout.newline + inner : "",
                                 Nested(keys, value, layout, inner, on_lines),
                                 on_lines ? layout.newline + outer : "", "}"));
  }
  const Member& last = object.members.back();
  std::string space(SpaceBefore(text, last));
  const bool on_lines = absl::StrContains(space, '\n');
  if (!on_lines && object.members.size() == 1) space = " ";
  return Replaced(
      text, last.end, last.end,
      absl::StrCat(",", space, Nested(keys, value, layout, IndentAt(text, last.key), on_lines)));
}

}  // namespace

std::optional<std::string> WithJsonValue(absl::string_view text, absl::string_view path,
                                         absl::string_view value) {
  const Member root = Scanner(text).Scan();
  const std::vector<Chain> found = FindAll(root, path, false);
  if (found.size() > 1) return WithJsonValue(Without(text, found.back()), path, value);
  if (found.size() == 1) {
    const Member& member = *found.front().back();
    return Replaced(text, member.begin, member.end, value);
  }
  std::vector<absl::string_view> keys = absl::StrSplit(path, '.');
  const Member* object = &root;
  while (keys.size() > 1) {
    const Member* next = nullptr;
    for (const Member& member : object->members) {
      if (member.name == keys.front()) next = &member;
    }
    if (next == nullptr) break;
    if (!next->is_object) return std::nullopt;
    object = next;
    keys.erase(keys.begin());
  }
  return With(text, root, *object, keys, value);
}

std::optional<std::string> WithoutJsonKey(absl::string_view text, absl::string_view path) {
  std::string result(text);
  bool changed = false;
  while (true) {
    const Member root = Scanner(result).Scan();
    const std::vector<Chain> found = FindAll(root, path, true);
    if (found.empty()) break;
    result = Without(result, found.front());
    changed = true;
  }
  if (!changed) return std::nullopt;
  return result;
}

}  // namespace holon::config

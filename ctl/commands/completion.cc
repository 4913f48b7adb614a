#include "ctl/commands/completion.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "runtime/config/schema.h"

namespace holon::ctl {
namespace {

const OptionNode* FindOption(const CommandNode& node, absl::string_view name) {
  for (const OptionNode& option : node.options) {
    if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) {
      return &option;
    }
  }
  return nullptr;
}

// The n-th argument without a name; null where there is none.
const OptionNode* Positional(const CommandNode& node, size_t n) {
  for (const OptionNode& option : node.options) {
    if (option.names.empty() && n-- == 0) return &option;
  }
  return nullptr;
}

// What stands before the word under the cursor.
struct Place {
  const CommandNode* node = nullptr;
  bool unknown = false;                // A command that is none.
  const OptionNode* option = nullptr;  // That waits for its value.
  std::vector<std::string> arguments;  // Without names, of the command.
  bool only_arguments = false;         // Behind "--".
};

class Completer {
 public:
  Completer(const CommandNode& root, const std::vector<std::string>& words)
      : root_(root), words_(words) {}

  Completion Run() {
    if (words_.empty()) return {};
    const std::string& word = words_.back();
    if (!Walk() || place_.unknown) return std::move(result_);
    if (place_.option != nullptr) {
      OfferValue(*place_.option, "", word);
    } else if (!place_.only_arguments && absl::StartsWith(word, "-")) {
      OfferOption(word);
    } else {
      OfferArgument(word);
    }
    return std::move(result_);
  }

 private:
  // False where the words are another program's.
  bool Walk() {
    place_.node = &root_;
    for (size_t i = 0; i + 1 < words_.size(); ++i) {
      const std::string& word = words_[i];
      if (place_.option != nullptr) {
        place_.option = nullptr;
      } else if (!place_.only_arguments && word == "--") {
        if (place_.node->name == "run") {
          result_.kind = Completion::Kind::kCommand;
          result_.command_at = i + 1;
          return false;
        }
        place_.only_arguments = true;
      } else if (!place_.only_arguments && absl::StartsWith(word, "-")) {
        if (!absl::StrContains(word, '=')) place_.option = WithValue(word);
      } else {
        TakeArgument(word);
      }
    }
    return true;
  }

  const OptionNode* Find(absl::string_view name) const {
    const OptionNode* option = FindOption(*place_.node, name);
    return option != nullptr ? option : FindOption(root_, name);
  }

  const OptionNode* WithValue(absl::string_view name) const {
    const OptionNode* option = Find(name);
    return option != nullptr && !option->value.empty() ? option : nullptr;
  }

  void TakeArgument(const std::string& word) {
    if (place_.node->commands.empty()) {
      place_.arguments.push_back(word);
      return;
    }
    if (word == "help") return;
    for (const CommandNode& child : place_.node->commands) {
      if (child.name != word) continue;
      place_.node = &child;
      return;
    }
    place_.unknown = true;
  }

  void Add(absl::string_view before, const std::string& value, const std::string& description,
           absl::string_view word) {
    if (absl::StartsWith(value, word)) {
      result_.candidates.push_back({absl::StrCat(before, value), description});
    }
  }

  void OfferOption(const std::string& word) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos) {
      const OptionNode* option = WithValue(word.substr(0, equals));
      if (option == nullptr) return;
      OfferValue(*option, word.substr(0, equals + 1), word.substr(equals + 1));
      return;
    }
    OfferOptions(word);
  }

  void OfferOptions(absl::string_view word) {
    for (const CommandNode* node : {place_.node, &root_}) {
      for (const OptionNode& option : node->options) {
        for (const std::string& name : option.names) {
          const bool offered =
              std::any_of(result_.candidates.begin(), result_.candidates.end(),
                          [&](const Candidate& candidate) { return candidate.word == name; });
          if (!offered) Add("", name, option.description, word);
        }
      }
      if (place_.node == &root_) break;
    }
  }

  void OfferArgument(const std::string& word) {
    for (const CommandNode& child : place_.node->commands) {
      Add("", child.name, child.description, word);
    }
    if (place_.node == &root_) Add("", "help", "explain a command", word);
    if (const OptionNode* argument = Positional(*place_.node, place_.arguments.size())) {
      OfferValue(*argument, "", word);
    }
  }

  // `before`: what of the word precedes the value.
  void OfferValue(const OptionNode& option, absl::string_view before, const std::string& word) {
    const bool setting = option.names.empty() && option.value == "PATH";
    for (const std::string& choice : option.choices) Add(before, choice, "", word);
    if (option.value == "PATH=VALUE") {
      OfferAssignment(before, word);
    } else if (setting) {
      OfferSettings(before, word, "");
    } else if (option.value == "VALUE" && !place_.arguments.empty()) {
      OfferValuesOf(place_.arguments.front(), before, word);
    } else if (option.value == "DIR") {
      result_.kind = Completion::Kind::kDirectories;
    } else if (option.value == "FILE" || option.value == "PATH") {
      result_.kind = Completion::Kind::kFiles;
    }
  }

  void OfferAssignment(absl::string_view before, const std::string& word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      OfferSettings(before, word, "=");
    } else {
      OfferValuesOf(word.substr(0, equals), absl::StrCat(before, word.substr(0, equals + 1)),
                    word.substr(equals + 1));
    }
  }

  // A secret is refused on every command line; its file is not.
  void OfferSettings(absl::string_view before, const std::string& word, absl::string_view end) {
    const bool reads = place_.node->name == "get" || place_.node->name == "unset";
    for (const std::string& path : config::TargetPaths()) {
      const config::Target target = config::FindTarget(path);
      if (target.leaf->rule->from_home()) continue;
      if (target.leaf->secret && !target.names_file && !reads) continue;
      Add(before, absl::StrCat(path, end), config::Comment(*target.leaf), word);
    }
  }

  void OfferValuesOf(const std::string& path, absl::string_view before, const std::string& word) {
    const config::Target target = config::FindTarget(path);
    if (target.leaf == nullptr) return;
    if (target.names_file || target.leaf->is_path()) {
      result_.kind = Completion::Kind::kFiles;
    } else if (target.leaf->type == config::LeafType::kBoolean) {
      for (const char* value : {"true", "false"}) Add(before, value, "", word);
    } else if (target.leaf->type == config::LeafType::kEnum) {
      for (const std::string& value : config::EnumNames(*target.leaf)) Add(before, value, "", word);
    }
  }

  const CommandNode& root_;
  const std::vector<std::string>& words_;
  Place place_;
  Completion result_;
};

// In place of @P the program's name, and of @C the hidden command.
std::string Script(absl::string_view text, const std::string& program) {
  return absl::StrReplaceAll(text, {{"@P", program}, {"@C", kCompleteCommand}});
}

// Bash splits words at "=" and ":", too: they are put together again as the line has them. Quotes
// are taken off only where that runs nothing.
constexpr absl::string_view kBash = R"sh(_@P() {
  local line=${COMP_LINE:0:COMP_POINT} raw current kind item i
  local -a words=() lines=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    raw=${COMP_WORDS[i]}
    if ((i > 0)) && [[ $line != [[:space:]]* && -n $line ]]; then
      words[${#words[@]}-1]+=$raw
    else
      words+=("$raw")
    fi
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#"$raw"}
  done
  for i in "${!words[@]}"; do
    raw=${words[i]}
    if [[ $raw == *[\\\'\"]* && $raw != *['$`()<>&|;']* ]]; then
      eval "words[i]=$raw" 2>/dev/null || eval "words[i]=$raw\\'" 2>/dev/null ||
        eval "words[i]=$raw\\\"" 2>/dev/null
    fi
  done
  current=${words[${#words[@]}-1]}
  COMPREPLY=()
  mapfile -t lines < <("${COMP_WORDS[0]}" @C -- "${words[@]:1}" 2>/dev/null)
  case ${lines[0]} in
    directories) compopt -o dirnames ;;
    files) compopt -o default ;;
    command*)
      for ((i = 1; i < COMP_CWORD; i++)); do [[ ${COMP_WORDS[i]} == -- ]] && break; done
      if declare -F _command_offset >/dev/null; then
        _command_offset $((i + 1))
      elif ((i + 1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
        compopt -o default
      else
        compopt -o default
      fi
      ;;
    *)
      # What readline completes begins behind the last "=" or ":".
      raw=${COMP_WORDS[COMP_CWORD]}
      [[ $raw == [=:] ]] && raw=
      raw=${current%"$raw"}
      for item in "${lines[@]:1}"; do
        item=${item%%$'\t'*}
        [[ $item == *= ]] && compopt -o nospace
        COMPREPLY+=("${item#"$raw"}")
      done
      ;;
  esac
}
complete -F _@P @P
)sh";

constexpr absl::string_view kZsh = R"sh(#compdef @P
compdef _@P @P 2>/dev/null
_@P() {
  local -a lines goes_on ends described
  local item kind
  lines=("${(@f)$("${(Q)words[1]}" @C -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  kind=$lines[1]
  case $kind in
    directories) compset -P '--[^=]#='; _files -/ ;;
    files) compset -P '*='; _files ;;
    command*)
      local at=$((${kind#command } + 2))
      words=("${(@)words[at,-1]}")
      ((CURRENT -= at - 1))
      _normal
      ;;
    *)
      for item in "${(@)lines[2,-1]}"; do
        described=("${(@ps:\t:)item}")
        item="${described[1]//:/\\:}:${described[2]}"
        if [[ $described[1] == *= ]]; then goes_on+=("$item"); else ends+=("$item"); fi
      done
      (($#goes_on)) && _describe '@P' goes_on -S ''
      (($#ends)) && _describe '@P' ends
      ;;
  esac
}
[[ $funcstack[1] == _@P ]] && _@P "$@"
)sh";

constexpr absl::string_view kFish = R"sh(function __@P_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l current (string unescape -- $typed; or echo $typed)
    set -l lines (command $words[1] @C -- $words[2..] "$current" 2>/dev/null)
    set -l before (string match -r -- '^-[^=]*=' "$current")
    set -l rest (string replace -r -- '^-[^=]*=' '' "$current")
    switch "$lines[1]"
        case directories
            for path in (__fish_complete_directories $rest '')
                echo -- "$before"$path
            end
        case files
            set before (string match -r -- '^.*=' "$current")
            set rest (string replace -r -- '^.*=' '' "$current")
            for path in (__fish_complete_path $rest)
                echo -- "$before"$path
            end
        case 'command*'
            set -l at (math (string replace 'command ' '' -- $lines[1]) + 2)
            complete -C (string join ' ' -- (string escape -- $words[$at..]) $typed)
        case '*'
            printf '%s\n' $lines[2..]
    end
end
complete -c @P -f -a '(__@P_complete)'
)sh";

}  // namespace

Completion Complete(const CommandNode& root, const std::vector<std::string>& words) {
  return Completer(root, words).Run();
}

std::string CompletionText(const Completion& completion) {
  switch (completion.kind) {
    case Completion::Kind::kFiles:
      return "files\n";
    case Completion::Kind::kDirectories:
      return "directories\n";
    case Completion::Kind::kCommand:
      return absl::StrCat("command ", completion.command_at, "\n");
    case Completion::Kind::kWords:
      break;
  }
  std::string text = "words\n";
  for (const Candidate& candidate : completion.candidates) {
    absl::StrAppend(&text, candidate.word, "\t",
                    absl::StrReplaceAll(candidate.description, {{"\n", " "}, {"\t", " "}}), "\n");
  }
  return text;
}

std::string BashCompletion(const std::string& program) { return Script(kBash, program); }
std::string ZshCompletion(const std::string& program) { return Script(kZsh, program); }
std::string FishCompletion(const std::string& program) { return Script(kFish, program); }

}  // namespace holon::ctl

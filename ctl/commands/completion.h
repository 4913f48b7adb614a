// What a shell may offer for the word under the cursor. The shells' scripts only ask: what there is
// to offer is decided here, from the command line itself, for all of them. Pure.
#ifndef HOLON_CTL_COMMANDS_COMPLETION_H_
#define HOLON_CTL_COMMANDS_COMPLETION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "ctl/commands/command_tree.h"

namespace holon::ctl {

// The hidden command that the scripts call: "__complete -- WORDS", the last being the one under the
// cursor.
inline constexpr char kCompleteCommand[] = "__complete";

struct Candidate {
  std::string word;  // One that ends in "=" goes on.
  std::string description;
};

struct Completion {
  enum class Kind {
    kWords,
    kFiles,        // Behind "--option=" where the word has one.
    kDirectories,  // Likewise.
    kCommand,      // Another program's command line begins at the word `command_at`.
  };
  Kind kind = Kind::kWords;
  std::vector<Candidate> candidates;  // Of kWords; each begins with the word under the cursor.
  size_t command_at = 0;              // Counts from 0, the program's name not counted.
};

// `words` as the shell has them, without the program's name and without quotes.
Completion Complete(const CommandNode& root, const std::vector<std::string>& words);

// As the scripts read it: "words", "files", "directories" or "command N", then a line for each
// candidate with its description behind a tab.
std::string CompletionText(const Completion& completion);

// The scripts, for a program of this name.
std::string BashCompletion(const std::string& program);
std::string ZshCompletion(const std::string& program);
std::string FishCompletion(const std::string& program);

}  // namespace holon::ctl

#endif  // HOLON_CTL_COMMANDS_COMPLETION_H_

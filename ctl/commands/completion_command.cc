// completion: what a shell, or man, reads; made from the command line itself.
#include "ctl/commands/command_tree.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/completion.h"
#include "ctl/commands/options.h"

namespace holon::ctl {

base::ExitCode RunCompletion(Context& context) {
  const CommandNode root = DescribeCommandLine();
  std::string text;
  switch (context.options().shell) {
    case Shell::kBash:
      text = BashCompletion(root.name);
      break;
    case Shell::kZsh:
      text = ZshCompletion(root.name);
      break;
    case Shell::kFish:
      text = FishCompletion(root.name);
      break;
    case Shell::kMan:
      text = ManualPage(root, HOLON_VERSION);
      break;
  }
  context.console().Data(text);
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl

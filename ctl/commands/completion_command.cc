// completion: what a shell, or man, reads; made from the command line itself.
#include "ctl/commands/command_tree.h"
#include "ctl/commands/commands.h"
#include "ctl/commands/options.h"

namespace holon::ctl {

base::ExitCode RunCompletion(Context& context) {
  const CommandNode root = DescribeCommandLine();
  std::string text;
  switch (context.options().shell) {
    case Shell::kBash:
      text = BashCompletion(root);
      break;
    case Shell::kZsh:
      text = ZshCompletion(root);
      break;
    case Shell::kFish:
      text = FishCompletion(root);
      break;
    case Shell::kMan:
      text = ManualPage(root, HOLON_VERSION);
      break;
  }
  context.console().Data(text);
  return base::ExitCode::kDone;
}

}  // namespace holon::ctl

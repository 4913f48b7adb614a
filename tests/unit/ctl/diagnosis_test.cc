#include "ctl/doctor/diagnosis.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace holon::ctl {
namespace {

using base::ExitCode;

base::FileInfo Directory(mode_t mode, uid_t owner = 7) {
  base::FileInfo info;
  info.type = base::FileType::kDirectory;
  info.mode = mode;
  info.owner = owner;
  return info;
}

base::FileInfo File(mode_t mode, uid_t owner = 7) {
  base::FileInfo info = Directory(mode, owner);
  info.type = base::FileType::kRegular;
  return info;
}

// A home where nothing is wrong and nobody runs.
Facts Healthy() {
  Facts facts(state::HomePaths("/h"));
  facts.uid = 7;
  facts.version = "1.0";
  facts.now = absl::FromUnixSeconds(1000);
  facts.home = {"/h", Directory(0700), true};
  facts.parent = {"/", Directory(0755, 0), true};
  facts.run = {"/h/run", Directory(0700), true};
  facts.socket_path = "/h/run/holon.sock";
  facts.files = {{"/h/run/holon.lock", File(0600), true},
                 {"/h/run/daemon.log", base::FileInfo(), false}};
  facts.sighting = probe::Sighting();
  facts.history = state::v1::FailureHistory();
  facts.lifecycle_lock = base::LockState::kFree;
  facts.disk = base::DiskSpace{1ull << 40, 1ull << 41, 1 << 20, 1 << 21};
  facts.open_files = 1024;
  facts.inotify_instances.allowed = 128;
  facts.inotify_watches.allowed = 8192;
  facts.holond = std::string("/bin/holond");
  facts.holond_version = "1.0";
  return facts;
}

state::v1::DaemonRecord Record(const std::string& instance_id) {
  state::v1::DaemonRecord record;
  record.set_instance_id(instance_id);
  return record;
}

void Answer(Facts* facts, const std::string& version, int64_t started) {
  facts->sighting->verdict = probe::Verdict::kRunning;
  facts->sighting->answer.emplace();
  facts->sighting->answer->set_version(version);
  facts->sighting->answer->mutable_started_at()->set_seconds(started);
}

TEST(DiagnosisTest, FindsNothingWrongWhereNothingIs) {
  const std::vector<Finding> findings = Diagnose(Healthy());
  EXPECT_GT(findings.size(), 8u);
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.severity, Severity::kOk) << finding.check << ": " << finding.message;
    EXPECT_EQ(finding.fix, "") << finding.check;
    EXPECT_NE(finding.message, "") << finding.check;
  }
  EXPECT_EQ(ExitCodeOf(findings), ExitCode::kDone);
}

struct Row {
  std::string name;
  std::function<void(Facts*)> spoil;
  std::string check;
  Severity severity;
  ExitCode exit_code;
  std::string said;  // In message or fix.
};

std::vector<Row> Table() {
  using S = Severity;
  using E = ExitCode;
  return {
      {"writable", [](Facts* f) { f->run.info = Directory(0770); }, "run_directory", S::kError,
       E::kPermissionDenied, "chmod 700 /h/run"},
      {"readable", [](Facts* f) { f->home.info = Directory(0755); }, "home", S::kWarning, E::kDone,
       "chmod 700 /h"},
      {"a stranger's", [](Facts* f) { f->home.info = Directory(0700, 8); }, "home", S::kError,
       E::kPermissionDenied, "uid 7 run as its owner"},
      {"inaccessible", [](Facts* f) { f->home.accessible = false; }, "home", S::kError,
       E::kPermissionDenied, "chmod 700"},
      {"unseen", [](Facts* f) { f->run.info = absl::PermissionDeniedError("no"); }, "run_directory",
       S::kError, E::kPermissionDenied, "no"},
      {"link", [](Facts* f) { f->run.info->type = base::FileType::kSymlink; }, "run_directory",
       S::kError, E::kPermissionDenied, "put a directory in its place"},
      {"file", [](Facts* f) { f->home.info->type = base::FileType::kRegular; }, "home", S::kError,
       E::kFailed, "mv /h"},
      {"absent", [](Facts* f) { f->home.info = base::FileInfo(); }, "home", S::kOk, E::kDone,
       "a start makes it"},
      {"nowhere",
       [](Facts* f) {
         f->home.info = base::FileInfo();
         f->parent = {"/f", File(0600), false};
       },
       "home", S::kError, E::kFailed, "/f is not a directory"},
      {"nowhere to write",
       [](Facts* f) {
         f->home.info = base::FileInfo();
         f->parent.accessible = false;
       },
       "home", S::kError, E::kPermissionDenied, "/ cannot be written to"},
      {"nowhere to look",
       [](Facts* f) {
         f->home.info = base::FileInfo();
         f->parent.info = absl::PermissionDeniedError("no");
       },
       "home", S::kError, E::kPermissionDenied, "another --home"},
      {"long socket", [](Facts* f) { f->socket_path = std::string(108, 'x'); }, "socket_path",
       S::kError, E::kUsage, "set socket_path"},
      {"fault", [](Facts* f) { f->faults = {"a.b is odd"}; }, "configuration", S::kError, E::kUsage,
       "correct it"},
      {"warning", [](Facts* f) { f->warnings = {"HOLON_X"}; }, "configuration", S::kWarning,
       E::kDone, "HOLON_X"},
      {"stale",
       [](Facts* f) {
         f->sighting->verdict = probe::Verdict::kStale;
         f->next = {{"holonctl", "cleanup"}, ""};
       },
       "runtime", S::kError, E::kFailed, "holonctl cleanup"},
      {"foreign",
       [](Facts* f) {
         f->sighting->verdict = probe::Verdict::kForeign;
         f->next = OnlyAdvice("do this");
       },
       "runtime", S::kError, E::kUnknown, "do this"},
      {"unseen runtime", [](Facts* f) { f->sighting = absl::PermissionDeniedError("not ours"); },
       "runtime", S::kError, E::kPermissionDenied, "not ours"},
      {"odd lock of the runtime", [](Facts* f) { f->sighting = absl::UnknownError("odd"); },
       "runtime", S::kError, E::kFailed, "ls -la /h/run"},
      {"degraded",
       [](Facts* f) {
         Answer(f, "1.0", 0);
         f->sighting->answer->add_degraded("disk full");
         f->next = {{"holonctl", "logs"}, ""};
       },
       "health", S::kWarning, E::kDone, "disk full"},
      {"directory for a file", [](Facts* f) { f->files[0].info = Directory(0700); }, "files",
       S::kError, E::kFailed, "mv /h/run/holon.lock /h/run/holon.lock.aside"},
      {"closed file", [](Facts* f) { f->files[0].accessible = false; }, "files", S::kError,
       E::kPermissionDenied, "chmod 600 /h/run/holon.lock"},
      {"a stranger's file",
       [](Facts* f) {
         f->files[0] = {"/h/run/holon.lock", File(0600, 0), false};
       },
       "files", S::kError, E::kPermissionDenied, "ls -ld /h/run/holon.lock"},
      {"unseen file", [](Facts* f) { f->files[0].info = absl::PermissionDeniedError("no"); },
       "files", S::kError, E::kPermissionDenied, "no"},
      {"no record", [](Facts* f) { f->record = absl::NotFoundError("none"); }, "record", S::kOk,
       E::kDone, "/h/run/daemon.json"},
      {"record", [](Facts* f) { f->record = Record("a-b"); }, "record", S::kOk, E::kDone, "a-b"},
      {"damaged record", [](Facts* f) { f->record = absl::DataLossError("it is damaged"); },
       "record", S::kWarning, E::kDone, "it is damaged restart the runtime"},
      {"damaged record of nobody",
       [](Facts* f) {
         f->record = absl::DataLossError("it is damaged");
         f->next = {{"holonctl", "start"}, ""};
       },
       "record", S::kWarning, E::kDone, "holonctl start"},
      {"unreadable record", [](Facts* f) { f->record = absl::PermissionDeniedError("closed"); },
       "record", S::kWarning, E::kDone, "ls -ld /h/run/daemon.json"},
      {"history", [](Facts* f) { f->history->add_failures(); }, "failures", S::kOk, E::kDone,
       "/h/run/failures.json can be read (1 recorded)"},
      {"no history", [](Facts*) {}, "failures", S::kOk, E::kDone, "no failure is recorded"},
      {"damaged history", [](Facts* f) { f->history = absl::DataLossError("it is damaged"); },
       "failures", S::kWarning, E::kDone, "rm /h/run/failures.json"},
      {"unreadable history", [](Facts* f) { f->history = absl::PermissionDeniedError("closed"); },
       "failures", S::kWarning, E::kDone, "ls -ld /h/run/failures.json"},
      {"leftover", [](Facts* f) { f->leftovers = {"/h/run/x.tmp"}; }, "leftovers", S::kWarning,
       E::kDone, "rm /h/run/x.tmp"},
      {"crash", [](Facts* f) { f->crashed = "a-b"; }, "leftovers", S::kWarning, E::kDone,
       "of generation a-b a start records it as a failure"},
      {"crash of nobody known", [](Facts* f) { f->crashed = ""; }, "leftovers", S::kWarning,
       E::kDone, "/h/run/crash.log is the report of a crash a start"},
      {"crash of one that answers",
       [](Facts* f) {
         Answer(f, "1.0", 0);
         f->sighting->answer->set_instance_id("a-b");
         f->crashed = "a-b";
       },
       "leftovers", S::kOk, E::kDone, ""},
      {"crash of nobody known beside one that answers",
       [](Facts* f) {
         Answer(f, "1.0", 0);
         f->crashed = "";
         f->sighting->answer->set_instance_id("a-b");
       },
       "leftovers", S::kOk, E::kDone, ""},
      {"crash of an earlier one",
       [](Facts* f) {
         Answer(f, "1.0", 0);
         f->sighting->answer->set_instance_id("c-d");
         f->crashed = "a-b";
       },
       "leftovers", S::kWarning, E::kDone, "rm /h/run/crash.log"},
      {"locked",
       [](Facts* f) {
         f->lifecycle_lock = base::LockState::kTaken;
         f->lifecycle_holder = "holonctl start";
         f->lifecycle_holder_pid = 9;
       },
       "lifecycle_lock", S::kWarning, E::kDone,
       "holonctl start: start, stop and their like wait for it let it finish, or end it: kill 9"},
      {"locked by somebody",
       [](Facts* f) {
         f->lifecycle_lock = base::LockState::kTaken;
         f->lifecycle_holder = "an unknown process";
       },
       "lifecycle_lock", S::kWarning, E::kDone, "cat /h/run/lifecycle.lock"},
      {"not locked", [](Facts* f) { f->lifecycle_lock = base::LockState::kAbsent; },
       "lifecycle_lock", S::kOk, E::kDone, "free"},
      {"closed lock", [](Facts* f) { f->lifecycle_lock = absl::PermissionDeniedError("closed"); },
       "lifecycle_lock", S::kError, E::kPermissionDenied, "closed"},
      {"odd lock", [](Facts* f) { f->lifecycle_lock = absl::UnknownError("odd"); },
       "lifecycle_lock", S::kError, E::kFailed, "ls -ld /h/run/lifecycle.lock"},
      {"closed home", [](Facts* f) { f->run.info = absl::PermissionDeniedError("closed"); },
       "record", S::kUnknown, E::kPermissionDenied, "not looked at: closed"},
      {"closed run directory", [](Facts* f) { f->run.readable = false; }, "failures", S::kUnknown,
       E::kDone, "not looked at: /h/run cannot be read"},
      {"clock", [](Facts* f) { Answer(f, "1.0", 4600); }, "clock", S::kWarning, E::kDone,
       "set back"},
      {"clock, a little", [](Facts* f) { Answer(f, "1.0", 1001); }, "clock", S::kOk, E::kDone, ""},
      {"clock of the record",
       [](Facts* f) {
         f->record = Record("a-b");
         f->record->mutable_started_at()->set_seconds(4600);
       },
       "clock", S::kWarning, E::kDone, "starts in"},
      {"clock of the log", [](Facts* f) { f->last_logged = absl::FromUnixSeconds(4600); }, "clock",
       S::kWarning, E::kDone, "/h/run/daemon.log"},
      {"clock of the log, a little", [](Facts* f) { f->last_logged = absl::FromUnixSeconds(1002); },
       "clock", S::kOk, E::kDone, ""},
      {"full", [](Facts* f) { f->disk->free_bytes = 1000; }, "disk", S::kError, E::kFailed,
       "df -h"},
      {"nearly full", [](Facts* f) { f->disk->free_bytes = 30 << 20; }, "disk", S::kWarning,
       E::kDone, "30 MiB"},
      {"no inodes", [](Facts* f) { f->disk->free_inodes = 3; }, "disk", S::kError, E::kFailed,
       "df -i"},
      {"inodes not counted", [](Facts* f) { f->disk->free_inodes = f->disk->total_inodes = 0; },
       "disk", S::kOk, E::kDone, "free"},
      {"no holond", [](Facts* f) { f->holond = absl::NotFoundError("looked in /a"); }, "holond",
       S::kError, E::kFailed, "looked in /a install it beside holonctl, or in a folder of PATH"},
      {"another holond", [](Facts* f) { f->holond_version = "0.9"; }, "holond", S::kWarning,
       E::kDone, "0.9"},
      {"another runtime", [](Facts* f) { Answer(f, "0.9", 0); }, "version", S::kWarning, E::kDone,
       "restart"},
      {"few files", [](Facts* f) { f->open_files = 100; }, "open_files", S::kWarning, E::kDone,
       "ulimit"},
      {"no inotify", [](Facts* f) { f->inotify_instances.allowed = 1; }, "inotify", S::kWarning,
       E::kDone, "sudo sysctl -w fs.inotify.max_user_instances=128"},
      {"no more inotify",
       [](Facts* f) {
         f->inotify_instances = {1000, absl::ResourceExhaustedError("too many")};
       },
       "inotify", S::kWarning, E::kDone, "fs.inotify.max_user_instances=2000"},
      {"inotify, not said", [](Facts* f) { f->inotify_instances.allowed.reset(); }, "inotify",
       S::kOk, E::kDone, "cannot be read"},
      {"no watches", [](Facts* f) { f->inotify_watches.allowed = 0; }, "inotify_watches",
       S::kWarning, E::kDone, "sudo sysctl -w fs.inotify.max_user_watches=8192"},
      {"no more watches",
       [](Facts* f) {
         f->inotify_watches = {8192, absl::ResourceExhaustedError("no space")};
       },
       "inotify_watches", S::kWarning, E::kDone, "no space (a user may have 8192"},
  };
}

TEST(DiagnosisTest, NamesWhatIsWrongAndWhatToDo) {
  for (const Row& row : Table()) {
    SCOPED_TRACE(row.name);
    Facts facts = Healthy();
    row.spoil(&facts);
    const std::vector<Finding> findings = Diagnose(facts);
    bool found = false;
    for (const Finding& finding : findings) {
      if (finding.check != row.check) {
        // A folder that is closed is an error of its own.
        if (row.severity == Severity::kUnknown || finding.severity == Severity::kUnknown) continue;
        EXPECT_EQ(finding.severity, Severity::kOk) << finding.check;
        continue;
      }
      found = true;
      EXPECT_EQ(finding.severity, row.severity) << finding.message;
      const bool nothing_to_do =
          row.severity == Severity::kOk || row.severity == Severity::kUnknown;
      EXPECT_EQ(finding.fix.empty(), nothing_to_do) << finding.fix;
      EXPECT_NE((finding.message + " " + finding.fix).find(row.said), std::string::npos)
          << finding.message << " / " << finding.fix;
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(ExitCodeOf(findings), row.exit_code);
  }
}

TEST(DiagnosisTest, ACrashIsRecordedByWhateverCleansUp) {
  Facts facts = Healthy();
  facts.crashed = "a-b";
  auto said = [&facts](probe::Verdict verdict) {
    facts.sighting->verdict = verdict;
    for (const Finding& finding : Diagnose(facts)) {
      if (finding.check == "leftovers") return finding.fix;
    }
    return std::string("nothing");
  };
  EXPECT_EQ(said(probe::Verdict::kStale), "cleanup and start record it as a failure");
  EXPECT_EQ(said(probe::Verdict::kForeign), "look at it, then: rm /h/run/crash.log");
  EXPECT_EQ(said(probe::Verdict::kUnresponsive), "");
  EXPECT_EQ(said(probe::Verdict::kIncompatible), "");
}

TEST(DiagnosisTest, TheWorstErrorDecidesTheExitCode) {
  Facts facts = Healthy();
  facts.holond = absl::NotFoundError("nowhere");
  EXPECT_EQ(ExitCodeOf(Diagnose(facts)), ExitCode::kFailed);
  facts.faults = {"a fault"};
  EXPECT_EQ(ExitCodeOf(Diagnose(facts)), ExitCode::kUsage);
  facts.sighting->verdict = probe::Verdict::kUnresponsive;
  facts.next = OnlyAdvice("stop it");
  EXPECT_EQ(ExitCodeOf(Diagnose(facts)), ExitCode::kUnknown);
  facts.home.info = Directory(0777);
  EXPECT_EQ(ExitCodeOf(Diagnose(facts)), ExitCode::kPermissionDenied);
}

}  // namespace
}  // namespace holon::ctl

#include "runtime/daemon/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/base/notify.h"

namespace holon::daemon {
namespace {

class NotifierTest : public testing::Test {
 protected:
  // The newest message; empty: there is none.
  base::Notification Received() {
    std::vector<base::Notification> all = receiver_.Receive(getsid(0));
    return all.empty() ? base::Notification() : all.back();
  }

  const std::string folder_ = testing::TempDir();
  base::NotifyReceiver receiver_ = *base::NotifyReceiver::Create(folder_ + "notify");
  int refused_ = 0;
  Notifier notifier_{receiver_.AddressFrom(folder_), [this] { ++refused_; }};
};

TEST_F(NotifierTest, SendsAtOnce) {
  notifier_.Tell({{"READY", "1"}, {"STATUS", "ready"}});
  const base::Notification got = Received();
  EXPECT_TRUE(got.ready);
  EXPECT_EQ(got.status, "ready");
  EXPECT_FALSE(notifier_.pending());
  EXPECT_EQ(refused_, 0);
}

TEST_F(NotifierTest, AValueIsOneLine) {
  notifier_.Tell({{"STATUS", "a stranger's words\nREADY=1\x1b"}});
  const base::Notification got = Received();
  EXPECT_FALSE(got.ready);
  EXPECT_EQ(got.status, "a stranger's words READY=1 ");
}

TEST_F(NotifierTest, WhatAFullQueueRefusesIsSentAgainTheNewestValueOfEachKey) {
  base::NotifySender flood(receiver_.AddressFrom(folder_));
  while (flood.Send({{"STATUS", "flood"}})) {
  }
  notifier_.Tell({{"STATUS", "reading"}});
  notifier_.Tell({{"READY", "1"}, {"STATUS", "ready"}});
  EXPECT_TRUE(notifier_.pending());
  EXPECT_EQ(refused_, 2);
  notifier_.Retry();
  EXPECT_TRUE(notifier_.pending());
  while (!receiver_.Receive(getsid(0)).empty()) {
  }
  notifier_.Retry();
  EXPECT_FALSE(notifier_.pending());
  const base::Notification got = Received();
  EXPECT_TRUE(got.ready);
  EXPECT_EQ(got.status, "ready");
}

TEST(NotifierWithoutListenerTest, DropsWhatNobodyTakes) {
  for (const char* address : {"", "@holon-nobody", "/no/such/folder"}) {
    Notifier notifier(address, [] { FAIL(); });
    notifier.Tell({{"READY", "1"}});
    EXPECT_FALSE(notifier.pending());
  }
}

}  // namespace
}  // namespace holon::daemon

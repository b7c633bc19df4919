// SPDX-License-Identifier: Apache-2.0
#include "store/challenges.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "store/testing.h"

namespace assay {
namespace {

using Outcome = ChallengeStore::Outcome;
using ChallengeStoreTest = StoreTest<ChallengeStore>;

const StoreKind<ChallengeStore> kMemory{"Memory",
                                        [](const auto&) -> Result<std::unique_ptr<ChallengeStore>> {
                                          return make_memory_challenges();
                                        }};
const StoreKind<ChallengeStore> kSqlite{
    "Sqlite",
    [](const auto& directory) { return open_sqlite_challenges(directory / "challenges.db"); }};
INSTANTIATE_TEST_SUITE_P(All, ChallengeStoreTest, testing::Values(kMemory, kSqlite),
                         kind_name<ChallengeStore>);

IssuedChallenge issued(const std::string& name) { return {name, {1, 2, 0, 255}, at(0), at(300)}; }

TEST_P(ChallengeStoreTest, AChallengeIsUsableOnce) {
  ASSERT_TRUE(store_->add(issued("a")));
  const auto first = store_->consume("a", at(299));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->outcome, Outcome::consumed);
  EXPECT_EQ(first->nonce, (Buffer{1, 2, 0, 255}));
  const auto second = store_->consume("a", at(299));
  EXPECT_EQ(second->outcome, Outcome::used);
  EXPECT_TRUE(second->nonce.empty());
}

TEST_P(ChallengeStoreTest, ExpiredUnknownAndUsedAreDifferent) {
  ASSERT_TRUE(store_->add(issued("a")));
  ASSERT_TRUE(store_->add(issued("b")));
  EXPECT_EQ(store_->consume("b", at(0))->outcome, Outcome::consumed);
  EXPECT_EQ(store_->consume("a", at(300))->outcome, Outcome::expired);
  EXPECT_EQ(store_->consume("a", at(301))->outcome, Outcome::expired);
  EXPECT_EQ(store_->consume("b", at(301))->outcome, Outcome::used);
  EXPECT_EQ(store_->consume("c", at(0))->outcome, Outcome::unknown);
  EXPECT_EQ(store_->consume("", at(0))->outcome, Outcome::unknown);
  EXPECT_EQ(store_->consume("A", at(0))->outcome, Outcome::unknown);
  EXPECT_EQ(store_->consume(std::string("a\0", 2), at(0))->outcome, Outcome::unknown);
}

TEST_P(ChallengeStoreTest, ANameIsIssuedOnce) {
  ASSERT_TRUE(store_->add(issued("a")));
  EXPECT_EQ(to_string(store_->add(issued("a")).error()),
            "a: a challenge of this name was already issued");
  EXPECT_EQ(store_->consume("a", at(1))->outcome, Outcome::consumed);
  EXPECT_FALSE(store_->add(issued("a")));
  EXPECT_EQ(store_->consume("a", at(1))->outcome, Outcome::used);
}

TEST_P(ChallengeStoreTest, ForgetsADayAfterExpiry) {
  ASSERT_TRUE(store_->add(issued("old")));
  constexpr std::int64_t kDay = 86'400;
  ASSERT_TRUE(store_->add({"b", {1}, at(300 + kDay), at(600 + kDay)}));
  EXPECT_EQ(store_->consume("old", at(300 + kDay))->outcome, Outcome::expired);
  ASSERT_TRUE(store_->add({"c", {1}, at(301 + kDay), at(600 + kDay)}));
  EXPECT_EQ(store_->consume("old", at(301 + kDay))->outcome, Outcome::unknown);
  EXPECT_EQ(store_->consume("b", at(301 + kDay))->outcome, Outcome::consumed);
}

/// How many of `stores`, each in two threads at once, get each of 50 challenges.
std::size_t winners(const std::vector<ChallengeStore*>& stores) {
  std::atomic<std::size_t> won = 0;
  std::vector<std::thread> threads;
  for (ChallengeStore* store : stores) {
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&won, store] {
        for (int i = 0; i < 50; ++i) {
          const auto got = store->consume(fmt::format("c{}", i), at(1));
          if (got && got->outcome == Outcome::consumed) ++won;
          EXPECT_TRUE(got && got->outcome != Outcome::unknown);
        }
      });
    }
  }
  for (auto& thread : threads) thread.join();
  return won;
}

TEST_P(ChallengeStoreTest, OfManyAtOnceOneWins) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store_->add(issued(fmt::format("c{}", i))));
  EXPECT_EQ(winners({store_.get(), store_.get()}), 50U);
}

TEST(SqliteChallenges, SurviveARestart) {
  const auto directory = *TemporaryDirectory::make("store-test");
  {
    const auto store = std::move(*kSqlite.open(directory.path()));
    ASSERT_TRUE(store->add(issued("a")));
    ASSERT_TRUE(store->add(issued("b")));
    ASSERT_EQ(store->consume("b", at(1))->outcome, Outcome::consumed);
  }
  const auto store = std::move(*kSqlite.open(directory.path()));
  EXPECT_EQ(store->consume("a", at(1))->nonce, (Buffer{1, 2, 0, 255}));
  EXPECT_EQ(store->consume("b", at(1))->outcome, Outcome::used);
}

TEST(SqliteChallenges, OfTwoProgramsOnOneFileOneWins) {
  const auto directory = *TemporaryDirectory::make("store-test");
  const auto one = std::move(*kSqlite.open(directory.path()));
  const auto two = std::move(*kSqlite.open(directory.path()));
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE((i % 2 == 0 ? one : two)->add(issued(fmt::format("c{}", i))));
  EXPECT_EQ(winners({one.get(), two.get()}), 50U);
}

/// Consumes c0, c1, ... and says each win through `report`, until it is killed.
[[noreturn]] void consume_until_killed(const std::filesystem::path& directory, int report) {
  const auto store = kSqlite.open(directory);
  if (!store) ::_exit(1);
  for (unsigned char i = 0; i < 200; ++i) {
    const auto got = (*store)->consume(fmt::format("c{}", i), at(1));
    if (!got || got->outcome != Outcome::consumed || ::write(report, &i, 1) != 1) ::_exit(1);
  }
  for (;;) ::pause();
}

TEST(SqliteChallenges, AKilledProgramsConsumptionsStay) {
  const auto directory = *TemporaryDirectory::make("store-test");
  {
    const auto store = std::move(*kSqlite.open(directory.path()));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(store->add(issued(fmt::format("c{}", i))));
  }
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    consume_until_killed(directory.path(), pipe[1]);
  }
  ::close(pipe[1]);
  // In the middle of its work, not at a place of our choice.
  std::set<unsigned char> said;
  unsigned char i = 0;
  while (said.size() < 60 && ::read(pipe[0], &i, 1) == 1) said.insert(i);
  ::kill(child, SIGKILL);
  while (::read(pipe[0], &i, 1) == 1) said.insert(i);
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_GE(said.size(), 60U);

  const auto store = std::move(*kSqlite.open(directory.path()));
  std::size_t left = 0;
  for (int c = 0; c < 200; ++c) {
    const auto got = store->consume(fmt::format("c{}", c), at(1));
    ASSERT_TRUE(got);
    const bool told = said.count(static_cast<unsigned char>(c)) != 0;
    EXPECT_TRUE(!told || got->outcome == Outcome::used) << c;
    if (got->outcome == Outcome::consumed) ++left;
  }
  // One may have been consumed and not told: used, but given to nobody.
  EXPECT_GE(left + said.size(), 199U);
  EXPECT_LE(left + said.size(), 200U);
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "store/secrets.h"

#include <gtest/gtest.h>

#include "store/testing.h"

namespace assay {
namespace {

using SecretStoreTest = StoreTest<SecretStore>;

const StoreKind<SecretStore> kMemory{
    "Memory",
    [](const auto&) -> Result<std::unique_ptr<SecretStore>> { return make_memory_secrets(); }};
const StoreKind<SecretStore> kSqlite{
    "Sqlite", [](const auto& directory) { return open_sqlite_secrets(directory / "secrets.db"); }};
INSTANTIATE_TEST_SUITE_P(All, SecretStoreTest, testing::Values(kMemory, kSqlite),
                         kind_name<SecretStore>);

Secret secret(std::string_view text) { return Secret(to_buffer(as_bytes(text))); }
std::string shown(const Result<Secret>& got) {
  return got ? to_text(got->reveal()) : to_string(got.error());
}

TEST_P(SecretStoreTest, KeepsReplacesAndRemoves) {
  ASSERT_TRUE(store_->put("b", secret("two")));
  ASSERT_TRUE(store_->put("a", secret(std::string_view("\0\xff one", 6))));
  ASSERT_TRUE(store_->put("empty", secret("")));
  EXPECT_EQ(shown(store_->get("a")), std::string("\0\xff one", 6));
  EXPECT_EQ(shown(store_->get("empty")), "");
  ASSERT_TRUE(store_->put("b", secret("three")));
  EXPECT_EQ(shown(store_->get("b")), "three");
  EXPECT_EQ(*store_->list(), (std::vector<std::string>{"a", "b", "empty"}));
  ASSERT_TRUE(store_->remove("b"));
  EXPECT_EQ(shown(store_->get("b")), "secret b: there is none of this name");
  EXPECT_EQ(store_->get("b").error().fault, Fault::unavailable);
  EXPECT_EQ(to_string(store_->remove("b").error()), "secret b: there is none of this name");
}

TEST_P(SecretStoreTest, NamesAreSimple) {
  const std::string longest(128, 'x');
  EXPECT_TRUE(store_->put(longest, secret("x")));
  EXPECT_TRUE(store_->put("a.B_0-", secret("x")));
  for (const std::string& bad : {std::string(), longest + "x", std::string("a/b"),
                                 std::string("a b"), std::string("\xc3\xa4")}) {
    EXPECT_EQ(to_string(store_->put(bad, secret("x")).error()),
              "secret name: wanted 1 to 128 of letters, digits, '.', '_' and '-'");
    EXPECT_EQ(store_->get(bad).error().fault, Fault::malformed);
    EXPECT_EQ(store_->remove(bad).error().fault, Fault::malformed);
  }
}

TEST(SqliteSecrets, SurviveARestartAndLeaveNothingBehind) {
  const auto directory = *TemporaryDirectory::make("store-test");
  const auto bytes_on_disk = [&] {
    std::string all;
    for (const auto& file : std::filesystem::directory_iterator(directory.path())) {
      all += to_text(*read_file(file.path(), 10'000'000));
    }
    return all;
  };
  const auto store = std::move(*kSqlite.open(directory.path()));
  ASSERT_TRUE(store->put("a", secret("the first value")));
  EXPECT_NE(bytes_on_disk().find("the first value"), std::string::npos);
  ASSERT_TRUE(store->put("a", secret("the second value")));
  EXPECT_EQ(bytes_on_disk().find("the first value"), std::string::npos);
  EXPECT_EQ(shown(std::move(*kSqlite.open(directory.path()))->get("a")), "the second value");
  ASSERT_TRUE(store->remove("a"));
  EXPECT_EQ(bytes_on_disk().find("the second value"), std::string::npos);
}

}  // namespace
}  // namespace assay

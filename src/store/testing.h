// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "host/file.h"
#include "store/sqlite_stores.h"

namespace assay {

/// One kind of store for a contract suite; `open` on the same directory again is a restart.
template <class Store>
struct StoreKind {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const std::filesystem::path& directory)> open;
};

template <class Store>
std::string kind_name(const testing::TestParamInfo<StoreKind<Store>>& parameter) {
  return parameter.param.name;
}

/// A contract suite's fixture: a fresh store in a directory of its own.
template <class Store>
class StoreTest : public testing::TestWithParam<StoreKind<Store>> {
 protected:
  void SetUp() override { store_ = reopened(); }
  std::unique_ptr<Store> reopened() {
    auto store = this->GetParam().open(directory_.path());
    EXPECT_TRUE(store) << to_string(store.error());
    return store ? std::move(*store) : nullptr;
  }

  TemporaryDirectory directory_ = *TemporaryDirectory::make("store-test");
  std::unique_ptr<Store> store_;
};

inline Instant at(std::int64_t seconds) { return from_unix_seconds(1'700'000'000 + seconds); }

}  // namespace assay

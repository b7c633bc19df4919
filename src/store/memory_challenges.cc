// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <mutex>

#include "store/sqlite_stores.h"

namespace assay {
namespace {

class MemoryChallenges final : public ChallengeStore {
 public:
  Status add(const IssuedChallenge& challenge) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(all_, [&](const auto& entry) {
      return entry.second.issued.expires < challenge.created - std::chrono::days(1);
    });
    if (!all_.emplace(challenge.name, Entry{challenge}).second) {
      return fail(Fault::internal, challenge.name, "a challenge of this name was already issued");
    }
    return {};
  }

  Result<Consumption> consume(const std::string& name, Instant now) override {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(name);
    if (found == all_.end()) return Consumption{Outcome::unknown, {}};
    if (found->second.used) return Consumption{Outcome::used, {}};
    if (found->second.issued.expires <= now) return Consumption{Outcome::expired, {}};
    found->second.used = true;
    return Consumption{Outcome::consumed, found->second.issued.nonce};
  }

 private:
  struct Entry {
    IssuedChallenge issued;
    bool used = false;
  };
  std::mutex mutex_;
  std::map<std::string, Entry> all_;
};

}  // namespace

std::unique_ptr<ChallengeStore> make_memory_challenges() {
  return std::make_unique<MemoryChallenges>();
}

}  // namespace assay

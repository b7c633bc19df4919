// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <mutex>

#include "store/secret_name.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

class MemorySecrets final : public SecretStore {
 public:
  Status put(const std::string& name, const Secret& secret) override {
    if (const Status valid = check_secret_name(name); !valid) return valid;
    const std::lock_guard lock(mutex_);
    all_[name] = secret.duplicate();
    return {};
  }

  Result<Secret> get(const std::string& name) const override {
    if (const Status valid = check_secret_name(name); !valid) return pass_on(valid);
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(name);
    if (found == all_.end()) return no_such_secret(name);
    return found->second.duplicate();
  }

  Result<std::vector<std::string>> list() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, secret] : all_) names.push_back(name);
    return names;
  }

  Status remove(const std::string& name) override {
    if (const Status valid = check_secret_name(name); !valid) return valid;
    const std::lock_guard lock(mutex_);
    if (all_.erase(name) == 0) return no_such_secret(name);
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Secret> all_;
};

}  // namespace

std::unique_ptr<SecretStore> make_memory_secrets() { return std::make_unique<MemorySecrets>(); }

}  // namespace assay

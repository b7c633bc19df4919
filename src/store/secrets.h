// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace assay {

/// Named secrets.  Thread-safe.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  /// Creates or replaces; durable once it returns.  Names: 1 to 128 of [A-Za-z0-9._-].
  virtual Status put(const std::string& name, const Secret& secret) = 0;
  /// Fault::unavailable where there is none of that name.
  virtual Result<Secret> get(const std::string& name) const = 0;
  virtual Result<std::vector<std::string>> list() const = 0;
  virtual Status remove(const std::string& name) = 0;
};

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "services/rate_limit.h"
#include "store/audit_log.h"

namespace assay {

/// Keeps callers whom nobody knows from filling the disk: each refusal is a durable record, and
/// anybody can be refused.  Asked only once a caller has been refused, so it never stands before a
/// token or a secret.  Thread-safe.
///
/// What was not recorded is counted, and the count is a record: "refusals.suppressed", when the
/// bucket has recovered, at the latest a minute after the first of them while requests come, and at
/// the end.
class RefusalLimit {
 public:
  /// Records go to `log` under the name `log_name`.
  RefusalLimit(std::string log_name, RateLimit::Rate rate, AuditLog& log, const Clock& clock);

  /// None: this refusal is to be recorded.  Otherwise it has been counted, and the caller is to be
  /// told to come back after that time.
  std::optional<std::chrono::seconds> retry_after();
  /// Records the count of suppressed ones if it is time; called with every request.
  void report();
  /// Records it whatever the time: nothing more comes.
  void close();

 private:
  void record(std::uint64_t count, Instant since);

  const std::string log_name_;
  RateLimit limit_;
  AuditLog& log_;
  const Clock& clock_;
  std::mutex mutex_;
  std::uint64_t suppressed_ = 0;
  Instant since_;
};

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "services/refusal_limit.h"

#include <utility>

#include "services/operator_log.h"

namespace assay {
namespace {

/// A count that waits longer could be lost with the machine.
constexpr std::chrono::seconds kReportAfter{60};

}  // namespace

RefusalLimit::RefusalLimit(std::string log_name, RateLimit::Rate rate, AuditLog& log,
                           const Clock& clock)
    : log_name_(std::move(log_name)), limit_(rate, clock), log_(log), clock_(clock) {}

std::optional<std::chrono::seconds> RefusalLimit::retry_after() {
  if (limit_.take()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (suppressed_++ == 0) since_ = clock_.now();
  return limit_.wait();
}

void RefusalLimit::report() {
  std::uint64_t count = 0;
  Instant since;
  {
    const std::lock_guard lock(mutex_);
    if (suppressed_ == 0) return;
    if (clock_.now() - since_ < kReportAfter && !limit_.recovered()) return;
    count = std::exchange(suppressed_, 0);
    since = since_;
  }
  record(count, since);
}

void RefusalLimit::close() {
  std::unique_lock lock(mutex_);
  const std::uint64_t count = std::exchange(suppressed_, 0);
  const Instant since = since_;
  lock.unlock();
  if (count > 0) record(count, since);
}

void RefusalLimit::record(std::uint64_t count, Instant since) {
  const auto id = log_.append({log_name_,
                               "-",
                               Severity::warning,
                               {{"event", "refusals.suppressed"},
                                {"count", count},
                                {"since", rfc3339(since)},
                                {"message",
                                 "callers without valid credentials, refused faster than "
                                 "refusals are recorded"}},
                               {}},
                              clock_.now());
  if (id) return;
  tell_operator(id.error());
  // Counted again, from when it began: the record comes once the log takes one.
  const std::lock_guard lock(mutex_);
  suppressed_ += count;
  since_ = since;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "formats/log_kind.h"
#include "verify/check.h"

namespace assay {

/// A log as `assay eventlog show` tells it.
struct LogStory {
  /// {"number","offset","register","type","trust","digests",...}: those before a malformed one too.
  json::array events;
  /// "cos", "ima" or "systemd"; null where it cannot be trusted.
  json::object state;
  Verdict verdict;
};

/// What a log replays to, as `assay eventlog replay` tells it.
struct LogReplay {
  std::uint64_t events = 0;
  json::object banks;  ///< {"sha256":{"10":"<hex>"}}: registers that got an event
  Verdict verdict;
};

/// Tells a log of any kind but the firmware's own: CEL, IMA, systemd.  Nothing in it is
/// authentic: that takes a quote.
LogStory show_log(LogKind kind, Bytes log);
LogReplay replay_log(LogKind kind, Bytes log);

}  // namespace assay

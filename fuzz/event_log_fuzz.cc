// SPDX-License-Identifier: Apache-2.0
#include "formats/event_log.h"

#include "fuzz.h"

namespace assay {
namespace {

void check_event(const Event& event, Bytes log) {
  ASSAY_CHECK(event.pcr <= 23 ||
              (event.pcr == Event::kNoPcr && event.type == EventType::no_action));
  ASSAY_CHECK(event.digest_count <= Event::kMaxBanks);
  ASSAY_CHECK(!name_of(event.type).empty());
  check_inside(event.data, log);
  for (std::size_t i = 0; i < event.digest_count; ++i) {
    const EventDigest& digest = event.digests[i];
    check_inside(digest.bytes, log);
    ASSAY_CHECK(digest.bytes.size() == digest_size(digest.algorithm));
    ASSAY_CHECK(equal(*event.digest(digest.algorithm), digest.bytes));
  }
}

/// Where the record ends: its data is the last of it.
std::size_t end_of(const Event& event, Bytes log) {
  return static_cast<std::size_t>(event.data.data() - log.data()) + event.data.size();
}

}  // namespace
}  // namespace assay

/// A log is refused with a reason, or its records tile it: each begins where the one before it
/// ends, and the last ends with the log.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto log = parse_event_log(in);
  if (!log) return check_explained(log);
  ASSAY_CHECK(!log->algorithms.empty());
  for (std::size_t i = 0; i < log->events.size(); ++i) {
    const Event& event = log->events[i];
    check_event(event, in);
    ASSAY_CHECK(event.number == i + (log->crypto_agile ? 1 : 0));
    const bool last = i + 1 == log->events.size();
    ASSAY_CHECK(end_of(event, in) == (last ? in.size() : log->events[i + 1].offset));
  }
}

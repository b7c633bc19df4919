// SPDX-License-Identifier: Apache-2.0
#include "verify/log_statement.h"

#include "fuzz.h"
#include "verify/event_words.h"
#include "verify/printable.h"

/// Any bytes can be looked at: the events before a fault tile the log, words are printable, and of
/// a malformed log nothing stands.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const EventLogReading reading = read_event_log(in);
  std::size_t end = 0;
  for (const Event& event : reading.log.events) {
    ASSAY_CHECK(event.layout == reading.log.layout);
    ASSAY_CHECK(event.offset >= end && event.offset < in.size());
    check_inside(event.data, in);
    end = static_cast<std::size_t>(event.data.data() - in.data()) + event.data.size();
  }
  if (reading.fault) {
    ASSAY_CHECK(reading.fault->offset >= end || reading.log.events.empty());
    ASSAY_CHECK(!reading.fault->error.why.empty());
  } else if (reading.log.layout == RegisterLayout::tpm) {
    // The strict entry reads what this one reads of a TPM.
    ASSAY_CHECK(parse_event_log(in).has_value());
  }
  const LogStatement statement = read_statement(reading);
  ASSAY_CHECK(!reading.fault || !statement.verdict.accepted());
  ASSAY_CHECK(!reading.fault || !(statement.platform_stands || statement.secure_boot_stands ||
                                  statement.applications_stand || statement.kernel_stands ||
                                  statement.windows_stands));
  for (const JudgedEvent& e : statement.replayed.events) ASSAY_CHECK(is_printable(event_words(e)));
  (void)state_json(statement, reading.log);
}

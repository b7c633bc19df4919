// SPDX-License-Identifier: Apache-2.0
#include "formats/log_kind.h"

#include "formats/cel.h"
#include "formats/event_log.h"

#include "fuzz.h"

/// What is read whole as a legacy log or as CEL in TLV is recognised as that, or refused because it
/// is another's too; it is never taken for something else.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto kind = recognise_log(in);
  if (!kind) return check_explained(kind);
  ASSAY_CHECK(!name_of(*kind).empty());
  if (parse_cel(CelEncoding::tlv, in)) ASSAY_CHECK(*kind == LogKind::cel_tlv);
  const auto log = parse_event_log(in);
  if (log && !log->crypto_agile && is_known(log->events.front().type))
    ASSAY_CHECK(*kind == LogKind::sha1_legacy);
}

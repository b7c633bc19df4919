// SPDX-License-Identifier: Apache-2.0
#include "formats/cos.h"

#include "fuzz.h"

/// An event is its type, its length and its content, in one length.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto event = parse_cos_event(in);
  if (!event) return check_explained(event);
  ASSAY_CHECK(event->content.size() + 5 == in.size());
  check_inside(event->content, in);
  ASSAY_CHECK(name_of(event->type) != "unknown");
  check_one_length(parse_cos_event, in);
}

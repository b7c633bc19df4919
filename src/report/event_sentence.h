// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "boots/event_label.h"
#include "verify/replayed_log.h"

namespace assay {

/// One event of a boot in words for people.  Both are made of hostile text.
struct EventSentence {
  std::string what;        ///< as far as the event's digest covers it
  std::string unmeasured;  ///< what its data say beyond that: a file's name; often empty
};

/// The words for an event.  Of one whose data contradict its digest everything is unmeasured.
EventSentence event_sentence(const JudgedEvent& judged, const EventLabel& label);

}  // namespace assay

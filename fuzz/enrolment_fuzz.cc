// SPDX-License-Identifier: Apache-2.0
#include "formats/enrolment.h"
#include "fuzz.h"

namespace {

using namespace assay;

/// Whether `in` is the document; then it says the same when written again.
template <class Parse>
bool reads_again(Parse parse, Bytes in) {
  const auto read = parse(in);
  if (!read) {
    check_explained(read);
    return false;
  }
  const std::string written = encode(*read);
  const auto again = parse(as_bytes(written));
  ASSAY_CHECK(again && encode(*again) == written);
  return true;
}

}  // namespace

/// A file of an enrolment is refused with a reason, or is one of the five and no other, and says
/// the same when written again.
void fuzz(assay::Bytes in) {
  const int kinds =
      reads_again(parse_enrolment_request, in) + reads_again(parse_enrolment_challenge, in) +
      reads_again(parse_pending_enrolment, in) + reads_again(parse_enrolment_answer, in) +
      reads_again(parse_enrolment_record, in);
  ASSAY_CHECK(kinds <= 1);
}

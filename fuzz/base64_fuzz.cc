// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include "base/hex.h"
#include "fuzz.h"

/// Base64 of both alphabets is refused with a reason, or is the one spelling of its bytes; and what
/// we write we read.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const std::string_view text = as_text(in);
  if (const auto got = parse_base64("base64", text)) {
    ASSAY_CHECK(base64(*got) == text);
  } else {
    check_explained(got);
  }
  if (const auto got = parse_base64url("base64url", text)) {
    ASSAY_CHECK(base64url(*got) == text);
  } else {
    check_explained(got);
  }
  if (const auto got = parse_hex("hex", text); !got) check_explained(got);
  ASSAY_CHECK(equal(parse_base64("base64", base64(in)).value(), in));
  ASSAY_CHECK(equal(parse_base64url("base64url", base64url(in)).value(), in));
  ASSAY_CHECK(equal(parse_hex("hex", hex(in)).value(), in));
}

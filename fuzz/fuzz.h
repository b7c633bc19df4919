// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"

/// What a target defines: states a property that must hold for every input, with ASSAY_CHECK.
/// libfuzzer.cc calls it with inputs it invents, replay.cc with those of a seed folder.
void fuzz(assay::Bytes in);

namespace assay {

/// A refusal that a person can act on.
template <class T>
void check_explained(const Result<T>& refused) {
  ASSAY_CHECK(refused.error().fault == Fault::malformed);
  ASSAY_CHECK(!refused.error().where.empty());
  ASSAY_CHECK(!refused.error().why.empty());
}

/// A borrowed part lies inside what it was borrowed from.
inline void check_inside(Bytes part, Bytes whole) {
  if (part.empty()) return;
  const std::less_equal<> no_later;
  ASSAY_CHECK(no_later(whole.data(), part.data()));
  ASSAY_CHECK(no_later(part.data() + part.size(), whole.data() + whole.size()));
}

/// A format that says its own size: what `parse` accepts, it accepts in no other length.
template <class Parse>
void check_one_length(Parse parse, Bytes accepted) {
  ASSAY_CHECK(!accepted.empty());
  ASSAY_CHECK(!parse(accepted.first(accepted.size() - 1)));
  Buffer longer = to_buffer(accepted);
  longer.push_back(0);
  ASSAY_CHECK(!parse(longer));
}

}  // namespace assay

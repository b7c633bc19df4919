// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests only: calls constructed values authentic, so that what stands above verify/ can be
// tested with claims that no recorded evidence makes.

#include <utility>

#include "verify/authentic.h"

namespace assay {

class AuthenticityForTests {
 public:
  static AuthenticityProof proof() { return {}; }
};

template <class T>
Authentic<T> make_authentic_for_testing(T value) {
  return {AuthenticityForTests::proof(), std::move(value)};
}

}  // namespace assay

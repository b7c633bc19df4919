// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace assay {

/// Permission to call something authentic.  Only the authenticate_ functions of verify/ can make
/// one.
class AuthenticityProof {
  AuthenticityProof() = default;
  friend class VtpmAuthenticator;
  friend class EnrolmentAuthenticator;
  friend class RegisterAuthenticator;
  friend class AuthenticityForTests;  // verify/testing.h, which no product code may include
};

/// A value that an authenticate_ function vouches for.  Policy, tokens and release accept nothing
/// else, so the compiler keeps the order: parse, authenticate, appraise.
template <class T>
class Authentic {
 public:
  Authentic(AuthenticityProof, T value) : value_(std::move(value)) {}
  const T& operator*() const& { return value_; }
  const T& operator*() const&& = delete;  ///< of a value that goes away
  const T* operator->() const { return &value_; }

 private:
  T value_;
};

}  // namespace assay

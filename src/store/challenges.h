// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace assay {

/// A nonce somebody was given, to be quoted once.
struct IssuedChallenge {
  std::string name;  ///< "projects/P/locations/L/challenges/UUID"
  Buffer nonce;
  Instant created, expires;
};

/// Challenges: each is usable once, until it expires, across crashes.  Thread-safe; several
/// processes may share one store.
class ChallengeStore {
 public:
  virtual ~ChallengeStore() = default;
  /// Durable once it returns.  Also forgets challenges that expired more than a day ago.
  virtual Status add(const IssuedChallenge& challenge) = 0;

  enum class Outcome {
    consumed,  ///< it was fresh, and is now used: nobody else can get this answer for it
    unknown,
    expired,
    used,
  };
  struct Consumption {
    Outcome outcome;
    Buffer nonce;  ///< only when consumed
  };
  /// Compare-and-set, durable once it returns.
  virtual Result<Consumption> consume(const std::string& name, Instant now) = 0;
};

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/hash_algorithm.h"
#include "formats/cel.h"
#include "formats/pcr.h"
#include "verify/measured_data.h"

namespace assay {

/// The values that a canonical event log ends at.
struct CelReplay {
  struct Value {
    CelRegister where;
    Digest value;
    std::uint64_t extends = 0;
  };
  struct Bank {
    HashAlgorithm algorithm;
    std::vector<Value> values;           ///< in the order of their first record
    std::vector<std::uint64_t> lacking;  ///< numbers of records without a digest of this bank

    [[nodiscard]] const Value* find(CelRegister where) const;
  };
  std::vector<Bank> banks;
};

/// Replays a log into `banks` (none twice), from zero: `register = H(register || digest)`. Firmware
/// events EV_NO_ACTION extend nothing; a startup locality before the first record of PCR 0 is where
/// that begins.  TCG Canonical Event Log Format 1.0, 5; TPM 2.0 Part 1 section 17.2.
CelReplay replay(const CelLog& log, std::span<const HashAlgorithm> banks);

/// The same, but each PCR begins where `start` says (and at zero where it says nothing): what the
/// firmware's log ends at, for systemd's and IMA's go on from there.  One for each bank.
CelReplay replay_from(const CelLog& log, std::span<const PcrValues> start);

/// The algorithms that a record of the log has a digest of, the strongest first.
std::vector<HashAlgorithm> banks_of(const CelLog& log);

/// What the digests of a record, all of them, say about its content.  A COS event and what the log
/// says about itself are hashed with type and length, a word of systemd's and an entry of IMA's as
/// they are; of a firmware event, see data_rule().
DataTrust content_trust(const CelRecord& record);

/// "record 3 (PCR 13, cos)".
std::string describe(const CelRecord& record);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "formats/attestation.h"

namespace assay {

// An attestation as its encoding has it: nothing copied, and nothing checked but that it is one.
// Each encoding is read into these, and one function makes an Attestation of them.

struct QuoteParts {
  Bytes attest, signature;
  std::uint32_t bank = 0;  ///< TPM_ALG_ID
  std::array<std::optional<Bytes>, kPcrCount> pcrs;
  std::optional<std::uint32_t> pcr_above;  ///< the index of a PCR that does not exist
};

struct InstanceParts {
  std::string_view zone, project_id, instance_name;
  std::uint64_t project_number = 0, instance_id = 0;
};

struct AttestationParts {
  Bytes ak_pub, event_log, canonical_event_log, ak_cert;
  std::vector<QuoteParts> quotes;    ///< the first kMaxQuotes
  std::size_t quote_count = 0;       ///< all of them
  std::vector<Bytes> intermediates;  ///< the first kMaxIntermediates
  std::size_t intermediate_count = 0;
  std::optional<InstanceParts> instance;
  std::string_view tee_evidence;  ///< the name of the field that holds some
};

/// The attestation, where all of its parts are within their bounds.
Result<Attestation> attestation_of(const AttestationParts& parts);

/// Reads the binary form of an attest.Attestation.  What `tee_evidence` names is not looked into.
Result<AttestationParts> parse_binary_attestation(Bytes in);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_algorithm.h"
#include "base/result.h"

namespace assay {

/// One measurement that a boot component makes.
struct PcrlockRecord {
  std::uint32_t pcr = 0;        ///< at most 23
  std::vector<Digest> digests;  ///< none twice of one algorithm; at least one
  bool operator==(const PcrlockRecord&) const = default;
};

/// Reads a `.pcrlock` file: JSON, `{"records":[{"pcr":4,"digests":[{"hashAlg","digest"}]}]}`.
/// Other members of a record (recnum, content) are read over, as systemd does.  Fault::malformed.
/// systemd.pcrlock(5).
Result<std::vector<PcrlockRecord>> parse_pcrlock(std::string_view text);

/// Writes one; equal records as equal text, with a final newline.
std::string encode_pcrlock(const std::vector<PcrlockRecord>& records);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// What Container-Optimized OS measures about the container that it starts; the number is the type
/// in the log.  Confidential Space, launcher.
enum class CosEventType : std::uint8_t {
  image_reference = 0,
  image_digest = 1,
  restart_policy = 2,
  image_id = 3,
  argument = 4,
  environment = 5,
  override_argument = 6,
  override_environment = 7,
  launch_separator = 8,
  memory_monitor = 9,
  gpu_cc_mode = 10,
  gpu_attestation_binding = 11,
};
/// "image_reference".
std::string_view name_of(CosEventType type);

struct CosEvent {
  CosEventType type;
  Bytes content;  ///< borrowed; a text for all but the launch separator, the monitor, the binding
};

/// Reads a COS event: a type of one byte, a length of four bytes big-endian, the content, and
/// nothing after it.  Its content must be of the type's form: texts are UTF-8, an environment
/// variable is NAME=value, the memory monitor 0 or 1, modes and policies known words.
/// Fault::malformed.
Result<CosEvent> parse_cos_event(Bytes tlv);

}  // namespace assay

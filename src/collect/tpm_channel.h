// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// Largest TPM command or response.  TPM 2.0 Part 2, TPM_PT_MAX_COMMAND_SIZE of the common TPMs.
inline constexpr std::size_t kMaxTpmMessage = 4096;
/// tag u16, size u32, command or response code u32.  TPM 2.0 Part 1, 18.1.
inline constexpr std::size_t kTpmHeaderSize = 10;

/// Something that answers bare TPM 2.0 commands: a chip, a socket, a TPM in this process.
class TpmChannel {
 public:
  virtual ~TpmChannel() = default;
  /// One whole command, header included; its whole response.  Blocks until the TPM has answered.
  /// A TPM's own refusal is a response like any other; Fault::unavailable is for a channel that
  /// could not carry the command.
  virtual Result<Buffer> execute(Bytes command) = 0;
};

/// The code of a response, TPM_RC (Part 2, 6.6); TPM_RC_FAILURE (0x101) where there is no header.
std::uint32_t response_code(Bytes response);

/// The size a message's header declares.  Fault::malformed below the header's own size and above
/// kMaxTpmMessage.
Result<std::size_t> declared_size(Bytes header);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>

#include "collect/tpm_channel.h"

namespace assay {

/// How long a TPM may think about one command.  Linux gives a chip five minutes to make an RSA key
/// (drivers/char/tpm, TPM2_DURATION_LONG_LONG); what is behind a socket is software, and faster.
inline constexpr std::chrono::milliseconds kTpmPatience = std::chrono::minutes(2);

/// A TPM behind a Unix socket that speaks bare commands, as swtpm's data channel and our virtual
/// VM's socket do: one connection per command, as gotpm keeps it, so that many clients share it.
/// A command that is not answered within `patience` is Fault::unavailable.
class SocketChannel final : public TpmChannel {
 public:
  explicit SocketChannel(std::filesystem::path path,
                         std::chrono::milliseconds patience = kTpmPatience)
      : path_(std::move(path)), patience_(patience) {}
  Result<Buffer> execute(Bytes command) override;

 private:
  std::filesystem::path path_;
  std::chrono::milliseconds patience_;
};

/// Longest path of a Unix socket: sockaddr_un has 108 bytes, the last for the terminator (unix(7)).
inline constexpr std::size_t kMaxSocketPath = 107;

}  // namespace assay

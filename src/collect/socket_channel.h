// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "collect/tpm_channel.h"

namespace assay {

/// A TPM behind a Unix socket that speaks bare commands, as swtpm's data channel and our virtual
/// VM's socket do: one connection per command, as gotpm keeps it, so that many clients share it.
class SocketChannel final : public TpmChannel {
 public:
  explicit SocketChannel(std::filesystem::path path) : path_(std::move(path)) {}
  Result<Buffer> execute(Bytes command) override;

 private:
  std::filesystem::path path_;
};

/// Longest path of a Unix socket: sockaddr_un has 108 bytes, the last for the terminator (unix(7)).
inline constexpr std::size_t kMaxSocketPath = 107;

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <thread>

#include "collect/tpm_channel.h"

namespace assay {

/// Serves a TPM on a Unix socket: bare TPM 2.0 commands and responses, no framing, as swtpm's data
/// channel speaks.  Any number of connections with any number of commands each; every response
/// leaves in one write (gotpm reads once), and nothing is cleaned up when a connection closes
/// (gotpm opens one per command).
class TpmSocket {
 public:
  /// Listens at `path` (at most 107 bytes; a stale socket there is replaced), mode 0600.
  /// Fault::unavailable says what is wrong with the path.
  static Result<std::unique_ptr<TpmSocket>> start(std::filesystem::path path,
                                                  std::shared_ptr<TpmChannel> tpm);
  /// Stops serving and removes the socket.
  ~TpmSocket();
  TpmSocket(const TpmSocket&) = delete;
  TpmSocket& operator=(const TpmSocket&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TpmSocket(std::filesystem::path path, std::shared_ptr<TpmChannel> tpm, int listener, int stop)
      : path_(std::move(path)), tpm_(std::move(tpm)), listener_(listener), stop_(stop) {}
  void serve();

  std::filesystem::path path_;
  std::shared_ptr<TpmChannel> tpm_;
  int listener_;
  int stop_;  ///< an eventfd: readable means end
  std::thread thread_;
};

}  // namespace assay

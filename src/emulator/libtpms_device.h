// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/hash_algorithm.h"
#include "collect/tpm_channel.h"

namespace assay {

/// A TPM 2.0 in this process (libtpms), from power-on to power-off.  One at a time in a process:
/// libtpms keeps its TPM in globals.  Thread-safe.
///
/// What the TPM must remember is one opaque state; `keep` is told of every change before the
/// answer that depends on it leaves, so that a TPM is never ahead of its file.
class LibtpmsDevice final : public TpmChannel {
 public:
  using Keep = std::function<Status(Bytes state)>;

  /// Powers a TPM on: a new one where `state` is empty, else the one whose state it is.  It is not
  /// started yet: the first command is startup().  Fault::internal when one is on already,
  /// Fault::malformed when `state` is not a TPM's.
  static Result<std::unique_ptr<LibtpmsDevice>> power_on(Buffer state, Keep keep);
  /// TPM2_Shutdown(CLEAR), then off.
  ~LibtpmsDevice() override;
  LibtpmsDevice(const LibtpmsDevice&) = delete;
  LibtpmsDevice& operator=(const LibtpmsDevice&) = delete;

  /// TPM2_Startup(CLEAR) at a locality: 0, or 3, after which PCR 0 starts at 3 (TPM 2.0 Part
  /// 3, 9.3).
  Status startup(std::uint8_t locality);
  /// TPM2_PCR_Allocate: exactly these banks with all 24 PCRs, then off and on again, as the new
  /// banks need.  Only after startup(), before the platform has a password; startup() must follow.
  Status allocate_banks(const std::vector<HashAlgorithm>& banks);

  Result<Buffer> execute(Bytes command) override;

 private:
  LibtpmsDevice(Buffer state, Keep keep) : state_(std::move(state)), keep_(std::move(keep)) {}
  struct Callbacks;  ///< what libtpms calls
  Status main_init();
  Result<Buffer> execute_locked(Bytes command);
  Status require_success(const char* name, const Buffer& command);

  std::mutex mutex_;
  Buffer state_;
  Keep keep_;
  bool on_ = false;
  bool changed_ = false;
  std::uint8_t locality_ = 0;
  // libtpms' response buffer, grown by it.
  unsigned char* response_ = nullptr;
  std::uint32_t response_capacity_ = 0;
};

}  // namespace assay

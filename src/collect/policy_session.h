// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

struct ESYS_CONTEXT;

namespace assay {

/// A TPM's policy session, ended when the object goes: TPM2_PolicySecret's effect is spent by one
/// command, so each command has its own.  For src/collect only.
class PolicySession {
 public:
  PolicySession(ESYS_CONTEXT* esys, std::uint32_t session) : esys_(esys), session_(session) {}
  PolicySession(PolicySession&& other) noexcept
      : esys_(std::exchange(other.esys_, nullptr)), session_(other.session_) {}
  PolicySession& operator=(PolicySession&& other) noexcept {
    std::swap(esys_, other.esys_);
    std::swap(session_, other.session_);
    return *this;
  }
  PolicySession(const PolicySession&) = delete;
  PolicySession& operator=(const PolicySession&) = delete;
  ~PolicySession();
  /// ESYS_TR.
  [[nodiscard]] std::uint32_t get() const { return session_; }

 private:
  ESYS_CONTEXT* esys_;
  std::uint32_t session_;
};

}  // namespace assay

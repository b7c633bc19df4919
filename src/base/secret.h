// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "base/bytes.h"

namespace assay {

/// Bytes that must not leak: no copy by accident, no stream or format operator, wiped when they go.
/// Every place that looks inside says `reveal()`, which is one grep away.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Buffer bytes) : bytes_(std::move(bytes)) {}
  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  [[nodiscard]] Bytes reveal() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] Secret duplicate() const { return Secret(bytes_); }

 private:
  void wipe() noexcept {
    // volatile: the writes must happen although nobody reads them.
    volatile std::uint8_t* p = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) p[i] = 0;
  }
  Buffer bytes_;
};

}  // namespace assay

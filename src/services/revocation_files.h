// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "collateral/revocation.h"

namespace assay {

/// Revocation lists out of files that somebody else keeps current: a service runs longer than a
/// list is good.  Thread-safe.
class RevocationFiles {
 public:
  struct Settings {
    std::vector<std::filesystem::path> files;  ///< DER or PEM; each has one list or more
    RevocationLists::Missing missing = RevocationLists::Missing::accepted;
    std::optional<std::chrono::seconds> max_age = std::nullopt;
  };

  /// Reads them all.  Fault::unavailable, Fault::malformed name the file.
  static Result<RevocationLists> read(const Settings& settings);
  static Result<std::unique_ptr<RevocationFiles>> open(Settings settings);

  /// As they were read last; never waits for a file.
  [[nodiscard]] std::shared_ptr<const RevocationLists> lists() const;

  /// Reads all of them again if one is not the file that it was.  Where that fails, the lists stay
  /// as they are (they go stale in their own time), the operator is told once for each state of the
  /// files, and the next call tries again.  For one thread.
  void refresh();

 private:
  /// What tells a file from what it was before.
  struct Stamp {
    bool there = false;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed_seconds = 0, changed_nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };

  explicit RevocationFiles(Settings settings) : settings_(std::move(settings)) {}
  [[nodiscard]] std::vector<Stamp> stamps() const;

  const Settings settings_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RevocationLists> lists_;  ///< behind mutex_
  std::vector<Stamp> read_;                       ///< before the files were read last
  std::vector<Stamp> told_;                       ///< when the operator was told last
};

}  // namespace assay

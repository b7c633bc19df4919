// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "collateral/revocation.h"
#include "host/file_stamp.h"

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

  /// Reads again each file that is not the one that it was.  The lists of one that cannot be read
  /// stay (they go stale in their own time), and so does a list that is newer than all of its
  /// issuer's in the file now, by thisUpdate or by cRLNumber: an old list, played back, knows less.
  /// Either way the operator is told, once for each state of the file.  For one thread.
  void refresh();

 private:
  /// One of the files, as it was when it was looked at last.
  struct Source {
    std::filesystem::path path;
    FileStamp stamp;     ///< before it was read
    bool again = false;  ///< it was there and could not be read: it may be without a change
    std::vector<Crl> lists;
  };

  explicit RevocationFiles(Settings settings) : settings_(std::move(settings)) {}
  /// Takes what the file has now; whether anything was read.
  static bool refresh(Source& source);
  [[nodiscard]] std::shared_ptr<const RevocationLists> together() const;

  const Settings settings_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RevocationLists> lists_;  ///< behind mutex_
  std::vector<Source> sources_;                   ///< of the thread that refreshes
};

}  // namespace assay

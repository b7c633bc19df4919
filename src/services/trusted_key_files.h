// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/result.h"
#include "host/file_stamp.h"
#include "verify/trusted_keys.h"

namespace assay {

/// Attestation keys that are trusted themselves, out of files and directories that an operator puts
/// them into and takes them out of while a service runs.  Thread-safe.
///
/// Of a directory every file counts whose name does not begin with a dot.  What a file says now is
/// what is trusted: one that is gone, or cannot be read any more, withdraws its key, and leaves the
/// others alone.
class TrustedKeyFiles {
 public:
  using Paths = std::vector<std::filesystem::path>;

  /// What becomes of keys whose TPM was emulated.
  enum class Emulated { refused, accepted };

  struct Settings {
    Paths paths;
    Emulated emulated = Emulated::refused;
  };

  /// Reads them all, once; every file must be good.  Fault::unavailable, Fault::malformed name it.
  static Result<TrustedKeys> read(const Paths& paths);

  /// The files that are named must be good; of those in directories the operator is told.
  /// Fault::untrusted for a named one of an emulated machine, where these are refused.
  static Result<std::unique_ptr<TrustedKeyFiles>> open(Settings settings);

  struct Found {
    std::shared_ptr<const TrustedKeys> keys;  ///< what `key` is one of
    const TrustedKey* key = nullptr;          ///< null: none of them
  };
  /// Whose the evidence is to be judged as (TrustedKeys::find_signer), by a file that is still what
  /// was read.
  Found find_signer(const Attestation& attestation);

  /// How many keys are trusted, as the files were read last.
  [[nodiscard]] std::size_t size() const;

  /// Reads each file again that is not the one that it was, and forgets those that are gone.  The
  /// operator is told of what is not trusted, once for each state of the file.
  void refresh();

 private:
  /// One file, as it was when it was looked at last.
  struct Source {
    std::optional<FileStamp> stamp;  ///< before it was read; none: not looked at yet
    bool again = false;  ///< it was there and could not be read: it may be without a change
    std::optional<TrustedKey> key;
  };
  /// A file, and what it was when it was read.
  struct Origin {
    std::filesystem::path path;
    FileStamp stamp;
    [[nodiscard]] bool is_current() const { return stamp_of(path) == stamp; }
  };
  /// What requests see; never changes.
  struct Snapshot {
    TrustedKeys keys;
    std::vector<std::vector<Origin>> origins;  ///< of each key
    std::vector<Origin> roots;                 ///< what was named: files and directories
  };

  explicit TrustedKeyFiles(Settings settings) : settings_(std::move(settings)) {}
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
  /// Takes what the file has now; whether anything changed.
  bool look(const std::filesystem::path& path, Source& source) const;
  [[nodiscard]] std::shared_ptr<const Snapshot> together(std::vector<Origin> roots) const;

  const Settings settings_;
  std::mutex refreshing_;
  std::map<std::filesystem::path, Source> sources_;  ///< behind refreshing_
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  ///< behind mutex_
};

}  // namespace assay

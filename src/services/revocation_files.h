// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/hash_algorithm.h"
#include "base/result.h"
#include "collateral/revocation.h"
#include "host/file_stamp.h"
#include "services/list_signers.h"

namespace assay {

/// Revocation lists out of files that somebody else keeps current: a service runs longer than a
/// list is good.  Thread-safe.
class RevocationFiles {
 public:
  struct Settings {
    std::vector<std::filesystem::path> files;  ///< DER or PEM; each has one list or more
    RevocationTerms terms{};
  };

  /// Reads them all.  Fault::unavailable, Fault::malformed name the file.
  static Result<RevocationLists> read(const Settings& settings);
  static Result<std::unique_ptr<RevocationFiles>> open(Settings settings);

  /// As they were read last; never waits for a file.
  [[nodiscard]] std::shared_ptr<const RevocationLists> lists() const;

  /// Tells it a CA that a trust anchor vouches for: its lists are known as genuine from then on.
  void learn(const std::string& issuer, const PublicKey& key) { signers_.add(issuer, key); }

  /// Reads again each file that is not the one that it was.  The lists of one that cannot be read
  /// stay (they go stale in their own time).  So does a list that its file has no longer, until
  /// there is one of the same CA's, by its signature, that is no older by thisUpdate nor by
  /// cRLNumber: a forged list does not displace it, and an old one, played back, knows less.  Lists
  /// whose signer is not known stay if they are of the start, and are forgotten with their file
  /// otherwise: anybody can make them.  The operator is told, once for each state of the file.  For
  /// one thread.
  void refresh();

 private:
  struct Listed {
    Crl crl;
    const PublicKey* signer = nullptr;  ///< null: not known (yet), so it may be forged
  };
  struct Contents {
    Digest digest;  ///< of the file
    std::vector<Listed> lists;
  };
  /// One of the files, as it was when it was looked at last.
  struct Source {
    std::filesystem::path path;
    FileStamp stamp;     ///< before it was read
    bool again = false;  ///< it was there and could not be read: it may be without a change
    bool first = true;   ///< `now` is what it had at the start
    Contents now;        ///< of the last that could be read
    std::vector<Listed> kept = {};  ///< the file had them once
  };

  explicit RevocationFiles(Settings settings) : settings_(std::move(settings)) {}
  static Result<Contents> contents_of(const std::filesystem::path& path);
  /// Takes what the file has now; whether that is anything else than before.
  bool refresh(Source& source) const;
  void identify(Listed& listed) const;
  /// Finds out who signed what, and forgets the kept lists that others replace.
  void settle();
  [[nodiscard]] bool is_replaced(const Listed& known) const;
  static void tell_what_stays(const Source& source);
  [[nodiscard]] std::shared_ptr<const RevocationLists> together() const;

  const Settings settings_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RevocationLists> lists_;  ///< behind mutex_
  std::vector<Source> sources_;                   ///< of the thread that refreshes
  std::size_t settled_ = 0;  ///< how many signers settle() knew; of that thread, too
  ListSigners signers_;
};

}  // namespace assay

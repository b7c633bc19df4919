// SPDX-License-Identifier: Apache-2.0
#include "verify/dbx_generation.h"

#include <algorithm>

#include "crypto/hash.h"

namespace assay {

namespace {

/// The SHA-256 of all hashes of an update, each once, in ascending order.  Computed from
/// uefi.org's dbxupdate files (2014, 2020, 2021) and from logs of machines that had it (2016,
/// 2023).
struct Generation {
  std::size_t hashes;
  std::string_view digest, name;
};
constexpr Generation kGenerations[] = {
    {13, "98e3443182947b94bcf302d7728d7b965865f9b84a79e444cd658e60e2a13536", "2014-08-11"},
    {77, "64f234055bc69eafaa12074e4f584f068a1e139cdcc29c412b55e7e985cb35ed", "2016"},
    {183, "012980b7aec8b1bceff7d47fb310caeccbe56bef28699757d210977fb1d455ab", "2020-10-12"},
    {211, "136c69a184daf8af57110e7aa75ab3a8470600e04c2445775256b8fb7b5d0cf1", "2021-04-29"},
    {371, "f658b0ab5040e40ef3527c50452cc4cd32f5f281fbc56d643843cf30cf7e585b", "2023-05"},
};

}  // namespace

std::optional<std::string_view> dbx_generation(const SignatureDatabase& dbx) {
  std::vector<Buffer> hashes = dbx.hashes;
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  Buffer all;
  for (const Buffer& hash : hashes) all.insert(all.end(), hash.begin(), hash.end());
  for (const Generation& generation : kGenerations)
    if (generation.hashes == hashes.size() && generation.digest == sha256_hex(all))
      return generation.name;
  return std::nullopt;
}

}  // namespace assay

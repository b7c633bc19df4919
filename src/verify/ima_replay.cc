// SPDX-License-Identifier: Apache-2.0
#include "verify/ima_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace assay {
namespace {

constexpr std::string_view kBootAggregate = "boot_aggregate";

Digest ones(HashAlgorithm bank) {
  Digest out(bank);
  for (std::uint8_t& byte : out.writable()) byte = 0xFF;
  return out;
}

Digest padded(HashAlgorithm bank, const Digest& sha1) {
  Digest out(bank);
  std::copy(sha1.bytes().begin(), sha1.bytes().end(), out.writable().begin());
  return out;
}

/// The algorithms whose digests have this size, likeliest first.
std::vector<HashAlgorithm> algorithms_of_size(std::size_t size) {
  switch (size) {
    case 20:
      return {HashAlgorithm::sha1};
    case 32:
      return {HashAlgorithm::sha256, HashAlgorithm::sm3_256};
    case 48:
      return {HashAlgorithm::sha384};
    default:
      return {HashAlgorithm::sha512};
  }
}

std::optional<HashAlgorithm> bank_of_kernel_name(std::string_view name) {
  if (name == "sm3" || name == "sm3-256") return HashAlgorithm::sm3_256;
  for (const HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384,
                                HashAlgorithm::sha512, HashAlgorithm::sm3_256}) {
    if (name_of(a) == name) return a;
  }
  return std::nullopt;
}

/// H(PCR 0 || ... || PCR count - 1); nothing where one is not known.
std::optional<Digest> aggregate(const PcrValues& pcrs, std::size_t count) {
  Buffer all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& value = pcrs.values[i];
    if (!value) return std::nullopt;
    const Bytes bytes = value->bytes();
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return hash(pcrs.bank, all);
}

/// The banks of which nothing but the padded way is left.
std::vector<HashAlgorithm> padded_banks(const ImaReplay& replay) {
  std::vector<HashAlgorithm> out;
  for (const ImaReplay::Bank& bank : replay.banks()) {
    const bool rehashed = std::any_of(
        replay.banks().begin(), replay.banks().end(), [&](const ImaReplay::Bank& other) {
          return other.algorithm == bank.algorithm && other.extension == ImaExtension::rehashed;
        });
    if (!rehashed) out.push_back(bank.algorithm);
  }
  return out;
}

}  // namespace

ImaReplay::ImaReplay(std::span<const HashAlgorithm> banks, ImaExtension extension) {
  const auto add = [this](HashAlgorithm bank, ImaExtension way) {
    banks_.push_back({bank, way, std::vector<Digest>(kPcrCount, Digest(bank))});
  };
  for (const HashAlgorithm bank : banks) {
    const bool padded = bank != HashAlgorithm::sha1 && extension != ImaExtension::rehashed;
    if (!padded || extension == ImaExtension::either) add(bank, ImaExtension::rehashed);
    if (padded) add(bank, ImaExtension::padded_sha1);
    needs_sha1_ |= padded || bank == HashAlgorithm::sha1;
  }
}

bool ImaReplay::agrees(const Bank& bank, const PcrValues& quoted) const {
  for (PcrMask left = compared_; left != 0; left &= left - 1) {
    const auto pcr = static_cast<std::size_t>(std::countr_zero(left));
    if (quoted.values[pcr] != bank.pcrs[pcr]) return false;
  }
  return true;
}

bool ImaReplay::agrees_with(std::span<const PcrValues> quoted) const {
  return std::all_of(quoted.begin(), quoted.end(), [&](const PcrValues& q) {
    return std::any_of(banks_.begin(), banks_.end(), [&](const Bank& bank) {
      return bank.algorithm == q.bank && agrees(bank, q);
    });
  });
}

void ImaReplay::settle(std::span<const PcrValues> quoted) {
  std::erase_if(banks_, [&](const Bank& bank) {
    return std::none_of(quoted.begin(), quoted.end(), [&](const PcrValues& q) {
      return q.bank == bank.algorithm && agrees(bank, q);
    });
  });
}

bool ImaReplay::check_hash(const ImaEntry& entry, const Digest* sha1) {
  if (entry.violation) return true;
  const auto is_hash = [&](HashAlgorithm a) {
    if (a == HashAlgorithm::sha1 && sha1 != nullptr)
      return equal(sha1->bytes(), entry.template_hash);
    return equal(hash(a, entry.template_data).bytes(), entry.template_hash);
  };
  if (hash_algorithm_) return is_hash(*hash_algorithm_);
  for (const HashAlgorithm a : algorithms_of_size(entry.template_hash.size())) {
    if (!is_hash(a)) continue;
    hash_algorithm_ = a;
    return true;
  }
  return false;
}

bool ImaReplay::extend(const ImaEntry& entry) {
  ASSAY_CHECK(entry.pcr < kPcrCount);
  used_ |= PcrMask{1} << entry.pcr;
  compared_ |= used_;
  // The SHA-1 hash serves the list's check, its own bank and padded banks.
  std::optional<Digest> sha1;
  if (!entry.violation &&
      (needs_sha1_ || entry.template_hash.size() == digest_size(HashAlgorithm::sha1)))
    sha1 = hash(HashAlgorithm::sha1, entry.template_data);
  for (Bank& bank : banks_) {
    Digest& pcr = bank.pcrs[entry.pcr];
    if (entry.violation)
      assay::extend(pcr, ones(bank.algorithm));
    else if (bank.algorithm == HashAlgorithm::sha1)
      assay::extend(pcr, *sha1);
    else if (bank.extension == ImaExtension::padded_sha1)
      assay::extend(pcr, padded(bank.algorithm, *sha1));
    else
      assay::extend(pcr, hash(bank.algorithm, entry.template_data));
  }
  return check_hash(entry, sha1 ? &*sha1 : nullptr);
}

ImaMatch ima_prefix_match(ImaProgress& progress, ImaFormat format, Bytes list,
                          std::span<const PcrValues> quoted) {
  ASSAY_CHECK(!progress.replay.banks().empty() && !quoted.empty());
  ImaReader reader(format, list, progress.at);
  ImaReplay replay = progress.replay;
  const auto unmatched = [&](std::string why) {
    return ImaMatch{.entries = progress.at.number, .why = std::move(why)};
  };
  while (!replay.agrees_with(quoted)) {
    if (!reader.next()) {
      if (const auto& error = reader.error()) return unmatched(to_string(*error));
      return unmatched(fmt::format("none of the first {} entries ends at the quoted values",
                                   reader.position().number));
    }
    if (!replay.extend(reader.entry())) {
      ImaMatch out = unmatched(fmt::format("entry {}: its template hash is not that of its data",
                                           reader.entry().number));
      out.edited = reader.entry().number;
      return out;
    }
  }
  progress.at = reader.position();
  progress.replay = std::move(replay);
  progress.replay.settle(quoted);
  return {.matched = true,
          .entries = progress.at.number,
          .left = list.size() - progress.at.offset,
          .padded = padded_banks(progress.replay)};
}

std::string_view name_of(BootAggregate aggregate) {
  switch (aggregate) {
    case BootAggregate::pcrs_0_to_7:
      return "PCR 0 to 7";
    case BootAggregate::pcrs_0_to_9:
      return "PCR 0 to 9";
    case BootAggregate::mismatch:
      return "mismatch";
    case BootAggregate::no_bank:
      return "its bank is not at hand";
    case BootAggregate::absent:
      return "absent";
  }
  return "unknown";
}

BootAggregate check_boot_aggregate(const ImaEntry& first, std::span<const PcrValues> pcrs) {
  if (first.path != kBootAggregate) return BootAggregate::absent;
  const auto bank = bank_of_kernel_name(first.file_algorithm);
  for (const PcrValues& values : pcrs) {
    if (values.bank != bank) continue;
    const auto equals = [&](std::size_t count) {
      const auto digest = aggregate(values, count);
      return digest && equal(digest->bytes(), first.file_digest);
    };
    if (equals(10)) return BootAggregate::pcrs_0_to_9;
    return equals(8) ? BootAggregate::pcrs_0_to_7 : BootAggregate::mismatch;
  }
  return BootAggregate::no_bank;
}

}  // namespace assay

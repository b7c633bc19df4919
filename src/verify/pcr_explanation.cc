// SPDX-License-Identifier: Apache-2.0
#include "verify/pcr_explanation.h"

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "crypto/hash.h"
#include "verify/known_digests.h"

namespace assay {

namespace {

/// An event of one PCR, and what was really extended if its data is right and its digest is not.
struct Extend {
  const Event* event;
  Digest digest;
  std::optional<Digest> of_data;
};

Digest extended(Digest value, std::span<const Extend> extends) {
  for (const Extend& e : extends) extend(value, e.digest);
  return value;
}

/// The events of `pcr` and the digests they have in the quote's bank.
std::vector<Extend> extends_of(const ReplayedLog& replayed, HashAlgorithm bank, std::uint32_t pcr) {
  std::vector<Extend> out;
  for (const JudgedEvent& judged : replayed.events) {
    const Event& event = *judged.event;
    const auto digest = event.digest(bank);
    if (event.pcr != pcr || event.type == EventType::no_action || !digest) continue;
    Extend e{&event, Digest(bank, *digest), std::nullopt};
    if (judged.trust == DataTrust::mismatch) {
      const DataRule rule = data_rule(event);
      if (rule.count > 0 && !rule.preimages[0].then_zero)
        e.of_data = hash(bank, rule.preimages[0].bytes);
    }
    out.push_back(e);
  }
  return out;
}

class Explainer {
 public:
  Explainer(const ReplayedLog& replayed, const Digest& quoted, std::uint32_t pcr)
      : quoted_(quoted),
        pcr_(pcr),
        start_(quoted.algorithm()),
        extends_(extends_of(replayed, quoted.algorithm(), pcr)) {
    if (pcr == 0) start_.writable().back() = replayed.startup_locality;
  }

  std::string explain() const {
    for (const auto story :
         {&Explainer::is_untouched, &Explainer::stops_early, &Explainer::locality,
          &Explainer::boot_services, &Explainer::one_digest, &Explainer::one_extra})
      if (const auto found = (this->*story)()) return *found;
    return "no simple change of the log explains it";
  }

 private:
  using Story = std::optional<std::string>;

  /// Trying each event costs the square of their number, and evidence is hostile.
  static constexpr std::size_t kMostEvents = 64;

  [[nodiscard]] bool fits(const Digest& value) const { return value == quoted_; }

  [[nodiscard]] Story is_untouched() const {
    if (!fits(start_)) return std::nullopt;
    return "the TPM has measured none of them: the log is of another boot or machine";
  }

  [[nodiscard]] Story stops_early() const {
    Digest value = start_;
    for (std::size_t i = 0; i < extends_.size(); ++i) {
      extend(value, extends_[i].digest);
      if (fits(value))
        return fmt::format("it fits after {}: what the log has behind that is not in the TPM",
                           describe(*extends_[i].event));
    }
    return std::nullopt;
  }

  [[nodiscard]] Story locality() const {
    if (pcr_ != 0) return std::nullopt;
    for (const std::uint8_t locality : std::initializer_list<std::uint8_t>{0, 3, 4}) {
      Digest start(quoted_.algorithm());
      start.writable().back() = locality;
      if (fits(extended(start, extends_)))
        return fmt::format(
            "it fits with startup locality {}: the StartupLocality event is wrong or "
            "missing",
            locality);
    }
    return std::nullopt;
  }

  /// The log may have been read before the operating system took over.
  [[nodiscard]] Story boot_services() const {
    if (pcr_ != 5) return std::nullopt;
    using Strings = std::initializer_list<std::string_view>;
    for (const Strings tail :
         {Strings{kExitBootServices, kExitBootServicesDone},
          Strings{kExitBootServices, kExitBootServicesFailed},
          Strings{kExitBootServices, kExitBootServicesFailed, kExitBootServicesDone}}) {
      Digest value = extended(start_, extends_);
      for (const std::string_view action : tail)
        extend(value, hash(quoted_.algorithm(), as_bytes(action)));
      if (fits(value))
        return "it fits with the ExitBootServices events: the log was read too early";
    }
    return std::nullopt;
  }

  /// The value after all events with number `at` left out, or with `instead` in its place.
  [[nodiscard]] Digest with(const Digest& before, std::size_t at,
                            const std::optional<Digest>& instead) const {
    Digest value = before;
    if (instead) extend(value, *instead);
    return extended(value, std::span(extends_).subspan(at + 1));
  }

  [[nodiscard]] Story one_digest() const {
    if (extends_.size() > kMostEvents) return std::nullopt;
    Digest before = start_;
    for (std::size_t i = 0; i < extends_.size(); ++i) {
      if (extends_[i].of_data && fits(with(before, i, extends_[i].of_data)))
        return fmt::format("it fits with the hash of the data of {}: its digest was changed",
                           describe(*extends_[i].event));
      extend(before, extends_[i].digest);
    }
    return std::nullopt;
  }

  [[nodiscard]] Story one_extra() const {
    if (extends_.size() > kMostEvents) return std::nullopt;
    Digest before = start_;
    for (std::size_t i = 0; i < extends_.size(); ++i) {
      if (fits(with(before, i, std::nullopt)))
        return fmt::format("it fits without {}", describe(*extends_[i].event));
      extend(before, extends_[i].digest);
    }
    return std::nullopt;
  }

  const Digest& quoted_;
  std::uint32_t pcr_;
  Digest start_;
  std::vector<Extend> extends_;
};

}  // namespace

std::string explain_mismatch(const ReplayedLog& replayed, const Digest& quoted, std::uint32_t pcr) {
  return Explainer(replayed, quoted, pcr).explain();
}

}  // namespace assay

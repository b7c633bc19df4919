// SPDX-License-Identifier: Apache-2.0
#include "verify/replayed_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/hash.h"
#include "formats/bank.h"
#include "formats/uefi.h"
#include "verify/known_digests.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::string_view kStartupLocality{"StartupLocality\0", 16};

Digest hash_preimage(HashAlgorithm bank, const Preimage& preimage) {
  if (!preimage.then_zero) return hash(bank, preimage.bytes);
  static constexpr std::uint8_t kZero[] = {0};
  return Hasher(bank).update(preimage.bytes).update(kZero).finish();
}

bool fits(const EventDigest& digest, const Preimage& preimage) {
  if (!preimage.then_zero)
    if (const Digest* const known = known_digest(digest.algorithm, preimage.bytes))
      return equal(known->bytes(), digest.bytes);
  return equal(hash_preimage(digest.algorithm, preimage).bytes(), digest.bytes);
}

bool is_any_of(Bytes digest, std::span<const Digest> known) {
  // Most digests differ in their first byte, and most are none of them.
  return std::any_of(known.begin(), known.end(), [&](const Digest& d) {
    return d.bytes().front() == digest.front() && equal(d.bytes(), digest);
  });
}

template <std::size_t... index>
std::array<Digest, sizeof...(index)> zeros(HashAlgorithm a, std::index_sequence<index...>) {
  return {((void)index, Digest(a))...};
}

/// One pass over the log.
class Replay {
 public:
  Replay(const EventLog& log, std::span<const HashAlgorithm> banks) {
    ASSAY_CHECK(!banks.empty());
    out_.log = &log;
    of_cc_ = log.layout == RegisterLayout::cc;
    out_.banks.reserve(banks.size());
    for (const HashAlgorithm bank : banks) out_.banks.emplace_back(bank);
    out_.events.reserve(log.events.size());
  }

  ReplayedLog run() {
    for (const Event& event : out_.log->events) {
      check_type(event);
      if (event.type == EventType::no_action)
        read_no_action(event);
      else
        read_measurement(event);
    }
    judge_boot_guard();
    return std::move(out_);
  }

 private:
  void fault(EventFault::Kind kind, const Event& event, std::string why,
             HashAlgorithm bank = HashAlgorithm::sha256) {
    out_.faults.push_back({kind, &event, bank, std::move(why)});
  }

  /// The type is not measured, so a list of what may be where is closed.
  void check_type(const Event& event) {
    if (!is_known(event.type))
      fault(EventFault::Kind::unknown_type, event, "a type that no specification lists");
    else if (!belongs_in(event.type, event.pcr, event.layout))
      fault(EventFault::Kind::misplaced, event,
            event.layout == RegisterLayout::tpm ? "does not belong into this PCR"
                                                : "does not belong into this register");
  }

  /// "The Startup Locality event (...) shall be placed in the log before any event that causes
  /// TPM2_PCR_Extend to PCR[0]", PFP 1.06 section 10.4.5.3.
  void read_no_action(const Event& event) {
    out_.events.push_back({&event, DataTrust::unmeasured});
    const Bytes data = event.data;
    if (of_cc_ || data.size() < kStartupLocality.size() ||
        !equal(data.first(kStartupLocality.size()), as_bytes(kStartupLocality)))
      return;
    const bool is_one = data.size() == kStartupLocality.size() + 1 && event.pcr == 0 &&
                        (data.back() == 0 || data.back() == 3 || data.back() == 4);
    const bool is_first = !std::exchange(seen_locality_, true) && !extended_pcr0_;
    if (!is_one || !is_first) {
      fault(EventFault::Kind::late_locality, event,
            is_one ? "twice, or after the first measurement of PCR 0" : "not a startup locality");
      return;
    }
    start_at(data.back());
  }

  void start_at(std::uint8_t locality) {
    out_.startup_locality = locality;
    for (ReplayedLog::Bank& bank : out_.banks) bank.pcrs[0].writable().back() = locality;
  }

  void read_measurement(const Event& event) {
    // "If an H-CRTM event sequence occurred, PCR[0] starts at 4", TPM 2.0 Part 1 section 34.
    if (of_cc_ && event.pcr == 0) {  // misplaced: MRTD is of the TD's first pages alone
      JudgedEvent unfounded{};
      unfounded.event = &event;
      unfounded.trust = DataTrust::mismatch;
      out_.events.push_back(unfounded);
      return;
    }
    if (event.pcr == 0 && !std::exchange(extended_pcr0_, true) &&
        event.type == EventType::efi_hcrtm_event)
      start_at(4);
    DataRule rule = data_rule(event);
    if (!rule.shape_error.empty())
      fault(EventFault::Kind::misshapen, event, std::move(rule.shape_error));
    JudgedEvent judged{&event, rule.may_be_elsewhere ? DataTrust::elsewhere : DataTrust::mismatch};
    const Preimage* preimage = nullptr;
    bool first = true;
    for (ReplayedLog::Bank& bank : out_.banks) {
      const auto bytes = event.digest(bank.algorithm);
      if (!bytes) {
        fault(EventFault::Kind::missing_digest, event, "", bank.algorithm);
        continue;
      }
      const EventDigest digest{bank.algorithm, *bytes};
      extend(bank.pcrs[event.pcr], Digest(bank.algorithm, *bytes));
      ++bank.extends[event.pcr];
      bool data_fits = false;
      if (std::exchange(first, false)) {
        preimage = find_preimage(rule, digest);
        if (preimage != nullptr) judged = {&event, preimage->trust};
        check_label(judged, rule, digest);
        data_fits = preimage != nullptr;
      } else {
        // What one bank's digest says about the data, every bank's must say.
        data_fits =
            preimage != nullptr ? fits(digest, *preimage) : find_preimage(rule, digest) != nullptr;
      }
      if (!data_fits && (preimage != nullptr || !rule.may_be_elsewhere)) {
        fault(EventFault::Kind::data_mismatch, event, "", bank.algorithm);
        judged = {&event, DataTrust::mismatch};
      }
    }
    out_.events.push_back(judged);
  }

  static const Preimage* find_preimage(const DataRule& rule, const EventDigest& digest) {
    for (std::size_t i = 0; i < rule.count; ++i)
      if (fits(digest, rule.preimages[i])) return &rule.preimages[i];
    return nullptr;
  }

  /// A BootOrder of one or two entries, measured alone, may be the bytes of a separator.  In PCR 1
  /// only: nothing is read from it, so no border can be moved there.  In a CC register the border
  /// of PCR 7 is near, so there only as the error separator, which ends no boot that went well.
  [[nodiscard]] bool may_look_like_separator(const JudgedEvent& judged, Bytes digest,
                                             const KnownDigests& known) const {
    if (judged.trust != DataTrust::part || judged.event->type != EventType::efi_variable_boot)
      return false;
    return of_cc_ ? equal(known.separators[2].bytes(), digest) : judged.event->pcr == 1;
  }

  /// Intel's FIT record 0x2D measures four zeros as S-CRTM contents in PCR 0.  Noted here, and
  /// judged when the whole of PCR 0 is known.
  bool may_be_boot_guard(const Event& event, Bytes digest, const KnownDigests& known) {
    if (of_cc_ || event.pcr != 0 || event.type != EventType::s_crtm_contents ||
        out_.boot_guard_record != nullptr || !equal(known.separators[0].bytes(), digest))
      return false;
    out_.boot_guard_record = &event;
    return true;
  }

  /// With a separator hidden under that type, the running system could extend PCR 0 and call it the
  /// firmware's.  So it is believed only where a separator follows, and not of Google's firmware,
  /// which has no such record.  What stands behind it is the firmware's word no more
  /// (read_platform).
  void judge_boot_guard() {
    const Event* const record = std::exchange(out_.boot_guard_record, nullptr);
    if (record == nullptr) return;
    bool ended = false, google = false;
    for (const JudgedEvent& e : out_.events) {
      if (e.event->pcr != 0) continue;
      ended = ended || (e.event->number > record->number && e.is(EventType::separator));
      google = google || is_google(*e.event);
    }
    if (ended && !google)
      out_.boot_guard_record = record;
    else
      fault(EventFault::Kind::relabelled, *record, "its digest is that of a separator");
  }

  static bool is_google(const Event& event) {
    static const Buffer kVersion = utf16le("GCE ");
    const auto begins = [&](Bytes with) {
      return event.data.size() >= with.size() && equal(event.data.first(with.size()), with);
    };
    return begins(as_bytes("GCE NonHostInfo")) || begins(kVersion);
  }

  /// Is the event of the type the log says?  Digests of boundaries give them away, and a digest of
  /// the event's own data one that is said to describe something else.
  void check_label(const JudgedEvent& judged, const DataRule& rule, const EventDigest& digest) {
    constexpr std::uint32_t kLastFirmwarePcr = 7;
    const Event& event = *judged.event;
    const KnownDigests& known = known_digests(digest.algorithm);
    const bool of_firmware = of_cc_ ? event.pcr <= register_of(kLastFirmwarePcr - 1, event.layout)
                                    : event.pcr <= kLastFirmwarePcr;
    if (of_firmware) {
      if (event.type != EventType::separator && is_any_of(digest.bytes, known.separators) &&
          !may_look_like_separator(judged, digest.bytes, known) &&
          !may_be_boot_guard(event, digest.bytes, known))
        return fault(EventFault::Kind::relabelled, event, "its digest is that of a separator");
      if (event.type != EventType::efi_action && is_any_of(digest.bytes, known.actions))
        return fault(EventFault::Kind::relabelled, event, "its digest is that of an EFI action");
    }
    if (event.pcr == 0 && !judged.is(EventType::nonhost_info) &&
        is_any_of(digest.bytes, known.technologies))
      return fault(EventFault::Kind::relabelled, event, "its digest is that of a GceNonHostInfo");
    if (rule.never_own_data && fits(digest, {event.data, false, DataTrust::whole}))
      fault(EventFault::Kind::relabelled, event,
            "its digest is that of its data, which this type only describes");
  }

  ReplayedLog out_;
  bool of_cc_ = false;
  bool seen_locality_ = false;
  bool extended_pcr0_ = false;
};

/// "event 24 (PCR 7, EV_EFI_ACTION): why; event 25 ...", at most five.
std::string list(std::span<const EventFault* const> faults) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < faults.size() && i < kShown; ++i) {
    const EventFault& f = *faults[i];
    out += fmt::format("{}{}{}{}", i ? "; " : "", describe(*f.event), f.why.empty() ? "" : ": ",
                       f.why);
  }
  if (faults.size() > kShown) out += fmt::format("; and {} more", faults.size() - kShown);
  return out;
}

template <class Predicate>
std::vector<const EventFault*> select(const ReplayedLog& replayed, Predicate predicate) {
  std::vector<const EventFault*> out;
  for (const EventFault& f : replayed.faults)
    if (predicate(f)) out.push_back(&f);
  return out;
}

std::vector<const EventFault*> of_kind(const ReplayedLog& replayed, EventFault::Kind kind) {
  return select(replayed, [kind](const EventFault& f) { return f.kind == kind; });
}

std::vector<const EventFault*> of_kind_in(const ReplayedLog& replayed, EventFault::Kind kind,
                                          HashAlgorithm bank) {
  return select(replayed, [=](const EventFault& f) { return f.kind == kind && f.bank == bank; });
}

constexpr std::string_view kEditedHint =
    "the log was changed after the boot, or damaged on the way: read it again from "
    "/sys/kernel/security/tpm0/binary_bios_measurements";

}  // namespace

ReplayedLog::Bank::Bank(HashAlgorithm a)
    : algorithm(a), pcrs(zeros(a, std::make_index_sequence<kPcrCount>())) {}

Digest ReplayedLog::digest(const Event& event) const {
  const auto bytes = event.digest(state_bank());
  return bytes ? Digest(state_bank(), *bytes) : Digest(state_bank());
}

std::string describe(const Event& event) {
  return fmt::format("event {} ({}, {})", event.number, register_name(event.pcr, event.layout),
                     name_of(event.type));
}

std::vector<HashAlgorithm> banks_of(const EventLog& log) {
  std::vector<HashAlgorithm> out;
  for (const HashAlgorithm bank : kBanksStrongestFirst)
    if (std::any_of(log.events.begin(), log.events.end(), [bank](const Event& e) {
          return e.type != EventType::no_action && e.digest(bank).has_value();
        }))
      out.push_back(bank);
  if (out.empty()) out.push_back(log.algorithms.front());
  return out;
}

ReplayedLog replay(const EventLog& log, std::span<const HashAlgorithm> banks) {
  return Replay(log, banks).run();
}

void check_events(const ReplayedLog& replayed, Verdict& verdict) {
  using Kind = EventFault::Kind;
  const std::string all = fmt::format("{} events", replayed.events.size());
  const auto none_of = [&](CheckText id, const std::vector<const EventFault*>& faults,
                           CheckText expected, std::string_view hint) {
    verdict.require(std::move(id), faults.empty(), std::move(expected),
                    faults.empty() ? all : list(faults), hint);
  };
  none_of("eventlog.types.known", of_kind(replayed, Kind::unknown_type), "only known event types",
          kEditedHint);
  none_of("eventlog.types.placed", of_kind(replayed, Kind::misplaced),
          "every type in a PCR where it belongs", kEditedHint);
  const auto relabelled = of_kind(replayed, Kind::relabelled);
  if (relabelled.empty() && replayed.boot_guard_record != nullptr)
    verdict.require("eventlog.types.honest", true, "",
                    fmt::format("{}; {} looks like a separator, as Intel's FIT record does", all,
                                describe(*replayed.boot_guard_record)));
  else
    none_of("eventlog.types.honest", relabelled,
            "no event under another type than it was measured as", kEditedHint);
  none_of("eventlog.data.shape", of_kind(replayed, Kind::misshapen), "data of each type's form",
          kEditedHint);
  none_of("eventlog.locality.first", of_kind(replayed, Kind::late_locality),
          "at most one startup locality, before PCR 0 is extended", kEditedHint);
  for (const ReplayedLog::Bank& bank : replayed.banks) {
    none_of(check_id("eventlog.digests.present", bank.algorithm),
            of_kind_in(replayed, Kind::missing_digest, bank.algorithm),
            "a digest of this bank in every measured event",
            "quote only banks that the firmware logs (tpm2_getcap pcrs; the log's Spec ID event)");
    none_of(check_id("eventlog.data.measured", bank.algorithm),
            of_kind_in(replayed, Kind::data_mismatch, bank.algorithm),
            "data as it was measured, wherever a digest covers it", kEditedHint);
  }
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/event_log.h"

#include <fmt/format.h>

#include "base/byte_reader.h"

namespace assay {
namespace {

constexpr std::string_view kSubject = "event_log";
constexpr std::string_view kSpecId{"Spec ID Event03\0", 16};
constexpr std::size_t kMaxLog = 4 * 1024 * 1024;
constexpr std::size_t kMaxEvents = 65536;
constexpr std::uint32_t kMaxPcr = 23;
constexpr std::uint32_t kMaxCcRegister = 4;
constexpr EventType kPadding{0xFFFFFFFF};
constexpr std::size_t kSha1Size = digest_size(HashAlgorithm::sha1);
/// The least a record takes: what is not a digest, and no data.
constexpr std::size_t kLegacyRecord = 32;
constexpr std::size_t kAgileRecord = 16;

/// An algorithm as the Spec ID event declares it.  We know its digests' size even where we do not
/// know the algorithm, so that firmware with a newer one keeps a readable log.
struct DeclaredAlgorithm {
  std::uint16_t id = 0;
  std::uint16_t digest_size = 0;
  std::optional<HashAlgorithm> known;
};

/// TCG_EfiSpecIDEvent.  PFP 1.06, 10.4.5.1.
struct SpecId {
  std::array<DeclaredAlgorithm, Event::kMaxBanks> algorithms;
  std::size_t count = 0;

  [[nodiscard]] const DeclaredAlgorithm* find(std::uint16_t id) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (algorithms[i].id == id) return &algorithms[i];
    }
    return nullptr;
  }
  /// Bytes of a record with every declared digest and no data.
  [[nodiscard]] std::size_t record_size() const {
    std::size_t size = kAgileRecord;
    for (std::size_t i = 0; i < count; ++i) size += 2U + algorithms[i].digest_size;
    return size;
  }
};

bool is_spec_id(const Event& first) {
  return first.type == EventType::no_action && first.data.size() >= kSpecId.size() &&
         as_text(first.data.first(kSpecId.size())) == kSpecId;
}

/// Puts the event's number into the Error: "event_log.event 81.data@0x84ca".
EventLogFault in_event(std::uint32_t number, std::size_t offset, Error error) {
  error.where.insert(kSubject.size(), fmt::format(".event {}", number));
  return {number, offset, std::move(error)};
}

/// A fault of the log rather than of a record.
EventLogFault of_log(std::string why) {
  return {0, 0, Error{Fault::malformed, std::string(kSubject), std::move(why)}};
}

/// One `algorithmId, digestSize` pair.  PFP 1.06, table 22: digestSize is "the size of the digest
/// produced by the implemented Hash algorithm", so for one that we know there is nothing to choose.
void read_declared_algorithm(ByteReader& r, SpecId& spec) {
  DeclaredAlgorithm next{r.u16_le("algorithm"), r.u16_le("digest_size"), {}};
  if (!r.ok()) return;
  next.known = hash_algorithm(next.id);
  if (spec.find(next.id) != nullptr) {
    r.fail("algorithm", fmt::format("algorithm {:#06x} appears twice", next.id));
    return;
  }
  const auto known = next.known;
  if (known && digest_size(*known) != next.digest_size) {
    r.fail("digest_size", fmt::format("{} has digests of {} bytes, not {}", name_of(*known),
                                      digest_size(*known), next.digest_size));
    return;
  }
  spec.algorithms[spec.count++] = next;
}

/// The data of the Spec ID event, `base` bytes into the log.
Result<SpecId> parse_spec_id(Bytes data, std::size_t base) {
  ByteReader r(kSubject, data, base);
  (void)r.take("signature", kSpecId.size());
  (void)r.u32_le("platform_class");
  const unsigned minor = r.u8("spec_version_minor");
  const unsigned major = r.u8("spec_version_major");
  if (major != 2 || minor != 0) {
    r.fail("spec_version_major", fmt::format("version {}.{}, wanted 2.0", major, minor));
  }
  (void)r.u8("spec_errata");
  (void)r.u8("uintn_size");
  const std::uint32_t count = r.u32_le("number_of_algorithms");
  if (count < 1 || count > Event::kMaxBanks) {
    r.fail("number_of_algorithms",
           fmt::format("{} algorithms, wanted 1 to {}", count, Event::kMaxBanks));
  }
  SpecId spec;
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) read_declared_algorithm(r, spec);
  (void)r.take("vendor_info", r.u8("vendor_info_size"));
  return r.finish(spec);
}

/// PFP 1.06, 10.4.5.1: the Spec ID event has a digest of 20 zero bytes, and PCR index 0; in the log
/// of CC registers 1.
void check_spec_id_header(ByteReader& r, const Event& first, RegisterLayout layout) {
  r.require("pcr", first.pcr == 0 || (layout == RegisterLayout::cc && first.pcr == 1),
            "the Spec ID event is not in PCR 0");
  const Bytes digest = first.digests[0].bytes;
  r.require("digest", std::all_of(digest.begin(), digest.end(), [](auto b) { return b == 0; }),
            "the Spec ID event has a digest");
}

/// The first two fields of a record.  Padding of areas of fixed size is 0xff throughout; only the
/// PCR of an event that is not measured may be 0xffffffff.
void read_pcr_and_type(ByteReader& r, Event& event, RegisterLayout layout) {
  event.offset = r.offset();
  event.pcr = r.u32_le("pcr");
  event.type = static_cast<EventType>(r.u32_le("type"));
  const bool of_tpm = layout == RegisterLayout::tpm;
  if (event.pcr <= (of_tpm ? kMaxPcr : kMaxCcRegister)) return;
  r.require(
      "type", event.pcr != Event::kNoPcr || event.type != kPadding,
      of_tpm ? "0xff padding, not allowed in a TPM's log" : "0xff padding, and more behind it");
  const bool unmeasured = event.pcr == Event::kNoPcr && event.type == EventType::no_action;
  if (unmeasured) return;
  r.fail("pcr", of_tpm ? fmt::format("PCR {}, above 23", event.pcr)
                       : fmt::format("register {}, above 4", event.pcr));
}

/// A record of zeros only would be an event of the reserved type EV_PREBOOT_CERT that extends
/// nothing: no firmware writes one, but areas of fixed size are filled with them.
void check_not_zero_padding(ByteReader& r, const Event& event) {
  if (!r.ok()) return;
  const Bytes record = r.since(event.offset);
  r.require("data", std::any_of(record.begin(), record.end(), [](auto b) { return b != 0; }),
            event.layout == RegisterLayout::tpm ? "zero padding, not allowed in a TPM's log"
                                                : "zero padding, and more behind it");
}

/// TCG_PCR_EVENT.  PFP 1.06, 10.2.1.
void read_legacy_event(ByteReader& r, std::uint32_t number, Event& event) {
  event.number = number;
  read_pcr_and_type(r, event, RegisterLayout::tpm);
  event.digests[0] = {HashAlgorithm::sha1, r.take("digest", kSha1Size)};
  event.digest_count = 1;
  event.data = r.take("data", r.u32_le("event_size"));
  check_not_zero_padding(r, event);
}

/// One TPMT_HA.  PFP 1.06, 10.2.2 has "a list of (...) digests", one per algorithm: of two with the
/// same, readers would pick different ones.
void read_digest(ByteReader& r, const SpecId& spec, unsigned& seen, Event& event) {
  const std::uint16_t id = r.u16_le("digest.algorithm");
  const DeclaredAlgorithm* declared = spec.find(id);
  if (declared == nullptr) {
    r.fail("digest.algorithm", fmt::format("algorithm {:#06x} is not in the Spec ID event", id));
    return;
  }
  const unsigned bit = 1U << (declared - spec.algorithms.data());
  if ((seen & bit) != 0) {
    r.fail("digest.algorithm", fmt::format("algorithm {:#06x} appears twice", id));
    return;
  }
  seen |= bit;
  const Bytes digest = r.take("digest", declared->digest_size);
  if (const auto known = declared->known) event.digests[event.digest_count++] = {*known, digest};
}

/// TCG_PCR_EVENT2.  PFP 1.06, 10.2.2.
void read_agile_event(ByteReader& r, const SpecId& spec, std::uint32_t number,
                      RegisterLayout layout, Event& event) {
  event.number = number;
  event.layout = layout;
  read_pcr_and_type(r, event, layout);
  const std::uint32_t count = r.u32_le("digest_count");
  if (count > spec.count) {
    r.fail("digest_count", fmt::format("{} digests, {} algorithms declared", count, spec.count));
  }
  unsigned seen = 0;
  for (std::uint32_t i = 0; r.ok() && i < count; ++i) read_digest(r, spec, seen, event);
  event.data = r.take("data", r.u32_le("event_size"));
  check_not_zero_padding(r, event);
}

/// The algorithms of `spec` that we know, in its order.
std::vector<HashAlgorithm> known_algorithms(const SpecId& spec) {
  std::vector<HashAlgorithm> out;
  for (std::size_t i = 0; i < spec.count; ++i) {
    if (const auto known = spec.algorithms[i].known) out.push_back(*known);
  }
  return out;
}

/// The area around a CC log is larger than the log: all that follows is 0xff, or zero.
bool is_padding(Bytes rest) {
  const std::uint8_t first = rest.front();
  // Each byte is as the one before it: compared as a whole, because areas are large.
  return (first == 0x00 || first == 0xFF) && equal(rest.first(rest.size() - 1), rest.subspan(1));
}

/// CC registers hold SHA-384 (TDX) or SM3 (CSV) and no other bank, and MRTD, which has index 0, is
/// never extended by an event; a TPM's log begins with PCR 0.
RegisterLayout layout_of(const EventLog& log, const Event& first_measured) {
  const bool one_bank = log.algorithms.size() == 1 && (log.algorithms[0] == HashAlgorithm::sha384 ||
                                                       log.algorithms[0] == HashAlgorithm::sm3_256);
  const bool in_rtmr = first_measured.pcr >= 1 && first_measured.pcr <= kMaxCcRegister;
  return one_bank && in_rtmr ? RegisterLayout::cc : RegisterLayout::tpm;
}

/// Who says which registers the indices mean.
enum class LayoutSource { tpm, content };

/// Reads one log from its first byte to its end or its first fault.
class LogReader {
 public:
  LogReader(Bytes in, LayoutSource source) : in_(in), source_(source), r_(kSubject, in) {}

  EventLogReading read() {
    if (in_.empty()) {
      out_.fault = of_log("empty");
    } else if (in_.size() > kMaxLog) {
      out_.fault = of_log(fmt::format("{} bytes, at most {} allowed", in_.size(), kMaxLog));
    } else {
      read_records();
    }
    for (Event& event : out_.log.events) event.layout = out_.log.layout;
    return std::move(out_);
  }

 private:
  void read_records() {
    Event first{};
    read_legacy_event(r_, 0, first);
    if (!r_.ok()) return stop_at(0, 0);
    if (is_spec_id(first)) return read_agile(first);
    out_.log.algorithms = {HashAlgorithm::sha1};
    out_.log.events.reserve(std::min(in_.size() / kLegacyRecord, kMaxEvents));
    out_.log.events.push_back(first);
    read_rest([this](std::uint32_t number, Event& event) { read_legacy_event(r_, number, event); });
  }

  void read_agile(const Event& first) {
    EventLog& log = out_.log;
    if (source_ == LayoutSource::content && first.pcr == 1) log.layout = RegisterLayout::cc;
    check_spec_id_header(r_, first, log.layout);
    if (!r_.ok()) return stop_at(0, 0);
    const auto spec = parse_spec_id(first.data, r_.offset() - first.data.size());
    if (!spec) {
      out_.fault = in_event(0, 0, spec.error());
      return;
    }
    log.crypto_agile = true;
    log.algorithms = known_algorithms(*spec);
    if (log.algorithms.empty()) {
      out_.fault = {0, 0,
                    Error{Fault::malformed, "event_log.event 0.algorithm",
                          "declares no algorithm that we know"}};
      return;
    }
    log.events.reserve(std::min(r_.remaining() / spec->record_size(), kMaxEvents));
    bool decided = source_ == LayoutSource::tpm || log.layout == RegisterLayout::cc;
    read_rest([&](std::uint32_t number, Event& event) {
      read_agile_event(r_, *spec, number, log.layout, event);
      if (!decided && r_.ok() && event.type != EventType::no_action) {
        log.layout = layout_of(log, event);
        decided = true;
      }
    });
  }

  /// Appends records until the log ends.  `next` reads the record of a number, in its place.
  template <class Next>
  void read_rest(Next next) {
    for (std::uint32_t number = 1; r_.more(); ++number) {
      const std::size_t offset = r_.offset();
      if (out_.log.layout == RegisterLayout::cc && is_padding(in_.subspan(offset))) return;
      if (out_.log.events.size() == kMaxEvents) {
        r_.fail("pcr", fmt::format("more than {} events", kMaxEvents));
        return stop_at(number, offset);
      }
      next(number, out_.log.events.emplace_back());
      if (r_.ok()) continue;
      out_.log.events.pop_back();
      return stop_at(number, offset);
    }
  }

  void stop_at(std::uint32_t number, std::size_t offset) {
    out_.fault = in_event(number, offset, r_.error());
  }

  Bytes in_;
  LayoutSource source_;
  ByteReader r_;
  EventLogReading out_;
};

}  // namespace

std::optional<Bytes> Event::digest(HashAlgorithm algorithm) const {
  for (std::size_t i = 0; i < digest_count; ++i) {
    if (digests[i].algorithm == algorithm) return digests[i].bytes;
  }
  return std::nullopt;
}

Result<EventLog> parse_event_log(Bytes in) {
  EventLogReading reading = LogReader(in, LayoutSource::tpm).read();
  if (reading.fault) return tl::unexpected(std::move(reading.fault->error));
  return std::move(reading.log);
}

EventLogReading read_event_log(Bytes in) { return LogReader(in, LayoutSource::content).read(); }

std::string_view format_name(const EventLog& log) {
  return log.crypto_agile ? "crypto-agile" : "sha1-legacy";
}

}  // namespace assay

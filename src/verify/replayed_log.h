// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/event_log.h"
#include "formats/pcr.h"
#include "verify/check.h"
#include "verify/measured_data.h"

namespace assay {

/// An event, and what its digests say about it in every bank that was replayed.
struct JudgedEvent {
  const Event* event;
  DataTrust trust;

  /// Of this type, and measured with all of its data.
  [[nodiscard]] bool is(EventType type) const {
    return event->type == type && trust == DataTrust::whole;
  }
};

/// Something about one event that a correct log does not have.
struct EventFault {
  enum class Kind {
    unknown_type,    ///< a type no specification lists
    misplaced,       ///< a type that does not belong into this PCR
    relabelled,      ///< the digest says that it is of another type
    misshapen,       ///< data that is not of the type's form
    data_mismatch,   ///< data that is not what was measured
    missing_digest,  ///< no digest of a bank that is quoted
    late_locality,   ///< a StartupLocality that is none, twice, or after the first event of PCR 0
  } kind;
  const Event* event;
  HashAlgorithm bank;  ///< of data_mismatch and missing_digest
  std::string why;
};

/// A log replayed into all banks that are quoted, in one pass.  Borrows the log.
struct ReplayedLog {
  struct Bank {
    explicit Bank(HashAlgorithm a);
    HashAlgorithm algorithm;
    std::array<Digest, kPcrCount> pcrs;  ///< the values it ends at
    std::array<std::uint32_t, kPcrCount> extends{};
  };
  const EventLog* log = nullptr;
  std::vector<Bank> banks;  ///< the strongest first: machine state is read from that one
  std::vector<JudgedEvent> events;
  std::vector<EventFault> faults;
  /// S-CRTM contents in PCR 0 with the digest of a separator, as Intel's FIT record 0x2D has, and
  /// the separator behind them.
  const Event* boot_guard_record = nullptr;
  std::uint8_t startup_locality = 0;
  /// PCRs that a quote leaves out, or gives a value though the log has no event of them.
  std::bitset<kPcrCount> silent;

  [[nodiscard]] HashAlgorithm state_bank() const { return banks.front().algorithm; }
  /// The digest of an event in the state's bank; all zero where the log has none.
  [[nodiscard]] Digest digest(const Event& event) const;
};

/// The banks that any measured event of `log` has a digest of, the strongest first; the first that
/// it declares where none has.  An event that then lacks one is at fault; a bank that was declared
/// and never used is not.  `log` declares at least one.
std::vector<HashAlgorithm> banks_of(const EventLog& log);

/// Replays `log` into `banks` (at least one, none twice) as the TPM or the TDX module did:
/// `pcr = H(pcr || digest)` for each event but EV_NO_ACTION, from zero, and for PCR 0 from the
/// startup locality.  TPM 2.0 Part 1 section 17.2, PFP 1.06 section 10.4.5.3.  Of CC registers the
/// indices are the log's own, and no event extends 0 (MRTD).
ReplayedLog replay(const EventLog& log, std::span<const HashAlgorithm> banks);

/// Holds the faults of a replayed log against the rules: checks eventlog.types.*, eventlog.data.*,
/// eventlog.digests.*.
void check_events(const ReplayedLog& replayed, Verdict& verdict);

/// Notes the PCRs of which `quoted` says that the log is silent.
void note_silence(ReplayedLog& replayed, const PcrValues& quoted);

/// Holds the replayed values against quoted ones of one bank: checks eventlog.pcrs.*.  Of PCR 10
/// and above, `explained` are those that another log ends at.
void check_pcrs(const ReplayedLog& replayed, const PcrValues& quoted, PcrMask explained,
                Verdict& verdict);

/// "event 24 (PCR 7, EV_EFI_ACTION)", "event 24 (RTMR0, ...)".
std::string describe(const Event& event);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state.h"

#include <algorithm>
#include <deque>

#include "crypto/hash.h"
#include "formats/uefi.h"
#include "fuzz.h"
#include "verify/replayed_log.h"

namespace assay {
namespace {

/// The judge of the judge: what may be claimed of a log, from its bytes and a hash alone.
class Vouched {
 public:
  Vouched(const EventLog& log, HashAlgorithm bank) : log_(log), bank_(bank) {}

  /// Some event's digest covers its data from `skip` on, up to a final NUL, and `says` of the data.
  template <class Says>
  [[nodiscard]] bool by(std::size_t skip, Says says) const {
    return std::any_of(log_.events.begin(), log_.events.end(), [&](const Event& event) {
      return event.type != EventType::no_action && event.data.size() >= skip && says(event) &&
             covers(event, event.data.subspan(skip));
    });
  }

  /// GRUB measures a text with its NUL or without, and logs it either way.
  [[nodiscard]] bool covers(const Event& event, Bytes text) const {
    const auto digest = event.digest(bank_);
    if (!digest) return false;
    Buffer longer = to_buffer(text);
    longer.push_back(0);
    const Bytes shorter = text.first(text.size() - (!text.empty() && text.back() == 0 ? 1 : 0));
    return equal(hash(bank_, text).bytes(), *digest) ||
           equal(hash(bank_, longer).bytes(), *digest) ||
           equal(hash(bank_, shorter).bytes(), *digest);
  }

 private:
  const EventLog& log_;
  HashAlgorithm bank_;
};

/// What stands before the first NUL; what follows it is of no text, and misshapen if it is more.
Bytes up_to_nul(Bytes data) {
  return data.first(
      static_cast<std::size_t>(std::find(data.begin(), data.end(), 0) - data.begin()));
}

void check_grub(const GrubState& grub, const EventLog& log, const Vouched& vouched) {
  for (const std::string& command : grub.commands) {
    const auto prefix = grub_prefix(as_bytes(command));
    ASSAY_CHECK(prefix.has_value());
    ASSAY_CHECK(std::any_of(log.events.begin(), log.events.end(), [&](const Event& event) {
      return event.type != EventType::no_action && event.pcr == 8 &&
             equal(up_to_nul(event.data), as_bytes(command)) &&
             vouched.covers(event, as_bytes(command).subspan(prefix->text.size()));
    }));
  }
  for (const GrubState::File& file : grub.files) {
    ASSAY_CHECK(std::any_of(log.events.begin(), log.events.end(), [&](const Event& event) {
      const auto digest = event.digest(file.digest.algorithm());
      return event.pcr == 9 && digest && equal(*digest, file.digest.bytes());
    }));
  }
}

bool is_of_grub(const MachineState& state) {
  return state.grub && std::any_of(state.grub->commands.begin(), state.grub->commands.end(),
                                   [&](const std::string& command) {
                                     return command.ends_with(*state.kernel_command_line);
                                   });
}

/// systemd measures the line in UTF-16; its NULs, where logged, are no part of it.
bool is_of_systemd(const std::string& line, const Vouched& vouched) {
  return vouched.by(0, [&](const Event& event) {
    if (event.pcr != 8 && event.pcr != 12) return false;
    Buffer text = to_buffer(event.data);
    if (text.size() % 2 != 0) text.push_back(0);
    std::string logged = utf8_from_utf16le(text);
    while (!logged.empty() && logged.back() == '\0') logged.pop_back();
    return logged == line;
  });
}

/// Every claim about the machine comes from an event whose data hashes to its digest, or is a
/// digest that the log has.
void check_claims(const EventLog& log, const MachineState& state) {
  const Vouched vouched(log, state.bank);
  for (const ReplayedEvent& event : state.events) {
    ASSAY_CHECK(!event.digest_verified || hash(state.bank, state.data_of(event)) == event.digest);
  }
  if (!state.platform.scrtm_version.empty()) {
    ASSAY_CHECK(vouched.by(0, [&](const Event& event) {
      return event.pcr == 0 && equal(event.data, state.platform.scrtm_version);
    }));
  }
  if (state.platform.technology != ConfidentialTechnology::none) {
    ASSAY_CHECK(vouched.by(0, [&](const Event& event) {
      return event.pcr == 0 && event.data.size() == 32 &&
             event.data[16] == static_cast<std::uint8_t>(state.platform.technology);
    }));
  }
  if (state.grub) check_grub(*state.grub, log, vouched);
  if (state.kernel_command_line)
    ASSAY_CHECK(is_of_grub(state) || is_of_systemd(*state.kernel_command_line, vouched));
  if (state.efi) {
    for (const Digest& application : state.efi->applications) {
      ASSAY_CHECK(std::any_of(log.events.begin(), log.events.end(), [&](const Event& event) {
        const auto digest = event.digest(state.bank);
        return event.pcr == 4 && digest && equal(*digest, application.bytes());
      }));
    }
  }
}

void check_replay(const EventLog& log, std::span<const HashAlgorithm> banks) {
  const ReplayedLog replayed = replay(log, banks);
  ASSAY_CHECK(replayed.banks.size() == banks.size());
  ASSAY_CHECK(replayed.events.size() == log.events.size());
  Verdict verdict;
  check_events(replayed, verdict);
  const MachineState state = read_machine_state(replayed, verdict);
  ASSAY_CHECK(!verdict.checks().empty());
  check_claims(log, state);
}

/// The log as a machine would have written it that measured this data: a digest that fits is more
/// than any fuzzer invents.
EventLog measured_anew(EventLog log, std::deque<Digest>& digests) {
  for (Event& event : log.events) {
    for (std::size_t i = 0; i < event.digest_count; ++i) {
      EventDigest& digest = event.digests[i];
      const auto prefix = event.pcr == 8 ? grub_prefix(event.data) : std::nullopt;
      digests.push_back(
          hash(digest.algorithm, event.data.subspan(prefix ? prefix->text.size() : 0)));
      digest.bytes = digests.back().bytes();
    }
  }
  return log;
}

}  // namespace
}  // namespace assay

/// Whatever the log: nothing is claimed of the machine that no digest vouches for, by the log's own
/// digests and by ones that fit its data.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto log = parse_event_log(in);
  if (!log) return;  // event_log_fuzz
  check_replay(*log, log->algorithms);
  std::deque<Digest> digests;
  check_replay(measured_anew(*log, digests), log->algorithms);
}

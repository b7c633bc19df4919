// SPDX-License-Identifier: Apache-2.0

// Flips bytes of a real log and looks at which flips go unnoticed: only those that docs/checks.md
// lists may, and none may change a claim that is trusted.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "formats/uefi.h"
#include "verify/recorded_attestation.h"
#include "verify/replayed_log.h"

namespace assay {
namespace {

/// What verify makes of a log under the recorded quotes.
struct Judged {
  bool accepted;
  MachineState state;
};

Judged judge(const Buffer& bytes, const std::vector<PcrValues>& quoted) {
  const auto log = parse_event_log(bytes);
  if (!log) return {false, {}};
  std::vector<HashAlgorithm> banks;
  for (const PcrValues& q : quoted) banks.push_back(q.bank);
  const ReplayedLog replayed = replay(*log, banks);
  Verdict verdict;
  check_events(replayed, verdict);
  for (const PcrValues& q : quoted) check_pcrs(replayed, q, verdict);
  Judged out{false, read_machine_state(replayed, verdict)};
  out.accepted = verdict.accepted();
  return out;
}

/// The claims without what they themselves call untrusted.
std::string trusted_claims(MachineState state) {
  if (state.grub)
    for (GrubState::File& f : state.grub->files) f.untrusted_name.clear();
  return json::serialize(to_json(VtpmClaims{.machine = std::move(state),
                                            .instance = {},
                                            .pcrs = {},
                                            .clock = {},
                                            .firmware_version = 0,
                                            .ak_fingerprint = {},
                                            .ak_issuer = {},
                                            .provenance = Provenance::google}));
}

/// Which bytes of the log no digest covers, and why; by position.
std::map<std::size_t, std::string> uncovered_bytes(const Buffer& bytes, const EventLog& log) {
  std::map<std::size_t, std::string> out;
  const auto add = [&](Bytes part, const char* why) {
    const auto begin = static_cast<std::size_t>(part.data() - bytes.data());
    for (std::size_t i = 0; i < part.size(); ++i) out[begin + i] = why;
  };
  constexpr std::size_t kSpecIdData = 32;
  add(Bytes(bytes).subspan(kSpecIdData + 16, 4), "Spec ID: platform class");
  add(Bytes(bytes).subspan(kSpecIdData + 22, 2), "Spec ID: errata and word size");
  for (const Event& event : log.events) {
    if (event.type == EventType::efi_boot_services_application) {
      add(event.data, "image load event");
    } else if (event.type == EventType::ipl && event.pcr == 9) {
      add(event.data, "name of a file");
    } else if (event.type == EventType::efi_variable_boot) {
      const UefiVariable variable = parse_uefi_variable(event.data).value();
      add(event.data.first(event.data.size() - variable.data.size()), "name of a boot variable");
    } else if (event.type == EventType::efi_variable_authority &&
               parse_uefi_variable(event.data)->measured_size < event.data.size()) {
      add(event.data.last(1), "stray byte of shim");
    }
  }
  return out;
}

TEST(FlippedByteOfARealLog, IsNoticedWhereverADigestReaches) {
  const auto recorded = recorded_attestation();
  if (!recorded) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::vector<PcrValues> quoted;
  for (const Quote& q : recorded->quotes) quoted.push_back(q.pcrs);
  std::swap(quoted.front(), quoted.back());  // the strongest first
  const Buffer& original = recorded->event_log;
  const EventLog log = parse_event_log(original).value();
  const auto uncovered = uncovered_bytes(original, log);
  const Judged good = judge(original, quoted);
  ASSERT_TRUE(good.accepted);
  const std::string claims = trusted_claims(good.state);

  // Every byte with ASSAY_EXHAUSTIVE; else a sample that a test run can afford.
  const bool exhaustive = std::getenv("ASSAY_EXHAUSTIVE") != nullptr;
  const std::size_t step = exhaustive ? 1 : 31;
  std::map<std::string, std::size_t> unnoticed;
  for (std::size_t at = 0; at < original.size(); at += step) {
    for (const std::uint8_t bit : {std::uint8_t{0x01}, std::uint8_t{0x80}}) {
      Buffer changed = original;
      changed[at] ^= bit;
      const Judged judged = judge(changed, quoted);
      if (!judged.accepted) continue;
      const auto why = uncovered.find(at);
      EXPECT_NE(why, uncovered.end()) << "byte " << at << ", bit " << int{bit};
      EXPECT_EQ(trusted_claims(judged.state), claims) << "byte " << at;
      if (why != uncovered.end() && bit == 0x01) ++unnoticed[why->second];
    }
  }
  if (!exhaustive) return;
  for (const auto& [why, count] : unnoticed) std::printf("%5zu  %s\n", count, why.c_str());
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/hex.h"
#include "base/json.h"
#include "verify/machine_state_message.h"
#include "verify/recorded_attestation.h"
#include "verify/replayed_log.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A log held against the PCRs it replays to, as if they had been quoted.
struct Reading {
  Verdict verdict;
  MachineState state;
};

Reading read(const Buffer& bytes, HashAlgorithm bank) {
  const auto log = parse_event_log(bytes);
  EXPECT_TRUE(log.has_value()) << (log ? "" : to_string(log.error()));
  if (!log) return {};
  const HashAlgorithm banks[] = {bank};
  const ReplayedLog replayed = replay(*log, banks);
  Reading out;
  check_events(replayed, out.verdict);
  out.state = read_machine_state(replayed, out.verdict);
  return out;
}

[[maybe_unused]] std::vector<std::string> hex_of(const std::vector<Digest>& digests) {
  std::vector<std::string> out;
  for (const Digest& d : digests) out.push_back(hex(d.bytes()));
  return out;
}

std::optional<HashAlgorithm> bank_named(std::string_view name) {
  for (const HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384,
                                HashAlgorithm::sha512, HashAlgorithm::sm3_256})
    if (name_of(a) == name) return a;
  return std::nullopt;
}

/// The corpus' logs that were read from TPMs, as its manifest describes them.
std::vector<json::object> manifest_items() {
  const auto file = corpus_file("eventlogs/manifest.json");
  if (!file) return {};
  const auto manifest =
      parse_json_object("manifest.json", as_text(*file), {.bytes = file->size(), .depth = 32});
  EXPECT_TRUE(manifest.has_value()) << to_string(manifest.error());
  std::vector<json::object> out;
  for (const json::value& item : manifest->at("items").as_array()) {
    const json::object& object = item.as_object();
    const std::string_view name = object.at("name").as_string();
    const json::value* kind = object.if_contains("kind");
    const json::value* parse = object.if_contains("parse");
    const json::value* error = parse ? parse->as_object().if_contains("error") : nullptr;
    if (kind && *kind == "tcg-eventlog" && error && error->is_null() &&
        (name.starts_with("tpm/") || name.starts_with("tpm2-tools/")))
      out.push_back(object);
  }
  return out;
}

TEST(CorpusLogs, ReplayToThePcrsOfTheManifestInEveryBank) {
  const auto items = manifest_items();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::size_t compared = 0;
  for (const json::object& item : items) {
    const std::string name(item.at("name").as_string());
    SCOPED_TRACE(name);
    const Buffer bytes = corpus_file("eventlogs/" + name).value();
    const auto log = parse_event_log(bytes);
    ASSERT_TRUE(log.has_value()) << to_string(log.error());
    for (const auto& [bank_name, pcrs] : item.at("replayed").as_object()) {
      const auto bank = bank_named(bank_name);
      ASSERT_TRUE(bank.has_value());
      const HashAlgorithm banks[] = {*bank};
      const ReplayedLog replayed = replay(*log, banks);
      for (const auto& [pcr, value] : pcrs.as_object()) {
        const std::size_t index = std::stoul(std::string(pcr));
        EXPECT_EQ(hex(replayed.banks[0].pcrs.at(index).bytes()),
                  std::string_view(value.as_string()))
            << std::string_view(bank_name) << " PCR " << index;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 300u);
}

/// What makes some real logs fall short of what a verifier wants of a machine, by check.
const std::map<std::string, std::set<std::string>> kShortcomings = {};

TEST(CorpusLogs, AreReadWithoutAFaultButKnownOnes) {
  const auto items = manifest_items();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (const json::object& item : items) {
    const std::string name(item.at("name").as_string());
    SCOPED_TRACE(name);
    const Buffer bytes = corpus_file("eventlogs/" + name).value();
    for (const auto& entry : item.at("replayed").as_object()) {
      const auto bank = bank_named(entry.key());
      ASSERT_TRUE(bank.has_value());
      const Reading reading = read(bytes, *bank);
      std::set<std::string> failed;
      for (const std::string& id : failures(reading.verdict))
        failed.insert(id.substr(0, id.find('/')));
      const auto known = kShortcomings.find(name);
      EXPECT_THAT(failed,
                  testing::ContainerEq(known == kShortcomings.end() ? std::set<std::string>{}
                                                                    : known->second));
      for (const Check& c : reading.verdict.checks())
        if (c.verdict == CheckVerdict::fail)
          std::printf("%s %s: %s\n", name.c_str(), c.id.c_str(), c.got.c_str());
    }
  }
}

}  // namespace
}  // namespace assay

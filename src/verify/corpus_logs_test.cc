// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/hex.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "formats/sipa.h"
#include "formats/uefi.h"
#include "verify/dbx_generation.h"
#include "verify/looked_log.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What of a corpus log is not as in the manifest's model of the reference, and why ours is right.
struct Row {
  std::vector<std::string> findings;  ///< the checks that fail, and why
  std::string fault;                  ///< offset, record and reason where it is malformed
  std::string_view stands = "PSAK";   ///< what of the state is believed all the same
};

/// A log of which `events` can be read, and then a record at `offset` cannot.
Row malformed(std::size_t offset, std::size_t record, const std::string& reason,
              std::size_t events = 0) {
  return {{fmt::format("eventlog.log.format: record {} at offset {}: {}; {} events before it",
                       record, offset, reason, events)},
          fmt::format("{} record {} {}", offset, record, reason),
          "----"};
}

const std::map<std::string, Row>& rows() {
  static const std::map<std::string, Row> kRows{
      {"malformed/keylime_binary_bios_measurements-bogus.bin",
       malformed(0, 0, "event_log.event 0.pcr@0x8: PCR 1969712994, above 23")},
      {"malformed/keylime_binary_bios_measurements-empty.bin", malformed(0, 0, "event_log: empty")},
      // Version 1.2 of the structure is not one that the specification knows.
      {"malformed/specid_invalid_version.bin",
       malformed(0, 0, "event_log.event 0.spec_version_major@0x36: version 1.2, wanted 2.0")},
      // Only an area of CC registers has padding.
      {"malformed/trailing_ff_padding.bin",
       malformed(34034, 83,
                 "event_log.event 83.type@0x84fa: 0xff padding, not allowed in a TPM's log", 82)},
      {"malformed/trailing_zero_padding.bin",
       malformed(34034, 83,
                 "event_log.event 83.data@0x8502: zero padding, not allowed in a TPM's log", 82)},
      {"malformed/truncated_mid_event.bin",
       malformed(33872, 82, "event_log.event 82.data@0x84ca: need 40 bytes, 33 remain", 81)},
      // Its Spec ID event is four bytes longer than its size says.
      {"tpm2-tools/specid-vendordata.bin",
       malformed(0, 0, "event_log.event 0.vendor_info@0x45: need 4 bytes, 0 remain")},
      // Well-formed, and a loader's text where applications are measured.
      {"malformed/sha1_event_size_zero.bin",
       {{"eventlog.types.placed: event 0 (PCR 4, EV_IPL): does not belong into this PCR"},
        "",
        "PS-K"}},
      {"malformed/attack_app_retyped_blob.bin",
       {{"eventlog.types.placed: event 23 (PCR 4, EV_EFI_PLATFORM_FIRMWARE_BLOB): does not belong "
         "into this PCR",
         "eventlog.data.shape: event 23 (PCR 4, EV_EFI_PLATFORM_FIRMWARE_BLOB): want a firmware "
         "blob of 16 bytes"},
        "",
        "PS-K"}},
      {"malformed/attack_separator_retyped.bin",
       {{"eventlog.types.placed: event 18 (PCR 4, EV_IPL): does not belong into this PCR",
         "eventlog.types.honest: event 18 (PCR 4, EV_IPL): its digest is that of a separator"},
        "",
        "PS-K"}},
      {"malformed/attack_cmdline_data_edited.bin",
       {{"eventlog.data.measured/sha384: event 78 (PCR 8, EV_IPL)",
         "eventlog.data.measured/sha256: event 78 (PCR 8, EV_IPL)",
         "eventlog.data.measured/sha1: event 78 (PCR 8, EV_IPL)",
         "boot.kernel.command_line: event 79 (PCR 8, EV_IPL): not the command line of the linux "
         "command before it"},
        "",
        "PSA-"}},
  };
  return kRows;
}

std::vector<json::object> logs_of_manifest() {
  std::vector<json::object> out;
  const auto bytes = corpus_file("eventlogs/manifest.json");
  if (!bytes) return out;
  const auto root = parse_json_object("manifest", as_text(*bytes), {.bytes = 1 << 20});
  if (!root) return out;
  for (const json::value& item : root->at("items").as_array()) {
    const std::string_view kind = item.as_object().at("kind").as_string();
    if (kind == "tcg-eventlog" || kind == "ccel") out.push_back(item.as_object());
  }
  return out;
}

std::string text_of(const json::value& value) { return std::string(value.as_string()); }
std::size_t number_of(const json::value& value) { return value.to_number<std::size_t>(); }

/// Every member of an item, so that none that the manifest gets is left aside: those that are
/// compared, and what only says where the file comes from.
constexpr std::string_view kMembers[] = {
    "name", "kind", "size", "sha256", "parse", "facts", "replayed", "expected_pcrs", "replay_check",
    "expected_facts", "model_extraction",
    // Prose.
    "description", "machine", "notes", "replay_check_note", "duplicates", "source_repo",
    "source_path", "source_license"};
constexpr std::string_view kFacts[] = {"secure_boot_var",
                                       "secure_boot_enabled",
                                       "sig_dbs",
                                       "authority_pre_sep",
                                       "authority_post_sep",
                                       "kernel_cmdline",
                                       "grub_cmd_events",
                                       "pcr9_ipl_names",
                                       "efi_apps",
                                       "exit_boot_services_invocation",
                                       "scrtm_version",
                                       "gce_tech",
                                       "event_types",
                                       "no_action_signatures"};
constexpr std::string_view kFactsOfOrigin[] = {
    "efi_app_digests", "kernel_cmdline_with_nul", "tpm2_eventlog_event_count_incl_specid", "parse",
    "efi_state", "grub", "post_separator_authorities", "driver_load_source_hints",
    // Of Windows: EveryCorpusLog.TellsOfWindows.
    "secure_boot", "ColdBoot", "BootCount", "DEP", "CodeIntegrity", "BitlockerUnlocks", "ELAM",
    "modules"};

void expect_known_members(const json::object& object, std::span<const std::string_view> known) {
  for (const auto& member : object)
    EXPECT_NE(std::find(known.begin(), known.end(), std::string_view(member.key())), known.end())
        << member.key() << " is new, and nobody compares it";
}

const json::object* object_in(const json::object& item, const char* name) {
  const json::value* value = item.if_contains(name);
  return value == nullptr ? nullptr : value->if_object();
}

/// That it is the file which the manifest speaks of, and is read as it says.
void expect_reading(const json::object& item, const Looked& log) {
  EXPECT_EQ(log.bytes.size(), number_of(item.at("size")));
  EXPECT_EQ(sha256_hex(log.bytes), text_of(item.at("sha256")));
  const json::object& parse = item.at("parse").as_object();
  const std::vector<Event>& events = log.reading.log.events;
  EXPECT_EQ(events.size(), number_of(parse.at("events")));
  if (log.reading.log.algorithms.empty()) return;
  EXPECT_EQ(format_name(log.reading.log), text_of(parse.at("format")));
  EXPECT_EQ(log.reading.log.layout == RegisterLayout::cc, item.at("kind").as_string() == "ccel");
  json::array algorithms;
  for (const HashAlgorithm a : log.reading.log.algorithms) algorithms.emplace_back(name_of(a));
  EXPECT_EQ(json::value(algorithms), parse.at("algs"));
  if (events.empty()) return;
  const std::size_t consumed =
      static_cast<std::size_t>(events.back().data.data() - log.bytes.data()) +
      events.back().data.size();
  EXPECT_EQ(consumed, number_of(parse.at("consumed")));
  const bool padded = !log.reading.fault && consumed < log.bytes.size();
  EXPECT_EQ(padded, parse.at("trailing").is_string() && !log.reading.fault);
  EXPECT_TRUE(parse.at("error").is_null() || log.reading.fault);
}

/// What no value of ours repeats, read where the manifest's reader read it.
void expect_spec_id(const json::object& item, const Looked& log) {
  const json::object* spec = object_in(item.at("parse").as_object(), "spec_id");
  if (spec == nullptr || log.reading.log.algorithms.empty()) return;
  const Bytes data = Bytes(log.bytes).subspan(32 + 16);
  EXPECT_EQ(data[0], number_of(spec->at("platformClass")));
  EXPECT_EQ(data[4], number_of(spec->at("minor")));
  EXPECT_EQ(data[5], number_of(spec->at("major")));
  EXPECT_EQ(data[6], number_of(spec->at("errata")));
  EXPECT_EQ(data[7], number_of(spec->at("uintn")));
  const json::array& declared = spec->at("algs").as_array();
  ASSERT_EQ(data[8], declared.size());
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const auto known =
        hash_algorithm(static_cast<std::uint16_t>(number_of(declared[i].as_array()[0])));
    ASSERT_TRUE(known);
    EXPECT_EQ(*known, log.reading.log.algorithms.at(i));
    EXPECT_EQ(digest_size(*known), number_of(declared[i].as_array()[1]));
  }
  const std::size_t vendor = 12 + 4 * declared.size();
  EXPECT_EQ(hex(data.subspan(vendor + 1, data[vendor])), text_of(spec->at("vendorInfo")));
}

/// How many events of each type there are, and what those that nobody measures are.
void expect_events(const json::object& facts, const Looked& log) {
  std::map<std::string, std::size_t> counts;
  json::array unmeasured;
  for (const Event& event : log.reading.log.events) {
    ++counts[name_of(event.type)];
    if (event.type != EventType::no_action) continue;
    std::string signature;  // Latin-1, up to the NULs behind it
    for (const std::uint8_t byte : event.data.first(std::min<std::size_t>(16, event.data.size()))) {
      if (byte >= 0x80) signature += static_cast<char>(0xC0 | byte >> 6);
      signature += static_cast<char>(byte < 0x80 ? byte : 0x80 | (byte & 0x3F));
    }
    signature.erase(signature.find_last_not_of('\0') + 1);
    unmeasured.emplace_back(signature);
  }
  json::object got;
  for (const auto& [name, count] : counts) got[name] = count;
  EXPECT_EQ(json::value(got), facts.at("event_types"));
  if (const json::value* signatures = facts.if_contains("no_action_signatures")) {
    EXPECT_EQ(json::value(unmeasured), *signatures);
  }
}

/// {"sha256": {"0": "<hex>"}} of what was replayed.
json::object replayed_values(const ReplayedLog& replayed) {
  json::object out;
  for (const ReplayedLog::Bank& bank : replayed.banks) {
    json::object values;
    for (std::uint32_t i = 0; i < kPcrCount; ++i)
      if (bank.extends[i] > 0) values[fmt::format("{}", i)] = hex(bank.pcrs[i].bytes());
    out[name_of(bank.algorithm)] = std::move(values);
  }
  return out;
}

void expect_values(const json::object& item, const Looked& log) {
  const json::object got = replayed_values(log.statement.replayed);
  for (const auto& bank : item.at("replayed").as_object()) {
    if (bank.value().as_object().empty()) continue;
    EXPECT_EQ(got.at(bank.key()), bank.value()) << bank.key();
  }
  const json::value* expected = item.if_contains("expected_pcrs");
  // The last events of this one are not in the log: its notes say so.
  if (expected == nullptr || !expected->is_object() ||
      text_of(item.at("name")) == "tpm/ebs_event_missing.bin")
    return;
  for (const auto& bank : expected->as_object()) {
    if (!got.contains(bank.key())) continue;
    for (const auto& value : bank.value().as_object())
      if (const json::value* ours = got.at(bank.key()).as_object().if_contains(value.key())) {
        EXPECT_EQ(*ours, value.value()) << bank.key() << " " << value.key();
      }
  }
}

/// Which registers replay to the values that the origin's tests have, and which are on one side
/// alone.
void expect_replay_check(const json::object& item, const Looked& log) {
  const json::object* banks = object_in(item, "replay_check");
  // The manifest's reader added the two events that this one lacks.
  if (banks == nullptr || text_of(item.at("name")) == "tpm/ebs_event_missing.bin") return;
  const json::object got = replayed_values(log.statement.replayed);
  for (const auto& bank : *banks) {
    SCOPED_TRACE(bank.key());
    const json::object& ours = got.at(bank.key()).as_object();
    const json::object& theirs = item.at("expected_pcrs").at(bank.key()).as_object();
    std::map<std::string, std::set<std::size_t>> sets{
        {"match", {}}, {"mismatch", {}}, {"not_in_log", {}}, {"extra_in_log", {}}};
    for (const auto& value : theirs) {
      const json::value* our = ours.if_contains(value.key());
      sets[our == nullptr          ? "not_in_log"
           : *our == value.value() ? "match"
                                   : "mismatch"]
          .insert(std::stoul(value.key()));
    }
    for (const auto& value : ours)
      if (!theirs.contains(value.key())) sets["extra_in_log"].insert(std::stoul(value.key()));
    for (const auto& [name, registers] : sets) {
      std::set<std::size_t> expected;
      for (const json::value& index : bank.value().at(name).as_array())
        expected.insert(number_of(index));
      EXPECT_EQ(registers, expected) << name;
    }
  }
}

void expect_database(const SignatureDatabase& got, const json::object& facts, const char* name) {
  const json::value* counts = facts.at("sig_dbs").as_object().if_contains(name);
  if (counts == nullptr) return;
  EXPECT_EQ(got.certificates.size(), counts->at("x509").to_number<std::size_t>()) << name;
  EXPECT_EQ(got.hashes.size(), counts->at("sha256").to_number<std::size_t>()) << name;
  EXPECT_EQ(got.others.size(), counts->at("other").to_number<std::size_t>()) << name;
}

/// The data of a variable of PCR 7 (RTMR0) as it was measured; nothing where it was not.
std::optional<UefiVariable> variable_of(const Looked& log, std::string_view name) {
  for (const Event& event : log.reading.log.events) {
    if (event.type != EventType::efi_variable_driver_config) continue;
    auto variable = parse_uefi_variable(event.data);
    if (variable && variable->name == name) return std::move(*variable);
  }
  return std::nullopt;
}

void expect_variables(const json::object& facts, const Looked& log) {
  for (const auto& database : facts.at("sig_dbs").as_object()) {
    const auto variable = variable_of(log, database.key());
    ASSERT_TRUE(variable) << database.key();
    EXPECT_EQ(variable->data.size(), number_of(database.value().at("bytes"))) << database.key();
  }
  if (const json::value* value = facts.if_contains("secure_boot_var")) {
    const auto variable = variable_of(log, "SecureBoot");
    ASSERT_TRUE(variable);
    EXPECT_EQ(hex(variable->data), text_of(*value));
  }
}

void expect_secure_boot(const json::object& facts, const SecureBootState& got) {
  json::value enabled;
  if (const json::value* fact = facts.if_contains("secure_boot_enabled")) enabled = *fact;
  EXPECT_EQ(got.enabled ? json::value(*got.enabled) : json::value(), enabled);
  expect_database(got.pk, facts, "PK");
  expect_database(got.kek, facts, "KEK");
  expect_database(got.db, facts, "db");
  expect_database(got.dbx, facts, "dbx");
  json::array before, after;
  for (const Authority& authority : got.authorities)
    (authority.before_separator ? before : after).emplace_back(authority.name);
  EXPECT_EQ(json::value(before), facts.at("authority_pre_sep"));
  EXPECT_EQ(json::value(after), facts.at("authority_post_sep"));
}

void expect_applications(const json::object& facts, const Looked& log) {
  const auto& efi = log.statement.state.efi;
  // Without ExitBootServices nobody knows what ran in the end.
  ASSERT_EQ(efi.has_value(), facts.at("exit_boot_services_invocation").as_bool());
  if (!efi) return;
  const json::array& expected = facts.at("efi_apps").as_array();
  ASSERT_EQ(efi->application_events.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (const Event& event : log.reading.log.events) {
      if (event.number != efi->application_events[i]) continue;
      bool found = false;
      for (std::size_t d = 0; d < event.digest_count; ++d)
        found = found || hex(event.digests[d].bytes) == text_of(expected[i]);
      EXPECT_TRUE(found) << i;
    }
}

/// The manifest's texts end at their NUL; GRUB of some distributions logs a stray byte behind it.
std::string up_to_nul(const std::string& text) { return text.substr(0, text.find('\0')); }

void expect_loader(const json::object& facts, const Looked& log) {
  const MachineState& got = log.statement.state;
  if (const json::value* lines = facts.if_contains("kernel_cmdline")) {
    ASSERT_THAT(lines->as_array(), SizeIs(1));
    EXPECT_EQ(got.kernel_command_line, up_to_nul(text_of(lines->as_array()[0])));
  }
  std::size_t commands = got.grub ? got.grub->commands.size() : 0;
  if (facts.contains("kernel_cmdline") && commands > 0) --commands;
  EXPECT_EQ(commands, facts.at("grub_cmd_events").to_number<std::size_t>());
  if (const json::value* names = facts.if_contains("pcr9_ipl_names")) {
    json::array files;
    for (const GrubState::File& file : got.grub->files) files.emplace_back(file.untrusted_name);
    EXPECT_EQ(json::value(files), *names);
  }
}

void expect_platform(const json::object& facts, const PlatformState& got) {
  if (const json::value* technology = facts.if_contains("gce_tech")) {
    EXPECT_EQ(name_of(got.technology), text_of(*technology));
  }
  const json::value* version = facts.if_contains("scrtm_version");
  if (version == nullptr) return;
  const std::string utf16 = utf8_from_utf16le(got.scrtm_version);
  const std::string google =
      fmt::format("GCE Virtual Firmware v{}", got.gce_firmware_version.value_or(0));
  EXPECT_THAT(text_of(*version),
              ::testing::AnyOf(hex(got.scrtm_version), utf16, up_to_nul(utf16), google));
}

/// What must come of a log that was made malformed: "error", "must error", "must error or report".
void expect_refused(const json::object& expected, const Looked& log) {
  if (const json::value* parse = expected.if_contains("parse")) {
    EXPECT_EQ(parse->as_string() == "error" || parse->as_string() == "ok-if-allow-padding",
              log.reading.fault.has_value());
  }
  if (expected.contains("efi_state")) {
    EXPECT_FALSE(log.statement.applications_stand);
  }
  if (expected.contains("grub")) {
    EXPECT_FALSE(log.statement.kernel_stands);
  }
}

/// Where the manifest's model of the reference implementation comes to a result, ours has the same;
/// where it gives up ("error") on a log that is not edited, ours reads on: docs/comparison.md.
void expect_model(const json::object& model, const Looked& log) {
  const MachineState& got = log.statement.state;
  const json::object& boot = model.at("secure_boot").as_object();
  // Without a database it says "off" whatever was measured.
  if (!boot.contains("error") && !boot.at("dbs(x509,sha256)").as_object().empty() &&
      got.secure_boot.enabled) {
    EXPECT_EQ(boot.at("enabled").as_bool(), *got.secure_boot.enabled);
    std::size_t before = 0;
    for (const Authority& a : got.secure_boot.authorities) before += a.before_separator ? 1 : 0;
    EXPECT_EQ(number_of(boot.at("pre")), before);
  }
  const json::value& applications = model.at("efi_apps_relaxed");
  if (applications.is_array()) {
    ASSERT_TRUE(got.efi);
    json::array digests;
    for (const Digest& digest : got.efi->applications) digests.emplace_back(hex(digest.bytes()));
    EXPECT_EQ(json::value(digests), applications);
  }
  const json::object& grub = model.at("grub").as_object();
  if (!grub.contains("error") && got.grub) {
    EXPECT_EQ(got.grub->commands.size(), number_of(grub.at("commands")));
    // It looks for no files in the register that a CC log folds PCR 8 and 9 into.
    if (log.reading.log.layout == RegisterLayout::cc) return;
    const json::array& files = grub.at("files").as_array();
    ASSERT_EQ(got.grub->files.size(), files.size());
    for (std::size_t i = 0; i < files.size(); ++i)
      EXPECT_EQ(hex(got.grub->files[i].digest.bytes()), text_of(files[i].as_array()[1]));
  }
  if (const json::object* platform = object_in(model, "platform")) {
    if (const json::value* technology = platform->if_contains("technology")) {
      EXPECT_EQ(name_of(got.platform.technology), text_of(*technology));
    }
    if (const json::value* version = platform->if_contains("gce_version")) {
      EXPECT_EQ(got.platform.gce_firmware_version, number_of(*version));
    }
    if (const json::value* version = platform->if_contains("scrtm_version_hex")) {
      EXPECT_EQ(hex(got.platform.scrtm_version), text_of(*version));
    }
  }
}

/// Facts that the tests of the log's origin assert.
void expect_facts_of_origin(const json::object& expected, const Looked& log) {
  if (const json::value* line = expected.if_contains("kernel_cmdline_with_nul")) {
    EXPECT_EQ(*log.statement.state.kernel_command_line + '\0', text_of(*line));
  }
  if (const json::value* count = expected.if_contains("tpm2_eventlog_event_count_incl_specid")) {
    // specid-vendordata.bin: its one event is malformed.
    EXPECT_EQ(log.reading.log.events.size() + 1, number_of(*count));
  }
  if (const json::value* count = expected.if_contains("post_separator_authorities")) {
    const auto& all = log.statement.state.secure_boot.authorities;
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [](const Authority& a) { return !a.before_separator; }),
              static_cast<std::ptrdiff_t>(number_of(*count)));
  }
  if (const json::value* hints = expected.if_contains("driver_load_source_hints")) {
    ASSERT_TRUE(log.statement.state.efi);
    EXPECT_EQ(log.statement.state.efi->boot_services_drivers.size() +
                  log.statement.state.efi->runtime_services_drivers.size(),
              hints->as_array().size());
  }
  const json::value* banks = expected.if_contains("efi_app_digests");
  if (banks == nullptr || !log.statement.state.efi) return;
  for (const auto& bank : banks->as_object()) {
    json::array got;
    for (const std::uint32_t number : log.statement.state.efi->application_events)
      for (const Event& event : log.reading.log.events)
        for (std::size_t d = 0; d < event.digest_count; ++d)
          if (event.number == number && name_of(event.digests[d].algorithm) == bank.key())
            got.emplace_back(hex(event.digests[d].bytes));
    EXPECT_EQ(json::value(got), bank.value()) << bank.key();
  }
}

TEST(EveryCorpusLog, SaysWhatItsManifestSays) {
  const auto items = logs_of_manifest();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::size_t known_rows = 0;
  for (const json::object& item : items) {
    const std::string name = text_of(item.at("name"));
    SCOPED_TRACE(name);
    const auto row = rows().find(name);
    const Row expected = row == rows().end() ? Row{} : row->second;
    known_rows += row == rows().end() ? 0 : 1;
    expect_known_members(item, kMembers);
    const Looked log(corpus_file("eventlogs/" + name).value());
    EXPECT_EQ(findings(log.statement.verdict), expected.findings);
    EXPECT_EQ(stands(log.statement), expected.stands);
    const auto& fault = log.reading.fault;
    EXPECT_EQ(
        fault ? fmt::format("{} record {} {}", fault->offset, fault->event, to_string(fault->error))
              : "",
        expected.fault);
    expect_reading(item, log);
    expect_spec_id(item, log);
    const json::object* origin = object_in(item, "expected_facts");
    if (origin != nullptr) expect_known_members(*origin, kFactsOfOrigin);
    if (origin != nullptr && name.starts_with("malformed/")) expect_refused(*origin, log);
    if (log.reading.log.algorithms.empty()) continue;
    expect_values(item, log);
    expect_replay_check(item, log);
    const json::object* facts = object_in(item, "facts");
    if (facts == nullptr) continue;
    expect_known_members(*facts, kFacts);
    expect_events(*facts, log);
    expect_variables(*facts, log);
    // What an attack changed cannot be as the manifest's reader, which believed it, says.
    if (name.starts_with("malformed/")) continue;
    expect_secure_boot(*facts, log.statement.state.secure_boot);
    expect_applications(*facts, log);
    expect_loader(*facts, log);
    expect_platform(*facts, log.statement.state.platform);
    if (const json::object* model = object_in(item, "model_extraction")) expect_model(*model, log);
    if (origin != nullptr) expect_facts_of_origin(*origin, log);
  }
  EXPECT_EQ(known_rows, rows().size());
}

json::object expected_of_windows() {
  for (const json::object& item : logs_of_manifest())
    if (text_of(item.at("name")) == "tpm/windows_gcp_shielded_vm.bin")
      return item.at("expected_facts").as_object();
  return {};
}

std::uint64_t little_endian(Bytes data) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < data.size() && i < 8; ++i) out |= std::uint64_t{data[i]} << 8 * i;
  return out;
}

/// As go-attestation's test of this log has them.
TEST(EveryCorpusLog, TellsOfWindows) {
  const auto bytes = corpus_file("eventlogs/tpm/windows_gcp_shielded_vm.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const Looked log(*bytes);
  ASSERT_TRUE(log.statement.state.windows);
  const WindowsState& windows = *log.statement.state.windows;
  EXPECT_EQ(windows.boot_count, 4U);
  EXPECT_EQ(windows.cold_boot, true);
  EXPECT_EQ(windows.data_execution_prevention, true);
  EXPECT_EQ(windows.code_integrity, true);
  EXPECT_EQ(windows.boot_debugging, false);
  EXPECT_EQ(windows.test_signing, false);
  EXPECT_GT(windows.modules, 20U);
  const json::object expected = expected_of_windows();
  EXPECT_EQ(log.statement.state.secure_boot.enabled, expected.at("secure_boot").as_bool());
  EXPECT_EQ(windows.boot_count, number_of(expected.at("BootCount")));
  EXPECT_EQ(windows.cold_boot, expected.at("ColdBoot").as_bool());
  EXPECT_EQ(windows.data_execution_prevention, expected.at("DEP").as_bool());
  EXPECT_EQ(windows.code_integrity, expected.at("CodeIntegrity").as_bool());
  // What is no part of the state is in the values that it is read from.
  struct Module {
    std::string base, size;
  };
  std::vector<std::uint64_t> unlocks, expected_unlocks;
  std::string early_launch;
  std::map<std::string, Module> modules;
  for (const JudgedEvent& judged : log.statement.replayed.events) {
    if (!judged.is(EventType::event_tag) || judged.event->pcr < 11) continue;
    const auto values = parse_sipa(judged.event->data);
    ASSERT_TRUE(values);
    // A module is twice in the log: with its base in PCR 12, with its size in PCR 13.
    std::string size;
    Module* module = nullptr;
    for (const SipaValue& value : *values) {
      const std::uint64_t number = little_endian(value.data);
      if (value.type == 0x20005 && judged.event->pcr == 12) unlocks.push_back(number);
      if (value.type == 0x90001) early_launch += utf8_from_utf16le(value.data).c_str();
      if (value.type == 0x90004) early_launch += " measured " + hex(value.data);
      if (value.type == 0x70002) size = std::to_string(number);
      if (value.type == 0x70004) module = &modules[hex(value.data)];
      if (value.type == 0x70004 && !size.empty()) module->size = std::exchange(size, "");
      if (value.type == 0x70007 && module != nullptr) module->base = std::to_string(number);
    }
  }
  for (const json::value& unlock : expected.at("BitlockerUnlocks").as_array())
    expected_unlocks.push_back(number_of(unlock));
  EXPECT_EQ(unlocks, expected_unlocks);
  EXPECT_EQ(early_launch, text_of(expected.at("ELAM")));
  for (const auto& module : expected.at("modules").as_object()) {
    const Module& got = modules[module.key()];
    EXPECT_THAT(text_of(module.value()),
                ::testing::HasSubstr(fmt::format(" base {} size {}", got.base, got.size)));
  }
}

TEST(EveryCorpusLog, NamesTheGenerationOfItsDbx) {
  const std::pair<const char*, std::optional<std::string_view>> cases[] = {
      {"tpm/ubuntu-1804-amd-sev.bin", "2016"},
      {"tpm/rhel8-uefi.bin", "2020-10-12"},
      {"tpm/ubuntu-2404-amd-sevsnp.bin", "2023-05"},
      {"tpm/option_rom.bin", std::nullopt},  // that of 2016 and one more
      {"tpm/cos-101-amd-sev.bin", std::nullopt},
  };
  if (!corpus_file("eventlogs/manifest.json")) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (const auto& [name, generation] : cases) {
    const Looked log(corpus_file(std::string("eventlogs/") + name).value());
    EXPECT_EQ(dbx_generation(log.statement.state.secure_boot.dbx), generation) << name;
  }
}

}  // namespace
}  // namespace assay

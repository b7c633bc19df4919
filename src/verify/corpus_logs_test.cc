// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "formats/recorded.h"
#include "formats/uefi_writer.h"
#include "verify/dbx_generation.h"
#include "verify/log_statement.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What of a corpus log is not as in the manifest's model of the reference, and why ours is right.
struct Row {
  std::vector<std::string> failures;  ///< ids of the checks that fail
  std::string fault;                  ///< offset, record and reason where it is malformed
};

const std::map<std::string, Row>& rows() {
  static const std::map<std::string, Row> kRows{
      {"malformed/keylime_binary_bios_measurements-bogus.bin",
       {{"eventlog.log.format"}, "0 record 0 event_log.event 0.pcr@0x8: PCR 1969712994, above 23"}},
      {"malformed/keylime_binary_bios_measurements-empty.bin",
       {{"eventlog.log.format"}, "0 record 0 event_log: empty"}},
      // Version 1.2 of the structure is not one that the specification knows.
      {"malformed/specid_invalid_version.bin",
       {{"eventlog.log.format"},
        "0 record 0 event_log.event 0.spec_version_major@0x36: version 1.2, wanted 2.0"}},
      // Only an area of CC registers has padding.
      {"malformed/trailing_ff_padding.bin",
       {{"eventlog.log.format"},
        "34034 record 83 event_log.event 83.type@0x84fa: 0xff padding, not allowed in a TPM's "
        "log"}},
      {"malformed/trailing_zero_padding.bin",
       {{"eventlog.log.format"},
        "34034 record 83 event_log.event 83.data@0x8502: zero padding, not allowed in a TPM's "
        "log"}},
      {"malformed/truncated_mid_event.bin",
       {{"eventlog.log.format"},
        "33872 record 82 event_log.event 82.data@0x84ca: need 40 bytes, 33 remain"}},
      // Its Spec ID event is four bytes longer than its size says.
      {"tpm2-tools/specid-vendordata.bin",
       {{"eventlog.log.format"},
        "0 record 0 event_log.event 0.vendor_info@0x45: need 4 bytes, 0 remain"}},
      // Well-formed, and a loader's text where applications are measured.
      {"malformed/sha1_event_size_zero.bin", {{"eventlog.types.placed"}, ""}},
      {"malformed/attack_app_retyped_blob.bin",
       {{"eventlog.types.placed", "eventlog.data.shape"}, ""}},
      {"malformed/attack_separator_retyped.bin",
       {{"eventlog.types.placed", "eventlog.types.honest"}, ""}},
      {"malformed/attack_cmdline_data_edited.bin",
       {{"eventlog.data.measured/sha384", "eventlog.data.measured/sha256",
         "eventlog.data.measured/sha1", "boot.kernel.command_line"},
        ""}},
  };
  return kRows;
}

std::vector<std::string> failures(const Verdict& verdict) {
  std::vector<std::string> out;
  for (const Check& check : verdict.checks())
    if (check.verdict == CheckVerdict::fail || check.verdict == CheckVerdict::not_checked)
      out.push_back(check.id);
  return out;
}

/// A log with what is said about it; all borrow `bytes`.
struct Looked {
  explicit Looked(Buffer in)
      : bytes(std::move(in)), reading(read_event_log(bytes)), statement(read_statement(reading)) {}
  Looked(const Looked&) = delete;
  Looked& operator=(const Looked&) = delete;
  Buffer bytes;
  EventLogReading reading;
  LogStatement statement;
};

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

void expect_database(const SignatureDatabase& got, const json::object& facts, const char* name) {
  const json::value* counts = facts.at("sig_dbs").as_object().if_contains(name);
  if (counts == nullptr) return;
  EXPECT_EQ(got.certificates.size(), counts->at("x509").to_number<std::size_t>()) << name;
  EXPECT_EQ(got.hashes.size(), counts->at("sha256").to_number<std::size_t>()) << name;
  EXPECT_EQ(got.others.size(), counts->at("other").to_number<std::size_t>()) << name;
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

/// Facts that the tests of the log's origin assert.
void expect_facts_of_origin(const json::object& expected, const Looked& log) {
  if (const json::value* line = expected.if_contains("kernel_cmdline_with_nul")) {
    EXPECT_EQ(*log.statement.state.kernel_command_line + '\0', text_of(*line));
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
    const Looked log(corpus_file("eventlogs/" + name).value());
    EXPECT_EQ(failures(log.statement.verdict), expected.failures);
    const auto& fault = log.reading.fault;
    EXPECT_EQ(
        fault ? fmt::format("{} record {} {}", fault->offset, fault->event, to_string(fault->error))
              : "",
        expected.fault);
    EXPECT_EQ(log.statement.secure_boot_stands, !fault);
    EXPECT_EQ(log.reading.log.events.size(),
              item.at("parse").at("events").to_number<std::size_t>());
    if (log.reading.log.algorithms.empty()) continue;
    EXPECT_EQ(format_name(log.reading.log), text_of(item.at("parse").at("format")));
    EXPECT_EQ(log.reading.log.layout == RegisterLayout::cc, item.at("kind").as_string() == "ccel");
    expect_values(item, log);
    const json::value* facts = item.if_contains("facts");
    // What an attack changed cannot be as the manifest's reader, which believed it, says.
    if (facts == nullptr || name.starts_with("malformed/")) continue;
    expect_secure_boot(facts->as_object(), log.statement.state.secure_boot);
    expect_applications(facts->as_object(), log);
    expect_loader(facts->as_object(), log);
    expect_platform(facts->as_object(), log.statement.state.platform);
    if (const json::value* origin = item.if_contains("expected_facts");
        origin && origin->is_object())
      expect_facts_of_origin(origin->as_object(), log);
  }
  EXPECT_EQ(known_rows, rows().size());
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

/// Parts of the state that are believed: platform, Secure Boot, applications, kernel.
std::string stands(const LogStatement& s) {
  return fmt::format("{}{}{}{}", s.platform_stands ? "P" : "-", s.secure_boot_stands ? "S" : "-",
                     s.applications_stand ? "A" : "-", s.kernel_stands ? "K" : "-");
}

struct Edit {
  std::string_view name;
  std::function<void(Buffer&, const EventLog&)> apply;
  std::vector<std::string> failures;
  std::string_view stands;
};

void put_u32(Buffer& log, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) log[at + i] = static_cast<std::uint8_t>(value >> 8 * i);
}
void retype(Buffer& log, const Event& event, EventType type) {
  put_u32(log, event.offset + 4, static_cast<std::uint32_t>(type));
}
const Event& first(const EventLog& log, std::uint32_t pcr, EventType type) {
  for (const Event& event : log.events)
    if (event.pcr == pcr && event.type == type) return event;
  ADD_FAILURE() << "no " << name_of(type) << " in PCR " << pcr;
  return log.events.front();
}
std::size_t data_at(const Buffer& log, const Event& event) {
  return static_cast<std::size_t>(event.data.data() - log.data());
}

/// Attacks on a real log that leave every register as it was, unless they say otherwise.
std::vector<Edit> edits() {
  using enum EventType;
  const EventType unused{0x02};
  return {
      {"nothing", [](Buffer&, const EventLog&) {}, {}, "PSAK"},
      {"a Secure Boot variable retyped as unused",
       [=](Buffer& b, const EventLog& l) {
         retype(b, first(l, 7, efi_variable_driver_config), unused);
       },
       {"eventlog.types.known"},
       "P-AK"},
      {"the separator of PCR 7 retyped as an action",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 7, separator), efi_action); },
       {"eventlog.types.honest", "eventlog.data.shape", "boot.secure_boot.actions"},
       "P-AK"},
      {"the separator of PCR 0 retyped as S-CRTM contents, with none behind it",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 0, separator), s_crtm_contents); },
       {"eventlog.types.honest"},
       "-SAK"},
      {"ExitBootServices retyped as a partition table",
       [](Buffer& b, const EventLog& l) { retype(b, first(l, 5, efi_action), efi_gpt_event); },
       {"eventlog.types.honest"},
       "PS-K"},
      {"a boot attempt retyped as an application",
       [](Buffer& b, const EventLog& l) {
         retype(b, first(l, 4, efi_action), efi_boot_services_application);
       },
       {"eventlog.types.honest", "eventlog.data.shape"},
       "PS-K"},
      {"a byte of db",
       [](Buffer& b, const EventLog& l) {
         for (const Event& e : l.events)
           if (e.pcr == 7 && e.data.size() > 3000 && e.data.size() < 4000)
             b[data_at(b, e) + 400] ^= 1;
       },
       {"eventlog.data.measured/sha384", "eventlog.data.measured/sha256",
        "eventlog.data.measured/sha1"},
       "P-AK"},
      {"GRUB's terminator made another byte",
       [](Buffer& b, const EventLog& l) {
         const Event& e = first(l, 8, ipl);
         b[data_at(b, e) + e.data.size() - 1] = 0xFF;
       },
       {"eventlog.data.measured/sha384", "eventlog.data.measured/sha256",
        "eventlog.data.measured/sha1"},
       "PSA-"},
      // Registers change with this one, in SHA-1 alone.
      {"a SHA-1 digest of PCR 5",
       [](Buffer& b, const EventLog& l) {
         const Event& e = first(l, 5, efi_gpt_event);
         b[static_cast<std::size_t>(e.digest(HashAlgorithm::sha1)->data() - b.data())] ^= 1;
       },
       {"eventlog.data.measured/sha1"},
       "PS-K"},
      {"the name of a file, which nobody measured",
       [](Buffer& b, const EventLog& l) { b[data_at(b, first(l, 9, ipl))] ^= 1; },
       {},
       "PSAK"},
      {"another algorithm in the Spec ID event",
       [](Buffer& b, const EventLog&) { put_u32(b, 32 + 24, 0xFFFFFFFF); },
       {"eventlog.log.format"},
       "----"},
  };
}

TEST(EveryCorpusLog, DoesNotStandWhenItWasEdited) {
  const auto bytes = corpus_file("eventlogs/tpm/rhel8-uefi.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (const Edit& edit : edits()) {
    SCOPED_TRACE(edit.name);
    Buffer log = *bytes;
    const EventLogReading whole = read_event_log(log);
    edit.apply(log, whole.log);
    const Looked got(log);
    EXPECT_EQ(failures(got.statement.verdict), edit.failures);
    EXPECT_EQ(stands(got.statement), edit.stands);
  }
}

/// Writes records of one SHA-256 bank.
struct OneBankLog {
  OneBankLog() {
    ByteWriter spec;
    spec.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16))).u32_le(0).u8(0).u8(2).u8(0);
    spec.u8(2).u32_le(1).u16_le(0x000B).u16_le(32).u8(0);
    const Buffer data = spec.take();
    w.u32_le(0).u32_le(3).zeros(20).u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
  }
  OneBankLog& add(std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    w.u32_le(pcr).u32_le(static_cast<std::uint32_t>(type)).u32_le(1).u16_le(0x000B);
    w.bytes(hash(HashAlgorithm::sha256, measured).bytes());
    w.u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
    return *this;
  }
  ByteWriter w;
};

struct BootGuardCase {
  std::string_view name;
  bool separator_behind;
  std::string_view version_behind;
  bool accepted;
};

constexpr BootGuardCase kBootGuard[] = {
    {"Intel's FIT record before the separator", true, "N40ET41W", true},
    {"without a separator", false, "N40ET41W", false},
    {"with a version of Google's firmware behind it", true, "GCE Virtual Firmware v1", false},
};

TEST(LookAlikeSeparators, AreBelievedOfBootGuardAlone) {
  const Buffer zeros(4, 0);
  for (const BootGuardCase& c : kBootGuard) {
    SCOPED_TRACE(c.name);
    OneBankLog log;
    log.add(0, EventType::s_crtm_contents,
            as_bytes(std::string_view("FIT Type 0x2D Measured S-CRTM\0", 30)), zeros);
    const Buffer version = utf16le(c.version_behind);
    log.add(0, EventType::s_crtm_version, version, version);
    if (c.separator_behind) log.add(0, EventType::separator, zeros, zeros);
    const Looked got(log.w.take());
    EXPECT_EQ(failures(got.statement.verdict),
              c.accepted ? std::vector<std::string>{}
                         : std::vector<std::string>{"eventlog.types.honest"});
    EXPECT_EQ(got.statement.platform_stands, c.accepted);
    // The record could be the separator, and the version behind it the running system's.
    if (c.accepted) {
      EXPECT_THAT(got.statement.state.platform.scrtm_version, IsEmpty());
    }
  }
}

/// The running system extends PCR 12 and shows a command line that its image never had.
TEST(OwnBoots, AreNotGivenACommandLineAfterwards) {
  Buffer log = boot_file("ukisb/binary_bios_measurements");
  const Buffer forged = utf16le("console=ttyS0 lockdown=confidentiality");
  ByteWriter w;
  w.bytes(log).u32_le(12).u32_le(static_cast<std::uint32_t>(EventType::ipl)).u32_le(3);
  w.u16_le(0x0004).bytes(hash(HashAlgorithm::sha1, forged).bytes());
  w.u16_le(0x000B).bytes(hash(HashAlgorithm::sha256, forged).bytes());
  w.u16_le(0x000C).bytes(hash(HashAlgorithm::sha384, forged).bytes());
  w.u32_le(static_cast<std::uint32_t>(forged.size())).bytes(forged);
  const Looked got(w.take());
  EXPECT_THAT(failures(got.statement.verdict), IsEmpty());
  EXPECT_EQ(got.statement.state.kernel_command_line, std::nullopt);
}

/// What the running system extends behind shim's first authority is no level of shim's.
TEST(Shim, HasItsLevelBeforeItVouches) {
  const Buffer level =
      write_uefi_variable(kShimLock, "SbatLevel", as_bytes("sbat,1,2099\nshim,9\n"));
  const Buffer vouched = write_uefi_variable(kShimLock, "MokListRT", Buffer(48, 7));
  for (const bool before : {true, false}) {
    OneBankLog log;
    if (before) log.add(7, EventType::efi_variable_authority, level, level);
    log.add(7, EventType::efi_variable_authority, vouched, vouched);
    if (!before) log.add(7, EventType::efi_variable_authority, level, level);
    const Looked got(log.w.take());
    const auto& shim = got.statement.state.shim;
    EXPECT_EQ(shim && shim->sbat_level, before);
  }
}

/// An initial RAM disk that GRUB read, relabelled as LoadOptions beside the true ones.
TEST(LoadOptions, AreAllTheLineOfGrub) {
  const std::string_view line = "/vmlinuz ro";
  Buffer options = utf16le("BOOT_IMAGE=/vmlinuz ro");
  options.insert(options.end(), 2, 0);
  ByteWriter tag;
  tag.u32_le(0x8F3B22ED)
      .u32_le(26)
      .bytes(as_bytes(std::string_view("LOADED_IMAGE::LoadOptions\0", 26)));
  const Buffer named = tag.take();
  for (const bool hidden : {false, true}) {
    OneBankLog log;
    const auto text = [&](std::string_view label, std::string measured) {
      const std::string logged = fmt::format("{}{}{}", label, measured, '\0');
      log.add(8, EventType::ipl, as_bytes(logged), as_bytes(measured));
    };
    text("grub_cmd: ", fmt::format("linux {}", line));
    text("kernel_cmdline: ", std::string(line));
    log.add(9, EventType::event_tag, named, options);
    if (hidden) log.add(9, EventType::event_tag, named, as_bytes("an initial RAM disk"));
    const Looked got(log.w.take());
    EXPECT_EQ(
        failures(got.statement.verdict),
        hidden ? std::vector<std::string>{"boot.kernel.load_options"} : std::vector<std::string>{});
  }
}

/// Genuine sections relabelled, so that others could be extended in their place.
TEST(OwnBoots, HideNoSectionUnderAnotherType) {
  Buffer log = boot_file("uki/binary_bios_measurements");
  const auto parsed = parse_event_log(log);
  ASSERT_TRUE(parsed);
  std::size_t relabelled = 0;
  for (const Event& e : parsed->events)
    if (e.pcr == 11 && relabelled++ < 2)
      log[e.offset + 4] = static_cast<std::uint8_t>(EventType::compact_hash);
  const Looked got(std::move(log));
  EXPECT_THAT(failures(got.statement.verdict), ::testing::Contains("boot.uki.sections"));
  EXPECT_EQ(got.statement.state.uki, std::nullopt);
}

/// The six boots of tests/boots: what an operator would ask of each.
TEST(OwnBoots, AreUnderstood) {
  struct Boot {
    std::string_view name, command_line;
    std::optional<bool> secure_boot;
    std::vector<std::string> authorities;
    std::size_t applications, sections;
    bool shim;
  };
  const Boot boots[] = {
      {"nosb",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=nosb",
       false,
       {},
       1,
       0,
       false},
      {"sb",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sb",
       true,
       {"db", "SbatLevel", "MokListRT"},
       4,
       0,
       true},
      {"sbfull",
       "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sbfull "
       "module.sig_enforce=1 systemd.verity=1",
       true,
       {"db", "SbatLevel", "MokListRT"},
       4,
       0,
       true},
      {"uki", "", false, {}, 2, 4, false},
      {"ukisb", "", true, {"db"}, 1, 4, false},
  };
  for (const Boot& boot : boots) {
    SCOPED_TRACE(boot.name);
    const Looked log(boot_file(std::string(boot.name) + "/binary_bios_measurements"));
    EXPECT_THAT(failures(log.statement.verdict), IsEmpty());
    EXPECT_EQ(stands(log.statement), "PSAK");
    const MachineState& state = log.statement.state;
    EXPECT_EQ(state.kernel_command_line.value_or(""), boot.command_line);
    EXPECT_EQ(state.secure_boot.enabled, boot.secure_boot);
    std::vector<std::string> names;
    for (const Authority& authority : state.secure_boot.authorities)
      names.push_back(authority.name);
    EXPECT_EQ(names, boot.authorities);
    ASSERT_TRUE(state.efi);
    EXPECT_THAT(state.efi->applications, SizeIs(boot.applications));
    EXPECT_EQ(state.uki ? state.uki->sections.size() : 0, boot.sections);
    EXPECT_EQ(state.shim && state.shim->sbat_level, boot.shim);
  }
  const Looked none(boot_file("nosblegacy/binary_bios_measurements"));
  EXPECT_THAT(failures(none.statement.verdict), ElementsAre("eventlog.log.format"));
}

/// Who wrote the unified kernel image can compute these: recipe/ keeps no image, but the stub and
/// Linux measured the same initrd.
TEST(OwnBoots, NameTheSectionsOfAUnifiedKernelImage) {
  const Looked log(boot_file("ukisb/binary_bios_measurements"));
  ASSERT_TRUE(log.statement.state.uki);
  std::vector<std::string> names;
  for (const UkiState::Section& s : log.statement.state.uki->sections) names.push_back(s.name);
  EXPECT_THAT(names, ElementsAre(".linux", ".osrel", ".cmdline", ".initrd"));
  ASSERT_THAT(log.statement.state.initrds, SizeIs(2));
  EXPECT_EQ(log.statement.state.initrds[0], log.statement.state.initrds[1]);
  EXPECT_EQ(log.statement.state.uki->sections[3].digest, log.statement.state.initrds[0]);
}

}  // namespace
}  // namespace assay

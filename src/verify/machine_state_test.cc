// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>
#include <map>

#include "base/hex.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "formats/bank.h"
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
using testing::UnorderedElementsAre;

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

std::vector<std::string> hex_of(const std::vector<Digest>& digests) {
  std::vector<std::string> out;
  for (const Digest& d : digests) out.push_back(hex(d.bytes()));
  return out;
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

/// Logs of whole boots: the corpus also has synthetic ones of a single event.
bool is_a_boot(const json::object& item) { return item.at("parse").at("events").as_int64() >= 10; }

/// What real logs have that a verifier must refuse: Windows was recorded under firmware that ended
/// its measurements without separators.
const std::map<std::string, std::vector<std::string>> kRefused = {
    {"tpm/windows_gcp_shielded_vm.bin", {"boot.separators.once"}}};

TEST(CorpusLogs, OfRealMachinesAreReadWithoutAFault) {
  const auto items = manifest_items();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::size_t logs = 0;
  for (const json::object& item : items) {
    if (!is_a_boot(item)) continue;
    const std::string name(item.at("name").as_string());
    for (const auto& entry : item.at("replayed").as_object()) {
      SCOPED_TRACE(fmt::format("{} {}", name, std::string_view(entry.key())));
      const Reading reading =
          read(corpus_file("eventlogs/" + name).value(), bank_named(entry.key()).value());
      const auto refused = kRefused.find(name);
      EXPECT_EQ(failures(reading.verdict),
                refused == kRefused.end() ? std::vector<std::string>{} : refused->second);
    }
    ++logs;
  }
  EXPECT_GE(logs, 15u);
}

/// The facts that another program, written before this one, read out of the same bytes.
void expect_facts(const json::object& facts, const MachineState& state) {
  if (const json::value* enabled = facts.if_contains("secure_boot_enabled")) {
    EXPECT_EQ(state.secure_boot.enabled.value_or(false), enabled->is_bool() && enabled->as_bool());
  }
  if (const json::value* lists = facts.if_contains("sig_dbs")) {
    const std::pair<const char*, const SignatureDatabase*> databases[] = {
        {"PK", &state.secure_boot.pk},
        {"KEK", &state.secure_boot.kek},
        {"db", &state.secure_boot.db},
        {"dbx", &state.secure_boot.dbx}};
    for (const auto& [name, database] : databases) {
      const json::value* counts = lists->as_object().if_contains(name);
      if (counts == nullptr) continue;
      EXPECT_EQ(database->certificates.size(), counts->at("x509").to_number<std::size_t>()) << name;
      EXPECT_EQ(database->hashes.size(), counts->at("sha256").to_number<std::size_t>()) << name;
      EXPECT_EQ(database->others.size(), counts->at("other").to_number<std::size_t>()) << name;
    }
  }
  if (const json::value* technology = facts.if_contains("gce_tech")) {
    if (technology->is_string()) {
      EXPECT_EQ(name_of(state.platform.technology), std::string_view(technology->as_string()));
    }
  }
  if (const json::value* lines = facts.if_contains("kernel_cmdline")) {
    ASSERT_EQ(state.kernel_command_line.has_value(), lines->as_array().size() == 1);
    if (state.kernel_command_line) {
      EXPECT_EQ(*state.kernel_command_line + '\0',
                std::string_view(lines->as_array()[0].as_string()));
    }
  }
}

TEST(CorpusLogs, SayWhatTheManifestSays) {
  const auto items = manifest_items();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  for (const json::object& item : items) {
    const json::value* facts = item.if_contains("facts");
    if (!is_a_boot(item) || facts == nullptr) continue;
    const std::string name(item.at("name").as_string());
    SCOPED_TRACE(name);
    const Buffer bytes = corpus_file("eventlogs/" + name).value();
    for (const auto& entry : item.at("replayed").as_object())
      expect_facts(facts->as_object(), read(bytes, bank_named(entry.key()).value()).state);
  }
}

TEST(CorpusLogs, ListTheApplicationsThatOtherToolsExpect) {
  const auto items = manifest_items();
  if (items.empty()) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  std::size_t compared = 0;
  for (const json::object& item : items) {
    const json::value* facts = item.if_contains("expected_facts");
    if (facts == nullptr || !facts->is_object()) continue;
    const json::value* expected = facts->as_object().if_contains("efi_app_digests");
    if (expected == nullptr) continue;
    const std::string name(item.at("name").as_string());
    SCOPED_TRACE(name);
    for (const auto& entry : expected->as_object()) {
      const Reading reading =
          read(corpus_file("eventlogs/" + name).value(), bank_named(entry.key()).value());
      // Debian 10 was recorded without ExitBootServices: what ran after the log is not known.
      if (name == "tpm/debian-10.bin") {
        EXPECT_FALSE(reading.state.efi.has_value());
        continue;
      }
      ASSERT_TRUE(reading.state.efi.has_value());
      std::vector<std::string> digests;
      for (const json::value& v : entry.value().as_array())
        digests.emplace_back(std::string_view(v.as_string()));
      EXPECT_EQ(hex_of(reading.state.efi->applications), digests);
      ++compared;
    }
  }
  EXPECT_GE(compared, 9u);
}

struct LogCase {
  const char* log;
  const char* failure;
};

// Logs that replay to the same PCRs as a genuine one, because what was changed is not measured.
const LogCase kAttacks[] = {
    {"malformed/attack_separator_retyped.bin", "eventlog.types.placed"},
    {"malformed/attack_app_retyped_blob.bin", "eventlog.types.placed"},
    {"malformed/attack_cmdline_data_edited.bin", "eventlog.data.measured/sha384"},
};

TEST(CorpusLogs, ThatAttackerEditedAreRefused) {
  for (const LogCase& attack : kAttacks) {
    SCOPED_TRACE(attack.log);
    const auto bytes = corpus_file(std::string("eventlogs/") + attack.log);
    if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
    EXPECT_THAT(failures(read(*bytes, HashAlgorithm::sha384).verdict), Contains(attack.failure));
  }
}

struct BootCase {
  const char* boot;
  bool secure_boot;
  std::size_t applications;
  std::size_t commands;
  std::optional<std::string> command_line;
};

const BootCase kBoots[] = {
    {"nosb", false, 1, 16, "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=nosb"},
    {"sb", true, 4, 16, "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sb"},
    {"sbfull", true, 4, 16,
     "/boot/vmlinuz root=/dev/ram0 console=ttyS0 ro quiet panic=5 lab=sbfull module.sig_enforce=1 "
     "systemd.verity=1"},
    {"uki", false, 2, 0, std::nullopt},
    {"ukisb", true, 1, 0, std::nullopt},
};

TEST(RecordedBoots, AreReadInEveryBank) {
  for (const BootCase& c : kBoots) {
    for (const HashAlgorithm bank :
         {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384}) {
      SCOPED_TRACE(fmt::format("{} {}", c.boot, name_of(bank)));
      const Buffer bytes = boot_file(std::string(c.boot) + "/binary_bios_measurements");
      const Reading reading = read(bytes, bank);
      EXPECT_THAT(failures(reading.verdict), IsEmpty());
      EXPECT_EQ(reading.state.bank, bank);
      EXPECT_EQ(reading.state.secure_boot.enabled, c.secure_boot);
      ASSERT_TRUE(reading.state.efi.has_value());
      EXPECT_THAT(reading.state.efi->applications, SizeIs(c.applications));
      EXPECT_EQ(reading.state.grub ? reading.state.grub->commands.size() : 0, c.commands);
      EXPECT_EQ(reading.state.kernel_command_line, c.command_line);
      EXPECT_EQ(reading.state.platform.technology, ConfidentialTechnology::none);
    }
  }
}

/// The log of the boot `sb` with one change to its parsed events.
template <class Change>
std::vector<std::string> failures_of_changed_boot(Change change) {
  const Buffer bytes = boot_file("sb/binary_bios_measurements");
  EventLog log = parse_event_log(bytes).value();
  change(log.events);
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  Verdict verdict;
  read_machine_state(replay(log, banks), verdict);
  return failures(verdict);
}

using Events = std::vector<Event>;

/// The event of that number, as the log numbers them.
Event& event(Events& events, std::uint32_t number) {
  Event& found = events.at(number - 1);
  EXPECT_EQ(found.number, number);
  return found;
}

/// What the running system extends into a PCR and appends to the log: `label` is logged, `text` is
/// measured.
Event extended_later(std::uint32_t pcr, EventType type, std::string_view label,
                     std::string_view text) {
  static std::deque<Buffer> kept;
  const auto keep = [](std::string_view bytes) -> Bytes {
    kept.push_back(to_buffer(as_bytes(bytes)));
    return kept.back();
  };
  Event out{};
  out.pcr = pcr;
  out.type = type;
  out.data = keep(std::string(label) + std::string(text));
  out.digests[0] = {HashAlgorithm::sha256,
                    keep(as_text(hash(HashAlgorithm::sha256, as_bytes(text)).bytes()))};
  out.digest_count = 1;
  return out;
}

/// The same event under another label of GRUB.
void relabel(Event& e, std::string_view label) {
  const auto old = grub_prefix(e.data);
  const std::string text(as_text(e.data.subspan(old->text.size())));
  e.data = extended_later(e.pcr, e.type, label, text).data;
}

/// The kernel's command becomes `command`, and its command line the command's arguments under a
/// command's label.
void load_evil(Events& e, std::string_view command) {
  const std::size_t arguments = command.rfind(" /") != std::string_view::npos
                                    ? command.rfind(" /") + 1
                                    : command.rfind(' ') + 1;
  event(e, 48) = extended_later(8, EventType::ipl, "grub_cmd: ", command.substr(arguments));
  event(e, 44) = extended_later(8, EventType::ipl, "grub_cmd: ", command);
  e.erase(e.begin() + 44, e.begin() + 47);  // GRUB's files, between the two
}

/// The kernel's command becomes one that GRUB measures no line of.
void load_unmeasured(Events& e, std::string_view command) {
  event(e, 44) = extended_later(8, EventType::ipl, "grub_cmd: ", command);
  e.erase(e.begin() + 44, e.begin() + 48);  // GRUB's files, and the line
}

void extend_good_line(Events& e) {
  e.push_back(extended_later(8, EventType::ipl, "grub_cmd: ", "linux /good"));
  e.push_back(extended_later(8, EventType::ipl, "kernel_cmdline: ", "/good"));
}

struct ChangeCase {
  const char* name;
  void (*change)(Events&);
  const char* failure;
};

const ChangeCase kChanges[] = {
    {"no firmware version", [](Events& e) { e.erase(e.begin()); }, "boot.firmware.version"},
    {"a second separator", [](Events& e) { e.push_back(event(e, 19)); }, "boot.separators.once"},
    {"a second separator, without data",
     [](Events& e) { e.push_back(extended_later(1, EventType::separator, "", "")); },
     "boot.separators.once"},
    {"no separator in PCR 4", [](Events& e) { e.erase(e.begin() + 18); }, "boot.separators.once"},
    {"SecureBoot twice", [](Events& e) { e.insert(e.begin() + 4, event(e, 4)); },
     "boot.secure_boot.variables"},
    {"SecureBoot after the separator",
     [](Events& e) { e.push_back(event(e, 4)), e.erase(e.begin() + 3); },
     "boot.secure_boot.variables"},
    {"no PK", [](Events& e) { e.erase(e.begin() + 4); }, "boot.secure_boot.consistent"},
    {"no authority",
     [](Events& e) {
       std::erase_if(e, [](const Event& x) { return x.type == EventType::efi_variable_authority; });
     },
     "boot.secure_boot.consistent"},
    {"a variable as an authority",
     [](Events& e) { event(e, 4).type = EventType::efi_variable_authority; },
     "boot.secure_boot.authorities"},
    {"the db as an authority",
     [](Events& e) { event(e, 7).type = EventType::efi_variable_authority; },
     "boot.secure_boot.authorities"},
    {"an application after ExitBootServices", [](Events& e) { e.push_back(event(e, 24)); },
     "boot.efi.applications"},
    {"two boot attempts at once", [](Events& e) { e.insert(e.begin() + 14, event(e, 14)); },
     "boot.efi.applications"},
    {"a boot attempt after the separator", [](Events& e) { std::swap(event(e, 14), event(e, 19)); },
     "boot.efi.applications"},
    {"two kernel command lines", [](Events& e) { e.insert(e.begin() + 48, event(e, 48)); },
     "boot.kernel.command_line"},
    {"a command line without its command", [](Events& e) { e.erase(e.begin() + 43); },
     "boot.kernel.command_line"},
    {"a command without its command line", [](Events& e) { e.erase(e.begin() + 47); },
     "boot.kernel.command_line"},
    {"another kernel's command line, extended later",
     [](Events& e) {
       relabel(event(e, 48), "grub_cmd: ");
       e.push_back(extended_later(8, EventType::ipl, "grub_cmd: ", "linux /good lockdown"));
       e.push_back(extended_later(8, EventType::ipl, "kernel_cmdline: ", "/good lockdown"));
     },
     "boot.kernel.command_line"},
    {"the linux command hidden as a module's command line",
     [](Events& e) {
       relabel(event(e, 44), "module_cmdline: ");
       relabel(event(e, 48), "grub_cmd: ");
     },
     "boot.kernel.command_line"},
    {"a negated linux command, and a good one extended later",
     [](Events& e) {
       load_evil(e, "! linux /vmlinuz evil");
       extend_good_line(e);
     },
     "boot.kernel.command_line"},
    {"a timed linux command, and a good one extended later",
     [](Events& e) {
       load_evil(e, "time linux /vmlinuz evil");
       extend_good_line(e);
     },
     "boot.kernel.command_line"},
    {"a timed chainloader, and a good line extended later",
     [](Events& e) {
       load_unmeasured(e, "time ! chainloader /evil x");
       extend_good_line(e);
     },
     "boot.kernel.command_line"},
    {"a kernel of another system, and a good line extended later",
     [](Events& e) {
       load_unmeasured(e, "xnu_kernel64 /evil x");
       extend_good_line(e);
     },
     "boot.kernel.command_line"},
    {"a command line as a command, of a command nobody knows",
     [](Events& e) { load_evil(e, "load vmlinuz"); }, "boot.kernel.command_line"},
    {"the blocks of a kernel as a command", [](Events& e) { load_evil(e, "load 0+20000"); },
     "boot.kernel.command_line"},
    {"a command line of the rescue shell, which measures no commands",
     [](Events& e) {
       load_evil(e, "load /vmlinuz");
       e.erase(e.begin() + 43);
     },
     "boot.kernel.command_line"},
    {"a module's command line that is not its command's",
     [](Events& e) {
       relabel(event(e, 48), "module_cmdline: ");
       event(e, 44) = extended_later(8, EventType::ipl, "grub_cmd: ", "module2 /other");
     },
     "boot.kernel.command_line"},
    {"a firmware version, extended later",
     [](Events& e) {
       e.insert(e.begin() + 1,
                extended_later(0, EventType::s_crtm_version, "", "GCE Virtual Firmware v99"));
     },
     "boot.firmware.version"},
    {"a command line before its command", [](Events& e) { std::swap(event(e, 44), event(e, 48)); },
     "boot.kernel.command_line"},
};

TEST(MachineState, IsNotReadFromALogThatContradictsItself) {
  ASSERT_THAT(failures_of_changed_boot([](Events&) {}), IsEmpty());
  for (const ChangeCase& c : kChanges) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(failures_of_changed_boot(c.change), Contains(c.failure));
  }
}

// The type is not measured: a driver that the log calls a blob is listed all the same.
TEST(MachineState, ListsWhatMayBeADriverWhateverItsType) {
  const Buffer bytes = boot_file("sb/binary_bios_measurements");
  for (const EventType type :
       {EventType::efi_boot_services_driver, EventType::efi_platform_firmware_blob}) {
    EventLog log = parse_event_log(bytes).value();
    Event driver = extended_later(2, type, "", "the driver's image");
    driver.data = extended_later(2, type, std::string(16, '\0'), "").data;
    log.events.insert(log.events.begin() + 1, driver);
    const HashAlgorithm banks[] = {HashAlgorithm::sha256};
    Verdict verdict;
    const MachineState state = read_machine_state(replay(log, banks), verdict);
    ASSERT_TRUE(state.efi.has_value());
    EXPECT_THAT(state.efi->boot_services_drivers,
                ElementsAre(hash(HashAlgorithm::sha256, as_bytes("the driver's image"))));
  }
}

// Nor is it for what the log shows whole: an Authenticode digest is of bytes that can be shown.
TEST(MachineState, ListsCodeThatTheLogShowsAsADriver) {
  const Buffer bytes = boot_file("sb/binary_bios_measurements");
  EventLog log = parse_event_log(bytes).value();
  log.events.insert(log.events.begin() + 1,
                    extended_later(2, EventType::nonhost_code, "", "the bytes of a driver"));
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  Verdict verdict;
  const MachineState state = read_machine_state(replay(log, banks), verdict);
  ASSERT_TRUE(state.efi.has_value());
  EXPECT_EQ(state.efi->boot_services_drivers.size(), 1U);
}

// GRUB may load its module for a command and run that right away.
TEST(MachineState, BelievesACommandLineBehindAModuleAndItsCommand) {
  EXPECT_THAT(failures_of_changed_boot([](Events& e) {
                e.insert(e.begin() + 43, extended_later(8, EventType::ipl, "grub_cmd: ", "blscfg"));
                e.insert(e.begin() + 43,
                         extended_later(8, EventType::ipl, "grub_cmd: ", "insmod blscfg"));
              }),
              IsEmpty());
}

TEST(MachineState, WithholdsApplicationsWithoutExitBootServices) {
  const Buffer bytes = boot_file("sb/binary_bios_measurements");
  EventLog log = parse_event_log(bytes).value();
  log.events.resize(log.events.size() - 2);
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  Verdict verdict;
  const MachineState state = read_machine_state(replay(log, banks), verdict);
  EXPECT_FALSE(state.efi.has_value());
  EXPECT_TRUE(verdict.accepted());
}

TEST(MachineState, ListsApplicationsOfAFailedBootAttemptToo) {
  const Buffer bytes = boot_file("sb/binary_bios_measurements");
  EventLog log = parse_event_log(bytes).value();
  const Digest returning =
      hash(HashAlgorithm::sha256, as_bytes("Returning from EFI Application from Boot Option"));
  Event event = log.events.at(13);
  event.data = as_bytes("Returning from EFI Application from Boot Option");
  event.digests[0] = {HashAlgorithm::sha256, returning.bytes()};
  event.digest_count = 1;
  // Attempt, shim, return, attempt, shim, ...
  log.events.insert(log.events.begin() + 24, {event, log.events.at(13), log.events.at(23)});
  const HashAlgorithm banks[] = {HashAlgorithm::sha256};
  Verdict verdict;
  const MachineState state = read_machine_state(replay(log, banks), verdict);
  EXPECT_THAT(failures(verdict), IsEmpty());
  ASSERT_TRUE(state.efi.has_value());
  EXPECT_THAT(state.efi->applications, SizeIs(5));
}

TEST(MachineStateMessage, IsWhatGotpmPrints) {
  const auto recorded = recorded_attestation();
  if (!recorded) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const auto outcome = check_against_own_key(*recorded, kRecordedNonce);
  ASSERT_TRUE(outcome.claims.has_value());
  const attest::MachineState message = to_message(outcome.claims->machine);
  EXPECT_EQ(message.platform().gce_version(), 1u);
  EXPECT_EQ(message.platform().technology(), attest::AMD_SEV);
  EXPECT_FALSE(message.platform().has_instance_info());
  EXPECT_TRUE(message.secure_boot().enabled());
  EXPECT_EQ(message.hash(), tpm::SHA384);
  EXPECT_EQ(message.raw_events_size(), 44);
  EXPECT_TRUE(message.raw_events(0).digest_verified());
  EXPECT_FALSE(message.raw_events(21).digest_verified()) << "an image is not in the log";
  EXPECT_EQ(message.efi().apps_size(), 3);
  EXPECT_EQ(message.linux_kernel().command_line().back(), '\0');
  EXPECT_EQ(message.grub().commands(0), std::string("grub_cmd: defaultA=2\0", 21));
  EXPECT_EQ(message.grub().files(0).untrusted_filename(), std::string("/syslinux/vmlinuz.A\0", 20));
}

TEST(MachineStateMessage, NamesTheCertificatesThatGotpmKnows) {
  const auto bytes = corpus_file("eventlogs/tpm/ubuntu-1804-amd-sev.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const attest::MachineState message = to_message(read(*bytes, HashAlgorithm::sha256).state);
  const auto names = [](const attest::Database& database) {
    std::vector<attest::WellKnownCertificate> out;
    for (const attest::Certificate& c : database.certs()) out.push_back(c.well_known());
    return out;
  };
  EXPECT_THAT(names(message.secure_boot().pk()), ElementsAre(attest::GCE_DEFAULT_PK));
  EXPECT_THAT(names(message.secure_boot().kek()), ElementsAre(attest::MS_THIRD_PARTY_KEK_CA_2011));
  EXPECT_THAT(
      names(message.secure_boot().db()),
      UnorderedElementsAre(attest::MS_WINDOWS_PROD_PCA_2011, attest::MS_THIRD_PARTY_UEFI_CA_2011));
  EXPECT_EQ(message.secure_boot().dbx().hashes_size(), 77);
}

TEST(MachineStateMessage, KeepsAFirmwareVersionThatIsNotGooglesAsItIs) {
  const attest::MachineState message =
      to_message(read(boot_file("sb/binary_bios_measurements"), HashAlgorithm::sha256).state);
  EXPECT_EQ(message.platform().scrtm_version_id(), std::string(2, '\0'));
  EXPECT_FALSE(message.platform().has_gce_version());
}

}  // namespace
}  // namespace assay

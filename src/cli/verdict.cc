// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"
#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"
#include "verify/printable.h"
#include "verify/same_answers.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

constexpr std::size_t kIdWidth = 34;
constexpr std::size_t kLabelWidth = 14;
constexpr std::size_t kShown = 90;

struct Mark {
  std::string_view text;
  std::string_view colour;  ///< SGR parameters, ECMA-48 section 8.3.117
};

Mark mark_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::pass:
      return {"ok", "32"};
    case CheckVerdict::fail:
      return {"FAIL", "1;31"};
    case CheckVerdict::absent:
      return {"n/a", "2"};
    case CheckVerdict::not_checked:
      return {"----", "33"};
  }
  return {"?", "0"};
}

std::string coloured(std::string_view text, std::string_view colour, const Io& io) {
  if (!io.colour) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string shortened(std::string_view text) {
  return fmt::format("{}{}", text.substr(0, kShown), text.size() <= kShown ? "" : "...");
}

/// `name` stands for the check, or for several with the same answer.
void print_check(const Check& check, const std::string& name, Io io) {
  const Mark mark = mark_of(check.verdict);
  const std::string padded = coloured(fmt::format("{:4}", mark.text), mark.colour, io);
  if (check.verdict == CheckVerdict::fail) {
    io.out << fmt::format("  {}  {}\n        expected  {}\n        got       {}\n", padded, name,
                          check.expected, check.got);
  } else {
    io.out << fmt::format("  {}  {:{}}  {}\n", padded, name, kIdWidth, shortened(check.got));
  }
  if (!check.hint.empty())
    io.out << fmt::format("        {}  {}\n", coloured("hint    ", "36", io), check.hint);
}

/// The checks of that verdict, each answer once.
void print_reasons(const Verdict& verdict, CheckVerdict kind, Io io) {
  for (const SameAnswer& checks : same_answers(verdict, kind)) {
    const Check& first = *checks.front();
    print_check(first,
                checks.size() == 1 ? std::string(first.id)
                                   : fmt::format("{} and {} more", first.id, checks.size() - 1),
                io);
  }
}

void print_line(std::string_view label, std::string_view value, Io io) {
  io.out << fmt::format("  {:{}}  {}\n", label, kLabelWidth, value);
}

/// Each value on its own line, the label before the first.
void print_lines(std::string_view label, const std::vector<std::string>& values, Io io) {
  for (const std::string& value : values)
    print_line(&value == values.data() ? label : "", value, io);
}

std::string describe(const PlatformState& platform) {
  const std::string firmware =
      platform.gce_firmware_version
          ? fmt::format("GCE Virtual Firmware v{}", *platform.gce_firmware_version)
          : fmt::format("firmware version {}", hex(platform.scrtm_version));
  return fmt::format("{}, {}", name_of(platform.technology), firmware);
}

std::string describe(const GceInstance& instance) {
  return printable(fmt::format("{} ({}) in {}, project {} ({})", instance.instance_name,
                               instance.instance_id, instance.zone, instance.project_id,
                               instance.project_number));
}

/// The certificates by the name they are known under, else by their own and by fingerprint; hashes
/// by number.
std::vector<std::string> describe(const SignatureDatabase& database) {
  std::vector<std::string> out;
  for (const Buffer& der : database.certificates) {
    const std::string fingerprint = sha256_hex(der);
    const auto name = known_certificate_name(fingerprint);
    const auto certificate = Certificate::from_der(der);
    std::string line = name          ? std::string(*name)
                       : certificate ? printable(certificate->subject()) + ", sha256 " + fingerprint
                                     : "certificate " + fingerprint;
    if (std::find(out.begin(), out.end(), line) == out.end()) out.push_back(std::move(line));
  }
  if (!database.hashes.empty()) out.push_back(counted(database.hashes.size(), "hash", "hashes"));
  if (!database.others.empty())
    out.push_back(counted(database.others.size(), "entry", "entries") + " of other kinds");
  return out;
}

void print_secure_boot(const SecureBootState& state, Io io) {
  print_line("Secure Boot", !state.enabled ? "not measured" : *state.enabled ? "on" : "off", io);
  print_lines("  PK", describe(state.pk), io);
  print_lines("  KEK", describe(state.kek), io);
  print_lines("  db", describe(state.db), io);
  auto dbx = describe(state.dbx);
  if (const auto generation = dbx_generation(state.dbx))
    dbx.push_back(fmt::format("the update of {}", *generation));
  print_lines("  dbx", dbx, io);
  print_lines("  used", describe(state.authority), io);
}

void print_efi(const EfiState& efi, HashAlgorithm bank, Io io) {
  std::vector<std::string> applications;
  for (const Digest& d : efi.applications)
    applications.push_back(fmt::format("{}:{}", name_of(bank), hex(d.bytes())));
  print_lines("applications", applications, io);
  const std::size_t drivers =
      efi.boot_services_drivers.size() + efi.runtime_services_drivers.size();
  if (drivers > 0) print_line("drivers", fmt::format("{}", drivers), io);
}

}  // namespace

void print_verdict(const Verdict& verdict, ShownChecks shown, Io io) {
  const auto count = [&](CheckVerdict v) {
    return static_cast<std::size_t>(std::count_if(verdict.checks().begin(), verdict.checks().end(),
                                                  [v](const Check& c) { return c.verdict == v; }));
  };
  const bool accepted = verdict.accepted();
  io.out << coloured(accepted ? "accepted" : "rejected", accepted ? "1;32" : "1;31", io)
         << fmt::format(": {} passed, {} failed, {} could not be asked, {} not applicable\n",
                        counted(count(CheckVerdict::pass), "check"), count(CheckVerdict::fail),
                        count(CheckVerdict::not_checked), count(CheckVerdict::absent));
  if (shown == ShownChecks::remarkable) {
    for (const auto kind : {CheckVerdict::fail, CheckVerdict::not_checked, CheckVerdict::absent})
      print_reasons(verdict, kind, io);
    return;
  }
  const auto print = [&](bool failed) {
    for (const Check& check : verdict.checks())
      if ((check.verdict == CheckVerdict::fail) == failed) print_check(check, check.id, io);
  };
  print(true);
  print(false);
}

void print_claims(const VtpmClaims& claims, Io io) {
  const MachineState& machine = claims.machine;
  io.out << fmt::format("\nthe machine, as its TPM measured it (bank {})\n", name_of(machine.bank));
  if (claims.provenance == Provenance::emulated)
    print_line("emulated", "this proves nothing about hardware", io);
  print_line("platform", describe(machine.platform), io);
  if (claims.instance) print_line("instance", describe(*claims.instance), io);
  print_secure_boot(machine.secure_boot, io);
  if (machine.efi) print_efi(*machine.efi, machine.bank, io);
  if (machine.grub)
    print_line("GRUB",
               fmt::format("{}, {}", counted(machine.grub->commands.size(), "command"),
                           counted(machine.grub->files.size(), "file")),
               io);
  if (machine.shim && machine.shim->sbat_level) {
    std::string level = *machine.shim->sbat_level;
    if (level.ends_with('\n')) level.pop_back();
    std::replace(level.begin(), level.end(), '\n', ' ');
    print_line("shim", printable(level), io);
  }
  print_line("kernel",
             machine.kernel_command_line ? printable(*machine.kernel_command_line)
                                         : "command line not known: see boot.kernel.sources",
             io);
  if (machine.uki) {
    std::vector<std::string> sections;
    for (const UkiState::Section& s : machine.uki->sections)
      sections.push_back(
          fmt::format("{:8} {}:{}", s.name, name_of(machine.bank), hex(s.digest.bytes())));
    print_lines("unified image", sections, io);
  }
  if (machine.windows) {
    std::vector<std::string> lines;
    for (const auto& [what, answer] : windows_words(*machine.windows))
      lines.push_back(fmt::format("{}: {}", what, answer));
    print_lines("Windows", lines, io);
  }
  if (machine.cos) {
    print_line("container",
               printable(machine.cos->image_reference + " " + machine.cos->image_digest), io);
    if (machine.cos->gpu_cc_mode) print_line("GPU", printable(*machine.cos->gpu_cc_mode), io);
  }
  if (claims.ima) print_line("IMA", describe(*claims.ima), io);
  print_line("TPM",
             fmt::format("AK {}; firmware {:016x}, reset {}, restarted {}", claims.ak_fingerprint,
                         claims.firmware_version, counted(claims.clock.reset_count, "time"),
                         counted(claims.clock.restart_count, "time")),
             io);
  print_line("vouched for by",
             claims.ak_issuer.empty() ? "no certificate: you named the key (--trust-ak)"
                                      : printable(claims.ak_issuer),
             io);
}

json::object verdict_json(const VtpmOutcome& outcome) {
  return {{"verdict", outcome.verdict.accepted() ? "accepted" : "rejected"},
          {"checks", to_json(outcome.verdict.checks())},
          {"claims", outcome.claims ? to_json(**outcome.claims) : json::object()}};
}

json::object unreadable_json(const Error& error) {
  return {{"verdict", "rejected"},
          {"checks", json::array()},
          {"claims", json::object()},
          {"error", printable(to_string(error))}};
}

}  // namespace assay

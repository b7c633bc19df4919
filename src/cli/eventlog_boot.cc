// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_boot.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/counted.h"
#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "formats/uefi.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"
#include "verify/printable.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

constexpr std::string_view kDoubtful = "cannot be told: see the failed checks";

void print_line(std::string_view label, std::string_view value, Io io) {
  io.out << fmt::format("  {:16}  {}\n", label, value);
}

void print_lines(std::string_view label, const std::vector<std::string>& values, Io io) {
  for (const std::string& value : values)
    print_line(&value == values.data() ? label : "", value, io);
}

std::string certificate_name(const Buffer& der) {
  const std::string fingerprint = sha256_hex(der);
  if (const auto name = known_certificate_name(fingerprint)) return std::string(*name);
  const auto certificate = Certificate::from_der(der);
  return certificate ? printable(certificate->subject()) : "certificate " + fingerprint;
}

std::vector<std::string> database_lines(const SignatureDatabase& database) {
  std::vector<std::string> out;
  for (const Buffer& der : database.certificates) out.push_back(certificate_name(der));
  const std::size_t hashes = database.hashes.size(), others = database.others.size();
  if (hashes > 0) out.push_back(counted(hashes, "hash", "hashes"));
  if (others > 0) out.push_back(counted(others, "entry", "entries") + " of other kinds");
  return out;
}

/// EV_S_CRTM_VERSION is UTF-16 by convention, a GUID or a vendor's own by habit.
std::string version_words(const Buffer& version) {
  const bool zero = std::all_of(version.begin(), version.end(), [](auto b) { return b == 0; });
  if (zero) return "not said";
  std::string text = utf8_from_utf16le(version);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  return "firmware version " + (is_printable(text) ? text : hex(version));
}

void print_platform(const LogStatement& s, const EventLog& log, Io io) {
  if (log.layout == RegisterLayout::cc) return;
  if (!s.platform_stands) return print_line("platform", kDoubtful, io);
  const PlatformState& platform = s.state.platform;
  print_line("platform",
             platform.gce_firmware_version
                 ? fmt::format("GCE Virtual Firmware v{}, {}", *platform.gce_firmware_version,
                               name_of(platform.technology))
                 : version_words(platform.scrtm_version),
             io);
}

void print_secure_boot(const LogStatement& s, Io io) {
  if (!s.secure_boot_stands) return print_line("Secure Boot", kDoubtful, io);
  const SecureBootState& state = s.state.secure_boot;
  print_line("Secure Boot", !state.enabled ? "not said" : *state.enabled ? "on" : "off", io);
  print_lines("  PK", database_lines(state.pk), io);
  print_lines("  KEK", database_lines(state.kek), io);
  print_lines("  db", database_lines(state.db), io);
  std::vector<std::string> dbx = database_lines(state.dbx);
  if (const auto generation = dbx_generation(state.dbx))
    dbx.back() += fmt::format(" (update of {})", *generation);
  print_lines("  dbx", dbx, io);
  std::vector<std::string> names;
  for (const Authority& authority : state.authorities)
    names.push_back(printable(authority.name) +
                    (authority.before_separator ? " (before the boot)" : ""));
  if (!names.empty()) print_line("  accepted by", fmt::format("{}", fmt::join(names, ", ")), io);
  if (s.state.shim && s.state.shim->sbat_level) {
    std::string level = *s.state.shim->sbat_level;
    if (level.ends_with('\n')) level.pop_back();
    std::replace(level.begin(), level.end(), '\n', ' ');
    print_line("shim", printable(level), io);
  }
}

void print_applications(const LogStatement& s, Io io) {
  if (!s.applications_stand) return print_line("applications", kDoubtful, io);
  if (!s.state.efi)
    return print_line("applications", "cannot be told: the log ends before ExitBootServices", io);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < s.state.efi->applications.size(); ++i)
    lines.push_back(fmt::format("event {}: {}:{}", s.state.efi->application_events[i],
                                name_of(s.state.bank), hex(s.state.efi->applications[i].bytes())));
  if (lines.empty()) lines.emplace_back("none");
  print_lines("applications", lines, io);
  const auto drivers = [&](std::string_view label, const std::vector<Digest>& digests) {
    std::vector<std::string> shown;
    for (const Digest& digest : digests)
      shown.push_back(fmt::format("{}:{}", name_of(s.state.bank), hex(digest.bytes())));
    print_lines(label, shown, io);
  };
  drivers("boot drivers", s.state.efi->boot_services_drivers);
  drivers("runtime drivers", s.state.efi->runtime_services_drivers);
  if (s.state.efi->boot_attempts > 1)
    print_line("boot attempts", fmt::format("{}", s.state.efi->boot_attempts), io);
}

bool has_own_line(const MachineState& state) {
  return state.uki &&
         std::any_of(state.uki->sections.begin(), state.uki->sections.end(),
                     [](const UkiState::Section& section) { return section.name == ".cmdline"; });
}

void print_kernel(const LogStatement& s, Io io) {
  if (!s.kernel_stands) return print_line("kernel", kDoubtful, io);
  const MachineState& state = s.state;
  print_line("kernel",
             state.kernel_command_line ? printable(*state.kernel_command_line)
             : state.unconfirmed_command_line
                 ? printable(*state.unconfirmed_command_line) + " (Linux does not confirm it)"
             : has_own_line(state)
                 ? "command line in the kernel image, measured by digest (.cmdline)"
                 : "no command line in the log",
             io);
  if (state.grub)
    print_line("GRUB",
               fmt::format("{}, {}", counted(state.grub->commands.size(), "command"),
                           counted(state.grub->files.size(), "file")),
               io);
  std::vector<std::string> initrds;
  for (const Digest& digest : state.initrds) {
    std::string line = fmt::format("{}:{}", name_of(state.bank), hex(digest.bytes()));
    // Of a unified kernel image both stubs measure the same one.
    if (std::find(initrds.begin(), initrds.end(), line) == initrds.end())
      initrds.push_back(std::move(line));
  }
  print_lines("initial RAM disk", initrds, io);
  if (state.uki) {
    std::vector<std::string> sections;
    for (const UkiState::Section& section : state.uki->sections)
      sections.push_back(fmt::format("{:8} {}:{}", section.name, name_of(state.bank),
                                     hex(section.digest.bytes())));
    print_lines("unified image", sections, io);
  }
}

void print_windows(const LogStatement& s, Io io) {
  if (!s.state.windows) return;
  if (!s.windows_stands) return print_line("Windows", kDoubtful, io);
  std::vector<std::string> lines;
  for (const auto& [what, answer] : windows_words(*s.state.windows))
    lines.push_back(fmt::format("{}: {}", what, answer));
  print_lines("Windows", lines, io);
}

}  // namespace

void print_boot(const LogStatement& statement, const EventLog& log, Io io) {
  print_platform(statement, log, io);
  print_secure_boot(statement, io);
  print_applications(statement, io);
  print_kernel(statement, io);
  print_windows(statement, io);
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"
#include "verify/log_statement.h"
#include "verify/printable.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

/// A certificate by fingerprint, and by names as far as it can be read: databases hold odd ones.
json::object certificate_json(const Buffer& der) {
  const std::string fingerprint = sha256_hex(der);
  json::object out{{"sha256", fingerprint}, {"subject", nullptr}};
  if (const auto certificate = Certificate::from_der(der))
    out["subject"] = printable(certificate->subject());
  if (const auto name = known_certificate_name(fingerprint)) out["name"] = *name;
  return out;
}

json::object database_json(const SignatureDatabase& database) {
  json::array x509, sha256, other;
  for (const Buffer& der : database.certificates) x509.push_back(certificate_json(der));
  for (const Buffer& hash : database.hashes) sha256.emplace_back(hex(hash));
  for (const TypedSignature& s : database.others)
    other.push_back(json::object{{"type", s.type}, {"data", hex(s.data)}});
  return {{"x509", std::move(x509)}, {"sha256", std::move(sha256)}, {"other", std::move(other)}};
}

json::value boolean_json(const std::optional<bool>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object secure_boot_json(const SecureBootState& state) {
  json::array before, after;
  for (const Authority& authority : state.authorities)
    (authority.before_separator ? before : after).emplace_back(printable(authority.name));
  const auto generation = dbx_generation(state.dbx);
  return {{"enabled", boolean_json(state.enabled)},
          {"dbx_generation", generation ? json::value(*generation) : json::value(nullptr)},
          {"pk", database_json(state.pk)},
          {"kek", database_json(state.kek)},
          {"db", database_json(state.db)},
          {"dbx", database_json(state.dbx)},
          {"authorities", std::move(after)},
          {"authorities_before_separator", std::move(before)},
          {"dma_protection_disabled", state.dma_protection_disabled}};
}

json::object platform_json(const PlatformState& platform) {
  json::object out{{"technology", name_of(platform.technology)},
                   {"scrtm_version", hex(platform.scrtm_version)}};
  if (platform.gce_firmware_version) out["gce_firmware_version"] = *platform.gce_firmware_version;
  return out;
}

json::object digests_json(const Event& event) {
  json::object out;
  for (std::size_t i = 0; i < event.digest_count; ++i)
    out[name_of(event.digests[i].algorithm)] = hex(event.digests[i].bytes);
  return out;
}

/// Each application with its digest in every bank, in the log's order.
json::array applications_json(const EfiState& state, const EventLog& log) {
  json::array out;
  for (const std::uint32_t number : state.application_events)
    for (const Event& event : log.events)
      if (event.number == number) out.push_back(digests_json(event));
  return out;
}

json::array digest_list(const std::vector<Digest>& digests) {
  json::array out;
  for (const Digest& digest : digests) out.emplace_back(hex(digest.bytes()));
  return out;
}

json::object grub_json(const GrubState& grub) {
  json::array files, commands;
  for (const GrubState::File& file : grub.files)
    files.push_back(json::object{{"digest", hex(file.digest.bytes())},
                                 {"untrusted_name", printable(file.untrusted_name)}});
  for (const std::string& command : grub.commands) commands.emplace_back(printable(command));
  return {{"files", std::move(files)}, {"commands", std::move(commands)}};
}

json::object shim_json(const ShimState& shim) {
  json::array variables;
  for (const ShimState::Variable& v : shim.variables)
    variables.push_back(json::object{{"digest", hex(v.digest.bytes())},
                                     {"untrusted_name", printable(v.untrusted_name)}});
  return {{"sbat_level",
           shim.sbat_level ? json::value(printable(*shim.sbat_level)) : json::value(nullptr)},
          {"variables", std::move(variables)}};
}

json::object uki_json(const UkiState& uki) {
  json::array sections;
  for (const UkiState::Section& section : uki.sections)
    sections.push_back(
        json::object{{"name", section.name}, {"digest", hex(section.digest.bytes())}});
  return {{"sections", std::move(sections)}};
}

}  // namespace

json::object state_json_without_boot() {
  return {{"platform", nullptr},
          {"secure_boot", nullptr},
          {"kernel_command_line", nullptr},
          {"efi_applications", nullptr}};
}

json::object state_json(const LogStatement& statement, const EventLog& log) {
  const MachineState& state = statement.state;
  json::object out = state_json_without_boot();
  if (statement.platform_stands && log.layout == RegisterLayout::tpm)
    out["platform"] = platform_json(state.platform);
  if (statement.secure_boot_stands) {
    out["secure_boot"] = secure_boot_json(state.secure_boot);
    if (state.shim) out["shim"] = shim_json(*state.shim);
  }
  if (statement.applications_stand && state.efi) {
    out["efi_applications"] = applications_json(*state.efi, log);
    out["boot_attempts"] = state.efi->boot_attempts;
    out["boot_services_drivers"] = digest_list(state.efi->boot_services_drivers);
    out["runtime_services_drivers"] = digest_list(state.efi->runtime_services_drivers);
  }
  if (statement.kernel_stands) {
    json::array measured_by;
    if (state.kernel_command_line)
      out["kernel_command_line"] = printable(*state.kernel_command_line);
    for (const CommandLineSource source : state.command_line_measured_by)
      measured_by.emplace_back(name_of(source));
    if (!measured_by.empty()) out["kernel_command_line_measured_by"] = std::move(measured_by);
    if (state.unconfirmed_command_line)
      out["unconfirmed_command_line"] = printable(*state.unconfirmed_command_line);
    if (!state.load_options.empty()) out["load_options"] = digest_list(state.load_options);
    if (state.grub) out["grub"] = grub_json(*state.grub);
    if (state.uki) out["uki"] = uki_json(*state.uki);
    if (!state.initrds.empty()) out["initrds"] = digest_list(state.initrds);
  }
  if (statement.windows_stands && state.windows) out["windows"] = to_json(*state.windows);
  return out;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"
#include "verify/printable.h"
#include "verify/vtpm.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

json::array hex_list(const std::vector<Digest>& digests) {
  json::array out;
  for (const Digest& d : digests) out.emplace_back(hex(d.bytes()));
  return out;
}

/// Certificates by fingerprint, with the name under which they are known; hashes as they are.
json::object to_json(const SignatureDatabase& database) {
  json::array certificates, hashes;
  for (const Buffer& der : database.certificates) {
    const std::string fingerprint = sha256_hex(der);
    json::object o{{"sha256", fingerprint}};
    if (const auto name = known_certificate_name(fingerprint)) o["name"] = *name;
    certificates.push_back(std::move(o));
  }
  for (const Buffer& hash : database.hashes) hashes.emplace_back(hex(hash));
  return {{"certificates", std::move(certificates)},
          {"hashes", std::move(hashes)},
          {"others", database.others.size()}};
}

json::object to_json(const PlatformState& platform) {
  json::object out{{"technology", name_of(platform.technology)},
                   {"scrtm_version", hex(platform.scrtm_version)}};
  if (platform.gce_firmware_version) out["gce_firmware_version"] = *platform.gce_firmware_version;
  return out;
}

json::object to_json(const SecureBootState& state) {
  json::array before, after;
  for (const Authority& authority : state.authorities)
    (authority.before_separator ? before : after).emplace_back(printable(authority.name));
  const auto generation = dbx_generation(state.dbx);
  return {{"enabled", state.enabled ? json::value(*state.enabled) : json::value(nullptr)},
          {"pk", to_json(state.pk)},
          {"kek", to_json(state.kek)},
          {"db", to_json(state.db)},
          {"dbx", to_json(state.dbx)},
          {"authority", to_json(state.authority)},
          {"authorities", std::move(after)},
          {"authorities_before_separator", std::move(before)},
          {"dbx_generation", generation ? json::value(*generation) : json::value(nullptr)},
          {"dma_protection_disabled", state.dma_protection_disabled}};
}

json::object to_json(const EfiState& state) {
  return {{"applications", hex_list(state.applications)},
          {"boot_services_drivers", hex_list(state.boot_services_drivers)},
          {"runtime_services_drivers", hex_list(state.runtime_services_drivers)},
          {"boot_attempts", state.boot_attempts}};
}

json::object to_json(const GrubState& state) {
  json::array files, commands;
  for (const GrubState::File& f : state.files)
    files.push_back(json::object{{"digest", hex(f.digest.bytes())},
                                 {"untrusted_name", printable(f.untrusted_name)}});
  for (const std::string& command : state.commands) commands.emplace_back(printable(command));
  return {{"files", std::move(files)}, {"commands", std::move(commands)}};
}

json::object to_json(const ShimState& state) {
  json::object out;
  if (state.sbat_level) out["sbat_level"] = printable(*state.sbat_level);
  json::array variables;
  for (const ShimState::Variable& v : state.variables)
    variables.push_back(json::object{{"digest", hex(v.digest.bytes())},
                                     {"untrusted_name", printable(v.untrusted_name)}});
  out["variables"] = std::move(variables);
  return out;
}

json::object to_json(const UkiState& state) {
  json::array sections;
  for (const UkiState::Section& section : state.sections)
    sections.push_back(
        json::object{{"name", section.name}, {"digest", hex(section.digest.bytes())}});
  return {{"sections", std::move(sections)}};
}

/// The 64-bit numbers as strings: JSON readers round them (RFC 8259 section 6).
json::object to_json(const GceInstance& instance) {
  return {{"zone", printable(instance.zone)},
          {"project_id", printable(instance.project_id)},
          {"project_number", fmt::format("{}", instance.project_number)},
          {"instance_name", printable(instance.instance_name)},
          {"instance_id", fmt::format("{}", instance.instance_id)}};
}

json::object to_json(const std::vector<PcrValues>& banks) {
  json::object out;
  for (const PcrValues& bank : banks) {
    json::object values;
    for (std::size_t i = 0; i < kPcrCount; ++i)
      if (const auto& value = bank.values[i]) values[fmt::format("{}", i)] = hex(value->bytes());
    out[name_of(bank.bank)] = std::move(values);
  }
  return out;
}

}  // namespace

json::object to_json(const VtpmClaims& claims) {
  const MachineState& machine = claims.machine;
  json::object out{{"bank", name_of(machine.bank)},
                   {"platform", to_json(machine.platform)},
                   {"secure_boot", to_json(machine.secure_boot)}};
  if (machine.efi) out["efi"] = to_json(*machine.efi);
  if (machine.grub) out["grub"] = to_json(*machine.grub);
  if (machine.shim) out["shim"] = to_json(*machine.shim);
  if (machine.uki) out["uki"] = to_json(*machine.uki);
  if (!machine.initrds.empty()) out["initrds"] = hex_list(machine.initrds);
  if (machine.kernel_command_line) {
    out["kernel_command_line"] = printable(*machine.kernel_command_line);
    json::array measured_by;
    for (const CommandLineSource source : machine.command_line_measured_by)
      measured_by.emplace_back(name_of(source));
    out["kernel_command_line_measured_by"] = std::move(measured_by);
  }
  if (!machine.load_options.empty()) out["load_options"] = hex_list(machine.load_options);
  if (machine.windows) out["windows"] = to_json(*machine.windows);
  if (machine.cos) out["cos"] = to_json(*machine.cos);
  if (claims.ima) out["ima"] = to_json(*claims.ima);
  if (claims.instance) out["instance"] = to_json(*claims.instance);
  out["tpm"] = {{"ak_fingerprint", claims.ak_fingerprint},
                {"ak_issuer", claims.ak_issuer.empty() ? json::value(nullptr)
                                                       : json::value(printable(claims.ak_issuer))},
                {"firmware_version", fmt::format("{:016x}", claims.firmware_version)},
                {"clock_ms", claims.clock.clock_ms},
                {"reset_count", claims.clock.reset_count},
                {"restart_count", claims.clock.restart_count},
                {"clock_safe", claims.clock.safe},
                {"nonce_bytes", claims.nonce_bytes}};
  out["pcrs"] = to_json(claims.pcrs);
  out["emulated"] = claims.provenance == Provenance::emulated;
  out["provenance"] = name_of(claims.provenance);
  return out;
}

}  // namespace assay

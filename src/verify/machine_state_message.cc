// SPDX-License-Identifier: Apache-2.0
#include "verify/machine_state_message.h"

#include "crypto/hash.h"
#include "verify/known_certificates.h"

namespace assay {

namespace {

void write(const PlatformState& platform, attest::PlatformState& out) {
  if (platform.gce_firmware_version)
    out.set_gce_version(*platform.gce_firmware_version);
  else
    out.set_scrtm_version_id(to_text(platform.scrtm_version));
  out.set_technology(static_cast<attest::GCEConfidentialTechnology>(platform.technology));
}

void write(const SignatureDatabase& database, attest::Database& out) {
  for (const Buffer& der : database.certificates) {
    attest::Certificate& certificate = *out.add_certs();
    const attest::WellKnownCertificate known = well_known_certificate(sha256_hex(der));
    if (known == attest::UNKNOWN)
      certificate.set_der(to_text(der));
    else
      certificate.set_well_known(known);
  }
  for (const Buffer& hash : database.hashes) out.add_hashes(to_text(hash));
}

void write(const SecureBootState& state, attest::SecureBootState& out) {
  out.set_enabled(state.enabled.value_or(false));
  write(state.pk, *out.mutable_pk());
  write(state.kek, *out.mutable_kek());
  write(state.db, *out.mutable_db());
  write(state.dbx, *out.mutable_dbx());
  write(state.authority, *out.mutable_authority());
}

void write(const EfiState& state, attest::EfiState& out) {
  for (const Digest& d : state.applications) out.add_apps()->set_digest(to_text(d.bytes()));
  for (const Digest& d : state.boot_services_drivers)
    out.add_boot_services_drivers()->set_digest(to_text(d.bytes()));
  for (const Digest& d : state.runtime_services_drivers)
    out.add_runtime_services_drivers()->set_digest(to_text(d.bytes()));
}

std::string with_nul(const std::string& text) { return text + '\0'; }

void write(const GrubState& state, attest::GrubState& out) {
  for (const GrubState::File& f : state.files) {
    attest::GrubFile& file = *out.add_files();
    file.set_digest(to_text(f.digest.bytes()));
    file.set_untrusted_filename(with_nul(f.untrusted_name));
  }
  for (const std::string& command : state.commands) out.add_commands(with_nul(command));
}

void write(const std::map<std::string, std::string>& env,
           google::protobuf::Map<std::string, std::string>& out) {
  for (const auto& [name, value] : env) out[name] = value;
}

/// The words are those of the enumerations; what was not measured is left out.
void write(const CosState& state, attest::AttestedCosState& out) {
  attest::ContainerState& container = *out.mutable_container();
  container.set_image_reference(state.image_reference);
  container.set_image_digest(state.image_digest);
  container.set_image_id(state.image_id);
  attest::RestartPolicy policy = attest::Always;
  if (state.restart_policy && attest::RestartPolicy_Parse(*state.restart_policy, &policy))
    container.set_restart_policy(policy);
  for (const std::string& arg : state.args) container.add_args(arg);
  for (const std::string& arg : state.override_args) container.add_overridden_args(arg);
  write(state.env, *container.mutable_env_vars());
  write(state.override_env, *container.mutable_overridden_env_vars());
  if (state.memory_monitor)
    out.mutable_health_monitoring()->set_memory_enabled(*state.memory_monitor);
  attest::GPUDeviceCCMode mode = attest::UNSET;
  if (state.gpu_cc_mode && attest::GPUDeviceCCMode_Parse(*state.gpu_cc_mode, &mode))
    out.mutable_gpu_device_state()->set_cc_mode(mode);
}

void write(const ReplayedEvent& event, Bytes data, attest::Event& out) {
  out.set_pcr_index(event.pcr);
  out.set_untrusted_type(static_cast<std::uint32_t>(event.untrusted_type));
  out.set_data(to_text(data));
  out.set_digest(to_text(event.digest.bytes()));
  out.set_digest_verified(event.digest_verified);
}

}  // namespace

attest::MachineState to_message(const MachineState& state) {
  attest::MachineState out;
  write(state.platform, *out.mutable_platform());
  write(state.secure_boot, *out.mutable_secure_boot());
  // gotpm leaves out what no PCR holds.
  for (const ReplayedEvent& event : state.events) {
    const Bytes data = state.data_of(event);
    if (event.untrusted_type != EventType::no_action) write(event, data, *out.add_raw_events());
  }
  out.set_hash(static_cast<tpm::HashAlgo>(state.bank));
  if (state.grub) write(*state.grub, *out.mutable_grub());
  if (state.kernel_command_line)
    out.mutable_linux_kernel()->set_command_line(with_nul(*state.kernel_command_line));
  if (state.cos) write(*state.cos, *out.mutable_cos());
  if (state.efi) write(*state.efi, *out.mutable_efi());
  return out;
}

}  // namespace assay

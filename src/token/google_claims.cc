// SPDX-License-Identifier: Apache-2.0
#include "token/google_claims.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace assay {
namespace {

constexpr std::string_view kDefaultAudience = "https://sts.googleapis.com";
constexpr std::string_view kProfile =
    "https://cloud.google.com/confidential-computing/confidential-vm/docs/token-claims";

/// Google's IANA private enterprise number.
constexpr std::int64_t kGooglePen = 11129;
/// Reserved by IANA, so nobody's: of an emulator there is no manufacturer, and an operator's CA may
/// not speak for one.
constexpr std::int64_t kNoPen = 0;

/// A token must stay readable to us and fit in a header.  2048 is Linux's COMMAND_LINE_SIZE on x86.
constexpr std::size_t kMaxCommandLine = 2048;
constexpr std::size_t kMaxApplications = 32;

/// What a token calls the machines of an anchor.  Google's names belong to Google's anchors: a CA
/// that an operator trusts could otherwise certify a machine of any project as Google's.
struct Naming {
  std::string_view model;      ///< before the technology in hwmodel
  std::int64_t manufacturer;   ///< oemid
  std::string_view instances;  ///< before the instance's path in sub
  std::string_view submodule;  ///< with the instance in it
  std::string_view software;   ///< swname; empty for no claim
};

Naming naming_of(Provenance provenance) {
  constexpr std::string_view kCompute = "https://www.googleapis.com/compute/v1/";
  switch (provenance) {
    case Provenance::google:
      return {"GCP", kGooglePen, kCompute, "gce", "GCE"};
    case Provenance::emulated:
      return {"ASSAY_EMULATED", kNoPen, kCompute, "gce", "GCE"};
    case Provenance::operator_added:
      break;
  }
  return {"ASSAY_PRIVATE", kNoPen, "urn:assay:private:", "private", ""};
}

/// The instance's selfLink; without one, the key is all that we know the machine by.
std::string subject_of(const VtpmClaims& vtpm) {
  if (!vtpm.instance) return "urn:assay:ak:" + vtpm.ak_fingerprint;
  return fmt::format("{}projects/{}/zones/{}/instances/{}", naming_of(vtpm.provenance).instances,
                     vtpm.instance->project_id, vtpm.instance->zone, vtpm.instance->instance_name);
}

/// "GCP_AMD_SEV".  Without memory encryption it is what Google calls a Shielded VM.
std::string hardware_model(const VtpmClaims& vtpm) {
  const auto technology = vtpm.machine.platform.technology;
  return fmt::format(
      "{}_{}", naming_of(vtpm.provenance).model,
      technology == ConfidentialTechnology::none ? "SHIELDED_VM" : name_of(technology));
}

/// eat_nonce is a string for one nonce and an array for several (RFC 9711 section 4.1).
void add_nonces(json::object& claims, const std::vector<std::string>& nonces) {
  if (nonces.empty()) return;
  if (nonces.size() == 1) {
    claims["eat_nonce"] = nonces.front();
  } else {
    claims["eat_nonce"] = json::array(nonces.begin(), nonces.end());
  }
}

json::object instance_claims(const GceInstance& instance) {
  return {{"zone", instance.zone},
          {"project_id", instance.project_id},
          {"project_number", std::to_string(instance.project_number)},
          {"instance_name", instance.instance_name},
          {"instance_id", std::to_string(instance.instance_id)}};
}

json::object pcr_claims(const PcrValues& bank) {
  json::object out;
  for (std::size_t i = 0; i < bank.values.size(); ++i) {
    const auto& value = bank.values[i];
    if (value) out[std::to_string(i)] = hex(value->bytes());
  }
  return out;
}

bool is_plain_text(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

/// The text where a token can carry it, its hash where not.
void add_command_line(json::object& tpm, const std::string& line) {
  if (line.size() <= kMaxCommandLine && is_plain_text(line)) {
    tpm["kernel_command_line"] = line;
  } else {
    tpm["kernel_command_line_sha256"] = sha256_hex(as_bytes(line));
  }
}

/// All of them or none: a list cut short would look complete.
void add_applications(json::object& tpm, const std::vector<Digest>& applications) {
  if (applications.size() > kMaxApplications) return;
  json::array digests;
  for (const Digest& digest : applications) digests.push_back(json::value(hex(digest.bytes())));
  tpm["efi_applications"] = std::move(digests);
}

json::object tpm_claims(const VtpmClaims& vtpm) {
  const MachineState& machine = vtpm.machine;
  json::object out = {{"bank", name_of(machine.bank)}};
  const auto bank = std::ranges::find(vtpm.pcrs, machine.bank, &PcrValues::bank);
  if (bank != vtpm.pcrs.end()) out["pcrs"] = pcr_claims(*bank);
  out["ak_fingerprint"] = vtpm.ak_fingerprint;
  out["reset_count"] = vtpm.clock.reset_count;
  if (machine.platform.gce_firmware_version) {
    out["gce_firmware_version"] = *machine.platform.gce_firmware_version;
  }
  if (machine.efi) add_applications(out, machine.efi->applications);
  if (machine.kernel_command_line) add_command_line(out, *machine.kernel_command_line);
  return out;
}

json::object submodules(const VtpmClaims& vtpm) {
  json::object out;
  if (vtpm.instance) out[naming_of(vtpm.provenance).submodule] = instance_claims(*vtpm.instance);
  out["tpm"] = tpm_claims(vtpm);
  return out;
}

/// When, by whom and for whom.
json::object registered_claims(const VtpmClaims& vtpm, const TokenRequest& request) {
  const std::int64_t now = unix_seconds(request.now);
  return {{"iss", request.issuer},
          {"sub", subject_of(vtpm)},
          {"aud", request.audience.empty() ? kDefaultAudience : std::string_view(request.audience)},
          {"iat", now},
          {"nbf", now},
          {"exp", now + request.lifetime.count()},
          {"jti", random_uuid()}};
}

}  // namespace

json::object google_claims(const Authentic<VtpmClaims>& vtpm, const TokenRequest& request) {
  json::object claims = registered_claims(*vtpm, request);
  add_nonces(claims, request.nonces);
  claims["eat_profile"] = kProfile;
  // Unknown is not "on": a policy that asks for true must not get it from silence.
  claims["secboot"] = vtpm->machine.secure_boot.enabled.value_or(false);
  const Naming naming = naming_of(vtpm->provenance);
  claims["oemid"] = naming.manufacturer;
  claims["hwmodel"] = hardware_model(*vtpm);
  // Of an emulated machine that is known by its key alone nobody says what it plays.
  const bool nameless = vtpm->provenance == Provenance::emulated && !vtpm->instance;
  if (!naming.software.empty() && !nameless) claims["swname"] = naming.software;
  if (vtpm->provenance == Provenance::emulated) claims["dbgstat"] = "enabled";
  claims["google_service_accounts"] =
      json::array(request.service_account_emails.begin(), request.service_account_emails.end());
  claims["submods"] = submodules(*vtpm);
  return claims;
}

}  // namespace assay

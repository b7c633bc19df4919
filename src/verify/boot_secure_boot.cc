// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/uefi.h"
#include "verify/boot_parts.h"
#include "verify/known_digests.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

/// One DER SEQUENCE and nothing behind it: a certificate, as far as the log is concerned.
bool is_der_sequence(Bytes data) {
  if (data.size() < 2 || data[0] != 0x30) return false;
  if (data[1] < 0x80) return data.size() == 2u + data[1];
  const std::size_t octets = data[1] & 0x7Fu;
  if (octets < 1 || octets > 4 || data.size() < 2 + octets) return false;
  std::size_t length = 0;
  for (std::size_t i = 0; i < octets; ++i) length = length << 8 | data[2 + i];
  return data.size() - 2 - octets == length;
}

constexpr std::size_t kOwnerSize = 16;
constexpr std::size_t kSha256Size = 32;

/// UEFI 2.10 section 32.4.1.  Kinds we do not know are kept: a new one is no reason to refuse.
SignatureDatabase database_of(const std::vector<SignatureEntry>& entries) {
  SignatureDatabase out;
  out.certificates.reserve(
      static_cast<std::size_t>(std::ranges::count(entries, kX509Guid, &SignatureEntry::type)));
  for (const SignatureEntry& e : entries) {
    if (e.type == kX509Guid)
      out.certificates.push_back(to_buffer(e.data));
    else if (e.type == kSha256Guid && e.data.size() == kSha256Size)
      out.hashes.push_back(to_buffer(e.data));
    else
      out.others.push_back({signature_type_name(e.type), to_buffer(e.data)});
  }
  return out;
}

bool is_empty(const SignatureDatabase& d) {
  return d.certificates.empty() && d.hashes.empty() && d.others.empty();
}

/// The variables that say what Secure Boot is, each under its own vendor.
struct NamedVariable {
  std::string_view name;
  const Guid& vendor;
  SignatureDatabase SecureBootState::* database;  ///< where its signatures go
};
constexpr std::size_t kVariables = 5;
const std::array<NamedVariable, kVariables>& named_variables() {
  static const std::array<NamedVariable, kVariables> kNamed{
      {{"SecureBoot", kEfiGlobalVariable, nullptr},
       {"PK", kEfiGlobalVariable, &SecureBootState::pk},
       {"KEK", kEfiGlobalVariable, &SecureBootState::kek},
       {"db", kEfiImageSecurityDatabase, &SecureBootState::db},
       {"dbx", kEfiImageSecurityDatabase, &SecureBootState::dbx}}};
  return kNamed;
}

std::optional<std::size_t> index_of(std::string_view name) {
  const auto& named = named_variables();
  for (std::size_t i = 0; i < named.size(); ++i)
    if (named[i].name == name) return i;
  return std::nullopt;
}

/// Reads PCR 7 in its order, which replay proves.
class SecureBootReader {
 public:
  void read(const JudgedEvent& e) {
    if (e.is(EventType::separator)) {
      os_present_ = true;
    } else if (e.is(EventType::efi_action)) {
      read_action(e);
    } else if (e.is(EventType::efi_variable_driver_config)) {
      read_variable(e);
    } else if (e.event->type == EventType::efi_variable_authority &&
               (e.trust == DataTrust::whole || e.trust == DataTrust::part)) {
      read_authority(e);
    }
  }

  SecureBootState finish(LogExtent extent, Verdict& verdict) {
    verdict.require("boot.firmware.debug", !debug_mode_, "firmware without a debugger",
                    debug_mode_ ? "\"UEFI Debug Mode\" in PCR 7" : "none",
                    "turn the firmware's debug mode off");
    verdict.require("boot.secure_boot.actions", unknown_action_.empty(),
                    "only known actions in PCR 7",
                    unknown_action_.empty() ? "none unknown" : unknown_action_,
                    "newer firmware than this version knows, or the log was changed");
    verdict.require("boot.secure_boot.variables", variable_fault_.empty(),
                    "each Secure Boot variable at most once, before the separator, well-formed",
                    variable_fault_.empty() ? "well-formed" : variable_fault_,
                    "the firmware's measurements of its variables contradict each other");
    verdict.require("boot.secure_boot.authorities", authority_fault_.empty(),
                    "authorities that are a certificate, a hash or shim's own",
                    authority_fault_.empty() ? fmt::format("{}", authorities_) : authority_fault_,
                    "newer boot loader than this version knows, or the log was changed");
    check_consistent(extent, verdict);
    return std::move(state_);
  }

 private:
  void read_action(const JudgedEvent& e) {
    const std::string_view text = as_text(e.event->data);
    if (text == kDebugMode)
      debug_mode_ = true;
    else if (text == kDmaProtectionDisabled)
      state_.dma_protection_disabled = true;
    else
      unknown_action_ = fmt::format("{}: \"{}\"", describe(*e.event), text);
  }

  void read_variable(const JudgedEvent& e) {
    const auto variable = parse_uefi_variable(e.event->data);
    if (!variable) return;  // eventlog.data.shape says so
    const auto index = index_of(variable->name);
    // CC register 1 holds other variables of the firmware too.
    const bool of_pcr7 = index || e.event->layout == RegisterLayout::tpm;
    if (os_present_ && of_pcr7) return bad_variable(e, "after the separator");
    if (!index) return;  // SetupMode, dbt, ...: measured, and not used
    const NamedVariable& named = named_variables()[*index];
    if (variable->vendor != named.vendor)
      return bad_variable(e, fmt::format("\"{}\" of another vendor", variable->name));
    if (std::exchange(seen_[*index], true))
      return bad_variable(e, fmt::format("\"{}\" twice", variable->name));
    if (named.database == nullptr) return read_enabled(e, variable->data);
    const auto entries = parse_signature_lists(variable->data);
    if (!entries) return bad_variable(e, to_string(entries.error()));
    state_.*named.database = database_of(*entries);
  }

  /// UEFI 2.10 section 3.3: SecureBoot is one byte, 1 where Secure Boot is enforced.  Firmware
  /// without the variable measures it with no data, which says neither.
  void read_enabled(const JudgedEvent& e, Bytes data) {
    if (data.size() > 1 || (data.size() == 1 && data[0] > 1))
      return bad_variable(e, "SecureBoot is neither 0 nor 1");
    if (!data.empty()) state_.enabled = data[0] == 1;
  }

  /// "The EFI_SIGNATURE_DATA (...) that was used to validate the image", PFP 1.06 section 10.4.
  void read_authority(const JudgedEvent& e) {
    const auto variable = parse_uefi_variable(e.event->data);
    if (!variable) return;
    ++authorities_;
    state_.authorities.push_back({variable->name, !os_present_});
    const bool of_shim = variable->vendor == kShimLock;
    // What shim says about itself: no image was validated with it.
    if (of_shim && (variable->name == "SbatLevel" || variable->name == "MokListTrusted")) return;
    const bool of_firmware = variable->vendor == kEfiImageSecurityDatabase &&
                             (variable->name == "db" || variable->name == "vendor_db");
    if (!of_shim && !of_firmware) return bad_authority(e, variable->name);
    Bytes data = variable->data;
    // shim before 15.3 leaves the owner out.
    if (is_der_sequence(data)) return state_.authority.certificates.push_back(to_buffer(data));
    if (data.size() <= kOwnerSize) return bad_authority(e, variable->name);
    data = data.subspan(kOwnerSize);
    if (is_der_sequence(data))
      state_.authority.certificates.push_back(to_buffer(data));
    else if (data.size() == kSha256Size)
      state_.authority.hashes.push_back(to_buffer(data));
    else
      bad_authority(e, variable->name);
  }

  void bad_variable(const JudgedEvent& e, std::string_view why) {
    if (variable_fault_.empty()) variable_fault_ = fmt::format("{}: {}", describe(*e.event), why);
  }
  void bad_authority(const JudgedEvent& e, std::string_view name) {
    if (authority_fault_.empty())
      authority_fault_ = fmt::format("{}: \"{}\" holds neither", describe(*e.event), name);
  }

  /// Secure Boot that is on has a platform key, a KEK and a db, and with them something vouched for
  /// what was booted (UEFI 2.10 section 32.3).
  void check_consistent(LogExtent extent, Verdict& verdict) const {
    constexpr const char* kId = "boot.secure_boot.consistent";
    if (!state_.enabled)
      return verdict.absent(kId, "no SecureBoot variable with a value was measured");
    if (!*state_.enabled) {
      verdict.require(kId, true, "off, or on with PK, KEK, db and an authority", "off");
      return;
    }
    std::string missing;
    const auto need = [&](bool there, std::string_view name) {
      if (!there) missing += fmt::format("{}no {}", missing.empty() ? "" : ", ", name);
    };
    need(!is_empty(state_.pk), "PK");
    need(!is_empty(state_.kek), "KEK");
    need(!is_empty(state_.db), "db");
    need(!is_empty(state_.authority), "authority");
    const bool in_part = std::find(seen_.begin(), seen_.end(), false) != seen_.end();
    if (!missing.empty() && extent == LogExtent::any && in_part)
      return verdict.absent(kId, "on; the log has not all of its variables");
    verdict.require(
        kId, missing.empty(), "off, or on with PK, KEK, db and an authority",
        missing.empty() ? "on" : "on, with " + missing,
        "Secure Boot is said to be on, but the log shows nothing that it checked: send the log "
        "of this boot whole and unchanged, or have the firmware measure its databases");
  }

  SecureBootState state_;
  bool os_present_ = false;
  bool debug_mode_ = false;
  std::size_t authorities_ = 0;
  std::array<bool, kVariables> seen_{};
  std::string unknown_action_, variable_fault_, authority_fault_;
};

}  // namespace

SecureBootState read_secure_boot(const ReplayedLog& replayed, LogExtent extent, Verdict& verdict) {
  constexpr std::uint32_t kSecureBootPcr = 7;
  SecureBootReader reader;
  for (const JudgedEvent& e : replayed.events)
    if (is_in(*e.event, kSecureBootPcr)) reader.read(e);
  return reader.finish(extent, verdict);
}

}  // namespace assay

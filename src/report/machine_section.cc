// SPDX-License-Identifier: Apache-2.0
#include "report/machine_section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string>
#include <vector>

#include "base/counted.h"
#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "verify/dbx_generation.h"
#include "verify/known_certificates.h"
#include "verify/windows_words.h"

namespace assay {

namespace {

/// A line of the table: label, value, and where the value comes from.
HtmlText line(std::string_view label, const HtmlText& value) {
  return element("tr", {element("th", {attr("scope", "row"), label}), element("td", {value})});
}
HtmlText line(std::string_view label, std::string_view value) {
  return line(label, html_escape(value));
}

HtmlText code(std::string_view text) { return element("code", {text}); }
HtmlText aside(std::string_view text) { return element("span", {attr("class", "aside"), text}); }

/// Lines, as those of SBAT, one after another.
std::string one_line(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\0')) text.pop_back();
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("; ") : std::string(1, c);
  return out;
}

HtmlText instance_line(const VtpmClaims& claims) {
  if (!claims.instance)
    return line("Instance", "not named: the attestation key's certificate names none");
  const GceInstance& i = *claims.instance;
  return line("Instance", join({element("strong", {i.instance_name}),
                                fmt::format(" ({}) in {}, project {} ({})", i.instance_id, i.zone,
                                            i.project_id, i.project_number),
                                " ", aside("by the attestation key's certificate")}));
}

std::string_view technology_words(ConfidentialTechnology technology) {
  return technology == ConfidentialTechnology::none
             ? "none: nothing protects the VM's memory from its host"
             : words_for(technology);
}

std::string firmware_words(const PlatformState& platform) {
  return platform.gce_firmware_version
             ? fmt::format("GCE Virtual Firmware v{}", *platform.gce_firmware_version)
             : fmt::format("version {}", hex(platform.scrtm_version));
}

/// By the name under which it is known, else in quotation marks by its own subject, which its maker
/// chose.
std::string certificate_words(Bytes der, std::string_view fingerprint) {
  if (const auto known = known_certificate_name(fingerprint)) return std::string(*known);
  const auto certificate = Certificate::from_der(der);
  return certificate ? fmt::format("\"{}\"", certificate->subject()) : "unreadable certificate";
}

HtmlText certificate(Bytes der) {
  const std::string fingerprint = sha256_hex(der);
  return element("li", {certificate_words(der, fingerprint), " ",
                        element("code", {attr("class", "id"), "sha256 " + fingerprint})});
}

/// Certificates by name; hashes by number where they are many, as in dbx.
HtmlText database(const SignatureDatabase& db) {
  constexpr std::size_t kNamedHashes = 8;
  HtmlText items;
  // One that vouched for several images is there once for each.
  std::set<Buffer> seen;
  for (const Buffer& der : db.certificates)
    if (seen.insert(der).second) items += certificate(der);
  if (db.hashes.size() <= kNamedHashes)
    for (const Buffer& hash : db.hashes)
      items += element("li", {"hash ", element("code", {attr("class", "id"), hex(hash)})});
  else
    items += element("li", {counted(db.hashes.size(), "hash", "hashes")});
  for (const TypedSignature& other : db.others)
    items +=
        element("li", {other.type, " ", element("code", {attr("class", "id"), hex(other.data)})});
  if (items.empty()) return html_escape("empty");
  return element("ul", {items});
}

HtmlText secure_boot_lines(const SecureBootState& state) {
  HtmlText out = line("Secure Boot", element("strong", {!state.enabled   ? "not measured: unknown"
                                                        : *state.enabled ? "on"
                                                                         : "off"}));
  out += line("Platform key (PK)", database(state.pk));
  out += line("Key exchange keys (KEK)", database(state.kek));
  out += line("May start (db)", database(state.db));
  out += line("May not start (dbx)", database(state.dbx));
  out += line("Vouched for what ran", database(state.authority));
  if (state.dma_protection_disabled) out += line("DMA protection", "disabled by the firmware");
  return out;
}

HtmlText digest_list(HtmlLiteral kind, const std::vector<Digest>& digests) {
  HtmlText items;
  for (const Digest& d : digests)
    items += element(
        "li", {element("code", {attr("class", "id"),
                                fmt::format("{} {}", name_of(d.algorithm()), hex(d.bytes()))})});
  return element(kind, {items});
}

HtmlText efi_lines(const MachineState& machine) {
  if (!machine.efi)
    return line("Programs started",
                "withheld: ExitBootServices was not measured, so more may follow");
  HtmlText out =
      line("Programs started, in order", machine.efi->applications.empty()
                                             ? html_escape("none")
                                             : digest_list("ol", machine.efi->applications));
  std::vector<Digest> drivers = machine.efi->boot_services_drivers;
  drivers.insert(drivers.end(), machine.efi->runtime_services_drivers.begin(),
                 machine.efi->runtime_services_drivers.end());
  if (!drivers.empty()) out += line("Drivers loaded", digest_list("ul", drivers));
  return out;
}

HtmlText texts(const std::vector<std::string>& all) {
  HtmlText items;
  for (const std::string& text : all) items += element("li", {code(text)});
  return element("ul", {items});
}

HtmlText windows_line(const WindowsState& windows) {
  HtmlText items;
  for (const auto& [what, answer] : windows_words(windows))
    items += element("li", {fmt::format("{}: {}", what, answer)});
  return line("Windows", element("ul", {items}));
}

HtmlText container_lines(const CosState& cos) {
  HtmlText out = line(
      "Container",
      join({cos.image_reference, " ", element("code", {attr("class", "id"), cos.image_digest})}));
  if (!cos.launched)
    out += line("Container started", cos.launch_error.empty() ? "no" : "no: " + cos.launch_error);
  if (cos.restart_policy) out += line("Restart policy", *cos.restart_policy);
  if (!cos.args.empty()) out += line("Container's arguments", texts(cos.args));
  if (!cos.override_args.empty()) out += line("Arguments put over them", texts(cos.override_args));
  const auto environment = [&out](std::string_view label, const auto& variables) {
    std::vector<std::string> all;
    for (const auto& [name, value] : variables) all.push_back(fmt::format("{}={}", name, value));
    if (!all.empty()) out += line(label, texts(all));
  };
  environment("Environment", cos.env);
  environment("Environment put over it", cos.override_env);
  if (cos.memory_monitor) out += line("Memory monitor", *cos.memory_monitor ? "on" : "off");
  if (cos.gpu_cc_mode) out += line("GPU confidential mode", *cos.gpu_cc_mode);
  return out;
}

HtmlText digest_item(std::string_view name, const Digest& digest) {
  return element(
      "li", {name, " ",
             element("code", {attr("class", "id"), fmt::format("{} {}", name_of(digest.algorithm()),
                                                               hex(digest.bytes()))})});
}

HtmlText loader_lines(const MachineState& machine) {
  HtmlText out;
  if (machine.shim && machine.shim->sbat_level)
    out += line("Revocation level of shim (SBAT)",
                element("code", {attr("class", "block"), one_line(*machine.shim->sbat_level)}));
  if (machine.uki) {
    HtmlText items;
    for (const UkiState::Section& s : machine.uki->sections) items += digest_item(s.name, s.digest);
    out += line("Unified kernel image", element("ul", {items}));
  }
  if (!machine.initrds.empty())
    out += line("Initial RAM disks", digest_list("ul", machine.initrds));
  return out;
}

std::string measured_by(const MachineState& machine) {
  std::vector<std::string_view> names;
  for (const CommandLineSource source : machine.command_line_measured_by)
    names.push_back(name_of(source));
  return fmt::format("{}", fmt::join(names, ", "));
}

HtmlText kernel_lines(const MachineState& machine) {
  HtmlText out;
  if (machine.kernel_command_line)
    out += line("Kernel command line",
                join({element("code", {attr("class", "block"), *machine.kernel_command_line}),
                      aside("measured by " + measured_by(machine))}));
  else
    out += line("Kernel command line",
                "not known: see the check boot.kernel.sources for what was measured");
  if (machine.grub && !machine.grub->files.empty()) {
    HtmlText items;
    for (const GrubState::File& f : machine.grub->files)
      items += element(
          "li",
          {element("span",
                   {attr("class", "unmeasured"),
                    attr("title", "the log's word: no digest covers it"), f.untrusted_name}),
           " ",
           element("code", {attr("class", "id"), fmt::format("{} {}", name_of(f.digest.algorithm()),
                                                             hex(f.digest.bytes()))})});
    out += line("Files that GRUB read (kernel, initial RAM disk, configuration)",
                element("ul", {items}));
  }
  return out;
}

HtmlText tpm_lines(const VtpmClaims& claims) {
  const std::string voucher =
      claims.ak_issuer.empty() ? " trusted itself" : " vouched for by " + claims.ak_issuer;
  HtmlText out = line(
      "Attestation key",
      join({element("code", {attr("class", "id"), "sha256 " + claims.ak_fingerprint}), voucher}));
  out += line("TPM",
              fmt::format("firmware {:016x}; reset {}, restarted {}; its clock ran {:.1f} hours{}",
                          claims.firmware_version, counted(claims.clock.reset_count, "time"),
                          counted(claims.clock.restart_count, "time"),
                          static_cast<double>(claims.clock.clock_ms) / 3'600'000,
                          claims.clock.safe ? "" : ", which may have stood still"));
  return out;
}

/// Register by register, as the TPM signed them.
HtmlText registers(const std::vector<PcrValues>& banks) {
  HtmlText rows;
  for (const PcrValues& bank : banks)
    for (std::size_t i = 0; i < kPcrCount; ++i)
      if (const auto& value = bank.values[i])
        rows += element(
            "tr",
            {element("th", {attr("scope", "row"), fmt::format("{} PCR {}", name_of(bank.bank), i)}),
             element("td", {element("code", {attr("class", "id"), hex(value->bytes())})})});
  return element("details",
                 {element("summary", {element("h3", {"The registers that the TPM signed"})}),
                  element("table", {attr("class", "facts"), element("tbody", {rows})})});
}

}  // namespace

HtmlText machine_section(const Authentic<VtpmClaims>& authentic) {
  const VtpmClaims& claims = *authentic;
  const MachineState& machine = claims.machine;
  HtmlText out;
  if (claims.provenance == Provenance::emulated)
    out += element("p", {attr("class", "warning"), element("strong", {"Emulated. "}),
                         "An emulator's CA vouches for this machine. That proves nothing about "
                         "hardware."});
  out += element("p", {attr("class", "note"),
                       fmt::format("As its TPM recorded it, in the {} bank. Only what a signed "
                                   "digest covers; names that nobody measured stand ",
                                   name_of(machine.bank)),
                       element("span", {attr("class", "unmeasured"), "like this"}), "."});
  HtmlText rows = instance_line(claims);
  rows +=
      line("Technology", join({element("strong", {technology_words(machine.platform.technology)}),
                               " ", aside("by the firmware's word, not the CPU's")}));
  rows += line("Firmware", firmware_words(machine.platform));
  rows += secure_boot_lines(machine.secure_boot);
  rows += efi_lines(machine);
  rows += loader_lines(machine);
  rows += kernel_lines(machine);
  if (machine.windows) rows += windows_line(*machine.windows);
  if (machine.cos) rows += container_lines(*machine.cos);
  if (claims.ima) rows += line("Files that the kernel measured (IMA)", describe(*claims.ima));
  rows += tpm_lines(claims);
  out += element("table", {attr("class", "facts"), element("tbody", {rows})});
  out += registers(claims.pcrs);
  return element("section", {attr("id", "machine"), element("h2", {"The machine"}), out});
}

}  // namespace assay

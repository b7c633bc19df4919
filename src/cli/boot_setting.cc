// SPDX-License-Identifier: Apache-2.0
#include "cli/boot_setting.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "formats/uefi.h"
#include "host/file.h"

namespace assay {

namespace {

constexpr std::size_t kMaxImage = 512 * 1024 * 1024;  // initrds are large
constexpr std::size_t kMaxList = 4 * 1024 * 1024;

tl::unexpected<Error> bad(std::string_view name, std::string_view want) {
  return fail(Fault::malformed, fmt::format("--set {}", name), std::string(want));
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads `path` and hands its content to `use`.
template <class Use>
Status with_file(std::string_view path, std::size_t max, Use use) {
  const auto content = read_file(std::string(path), max);
  if (!content) return pass_on(content);
  return use(Bytes(*content));
}

/// What is measured by its Authenticode digest must be an image.
tl::unexpected<Error> no_image(std::string_view path, std::string_view want, const Error& why) {
  return fail(
      Fault::malformed, std::string(path),
      fmt::format("want {} (PE), which this machine measures as such: {}", want, to_string(why)));
}

Status set_file(BootPart part, std::string_view path, PredictedBoot& boot) {
  return with_file(path, kMaxImage, [&](Bytes content) -> Status {
    auto done = boot.file(part, content);
    if (done || done.error().fault != Fault::malformed) return done;
    return no_image(path, fmt::format("the {} as an EFI image", words_for(part)), done.error());
  });
}

Status set_unified_kernel(std::string_view path, PredictedBoot& boot) {
  return with_file(path, kMaxImage, [&](Bytes content) -> Status {
    auto done = boot.unified_kernel(content);
    if (done || done.error().fault != Fault::malformed) return done;
    return no_image(path, "a unified kernel image", done.error());
  });
}

Status set_switch(std::string_view value, PredictedBoot& boot) {
  if (value == "on") return boot.secure_boot(PredictedBoot::SecureBootSwitch::on);
  if (value == "off") return boot.secure_boot(PredictedBoot::SecureBootSwitch::off);
  return bad("secure_boot", "want on or off");
}

Status set_firmware(std::string_view value, PredictedBoot& boot) {
  const auto version = number<std::uint32_t>(value);
  if (!version) return bad("firmware", "want the number of Google's firmware version");
  return boot.gce_firmware_version(*version);
}

Status set_technology(std::string_view value, PredictedBoot& boot) {
  if (const auto technology = technology_named(value)) return boot.technology(*technology);
  return bad("technology", "want none, sev, sev-es, sev-snp or tdx");
}

Status set_boot_order(std::string_view value, PredictedBoot& boot) {
  std::vector<std::uint16_t> order;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    const auto entry = number<std::uint16_t>(value.substr(0, end), 16);
    if (!entry) return bad("boot_order", "want numbers as in Boot####: 0001,0000");
    order.push_back(*entry);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return boot.boot_order(order);
}

/// The certificate in a file, PEM or DER, as its DER.
Result<Buffer> certificate_in(std::string_view path) {
  auto content = read_file(std::string(path), kMaxList);
  if (!content) return pass_on(content);
  if (as_text(*content).find("-----BEGIN") != std::string_view::npos) {
    const auto pem = Certificate::from_pem(as_text(*content));
    if (!pem) return pass_on(pem);
    if (pem->size() != 1) return bad(path, "want one certificate");
    return to_buffer(pem->front().der());
  }
  const auto der = Certificate::from_der(*content);
  if (!der) return pass_on(der);
  return std::move(*content);
}

/// A signed update (EFI_VARIABLE_AUTHENTICATION_2 in front of the lists, UEFI 2.10 section 8.2.2)
/// or the lists themselves.
Bytes without_authentication(Bytes file) {
  constexpr std::size_t kTime = 16, kCertificateType = 2;
  constexpr std::uint16_t kEfiGuidType = 0x0EF1;
  if (file.size() < kTime + 8) return file;
  const std::size_t size = file[kTime] | std::size_t{file[kTime + 1]} << 8 |
                           std::size_t{file[kTime + 2]} << 16 | std::size_t{file[kTime + 3]} << 24;
  const std::size_t type_at = kTime + 4 + kCertificateType;
  const unsigned type = file[type_at] | unsigned{file[type_at + 1]} << 8;
  if (type != kEfiGuidType || size > file.size() - kTime) return file;
  return file.subspan(kTime + size);
}

/// "db+=CERT", "dbx+=HASH", "dbx=FILE", ...
Status set_database(std::string_view name, std::string_view value, PredictedBoot& boot) {
  const char sign = name.empty() ? '\0' : name.back();
  if (sign != '+' && sign != '-')
    return with_file(value, kMaxList, [&](Bytes file) {
      return boot.replace_signatures(name, without_authentication(file));
    });
  const std::string_view database = name.substr(0, name.size() - 1);
  const auto hash = parse_hex("hash", value);
  Guid type = kSha256Guid;
  Buffer data;
  if (hash && hash->size() == digest_size(HashAlgorithm::sha256)) {
    data = *hash;
  } else {
    auto certificate = certificate_in(value);
    if (!certificate) return pass_on(certificate);
    type = kX509Guid;
    data = std::move(*certificate);
  }
  return sign == '+' ? boot.add_signature(database, type, data)
                     : boot.remove_signature(database, type, data);
}

bool is_database(std::string_view name) {
  if (!name.empty() && (name.back() == '+' || name.back() == '-')) name.remove_suffix(1);
  return name == "PK" || name == "KEK" || name == "db" || name == "dbx";
}

}  // namespace

Status apply_boot_setting(std::string_view setting, PredictedBoot& boot) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos) return bad(setting, "want NAME=VALUE");
  const std::string_view name = setting.substr(0, equals), value = setting.substr(equals + 1);
  constexpr std::string_view kLoaderFile = "file:";
  if (name == "shim") return set_file(BootPart::shim, value, boot);
  if (name == "bootloader") return set_file(BootPart::bootloader, value, boot);
  if (name == "kernel") return set_file(BootPart::kernel, value, boot);
  if (name == "initrd") return set_file(BootPart::initrd, value, boot);
  if (name == "uki") return set_unified_kernel(value, boot);
  if (name == "command_line" || name == "cmdline") return boot.command_line(value);
  if (name == "secure_boot") return set_switch(value, boot);
  if (is_database(name)) return set_database(name, value, boot);
  if (name == "sbat") return boot.sbat_level(value);
  if (name == "mok")
    return with_file(value, kMaxList, [&](Bytes b) { return boot.machine_owner_keys(b); });
  if (name == "firmware") return set_firmware(value, boot);
  if (name == "technology") return set_technology(value, boot);
  if (name == "boot_order") return set_boot_order(value, boot);
  if (name.starts_with(kLoaderFile))
    return with_file(value, kMaxImage, [&](Bytes b) {
      return boot.bootloader_file(name.substr(kLoaderFile.size()), b);
    });
  return bad(name, "no such setting; --help lists them");
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "emulator/synthetic_boot.h"

#include <fmt/format.h>

#include <string>

#include "crypto/certificate_builder.h"
#include "crypto/hash.h"
#include "formats/event_log_writer.h"
#include "formats/uefi_writer.h"

namespace assay {
namespace {

// What the machine boots.
constexpr std::string_view kKernel = "/boot/vmlinuz-6.1.0-28-cloud-amd64";
constexpr std::string_view kInitrd = "/boot/initrd.img-6.1.0-28-cloud-amd64";
constexpr std::string_view kRootId = "8f2c7a44-5d0e-4a19-9c53-b1a6c1d0e2f3";
constexpr std::string_view kArguments =
    "root=UUID=8f2c7a44-5d0e-4a19-9c53-b1a6c1d0e2f3 ro console=tty0 console=ttyS0,115200";

/// Whom the Secure Boot entries name as their owner.
const Guid& owner() {
  static const Guid guid_of_emulator = guid("6173736a-7900-4d65-8a6f-7468652d766d");
  return guid_of_emulator;
}

/// EFI_SIGNATURE_LIST with one entry.
Buffer signature_list(const Guid& type, Bytes entry) {
  const SignatureEntry one{type, owner(), entry};
  return write_signature_lists({&one, 1});
}

/// EFI_SIGNATURE_DATA, as authority events carry it.
Buffer signature_data(Bytes entry) { return ByteWriter().bytes(owner().bytes).bytes(entry).take(); }

/// UEFI_IMAGE_LOAD_EVENT with a file path.  PFP 1.06 section 10.2.3, UEFI 2.10 section 10.3.5.4.
Buffer image_load(std::string_view path) {
  Buffer name = utf16le(path);
  name.insert(name.end(), {0, 0});
  ByteWriter nodes;
  nodes.u8(4)
      .u8(4)
      .u16_le(static_cast<std::uint16_t>(4 + name.size()))
      .bytes(name);                   // media, file path
  nodes.u8(0x7F).u8(0xFF).u16_le(4);  // end
  const Buffer device_path = nodes.take();
  ByteWriter w;
  w.u64_le(0).u64_le(0).u64_le(0).u64_le(device_path.size());
  return w.bytes(device_path).take();
}

Result<Buffer> secure_boot_certificate(const char* name, Instant now) {
  const PrivateKey key = PrivateKey::generate_p256();
  CertificateTemplate content;
  content.subject = {{"O", "assay emulator"}, {"CN", name}};
  content.not_before = now - std::chrono::hours(1);
  content.not_after = now + std::chrono::days(30 * 365);
  const auto certificate = issue_certificate(content, key.public_key(), std::nullopt, key);
  if (!certificate) return pass_on(certificate);
  return to_buffer(certificate->der());
}

/// The certificates of Secure Boot's variables, and the one shim carries.
struct SecureBootKeys {
  Buffer pk, kek, db, shim;
};

Result<SecureBootKeys> make_secure_boot_keys(Instant now) {
  SecureBootKeys out;
  struct Named {
    const char* name;
    Buffer* into;
  };
  for (const Named& n :
       {Named{"Platform Key", &out.pk}, Named{"Key Exchange Key", &out.kek},
        Named{"Signature Database Key", &out.db}, Named{"Shim Vendor Key", &out.shim}}) {
    auto made = secure_boot_certificate(n.name, now);
    if (!made) return pass_on(made);
    *n.into = std::move(*made);
  }
  return out;
}

/// One boot, told in the order in which the machine lives it.
class Boot {
 public:
  explicit Boot(EventLogWriter& log) : log_(log) {}

  /// Google's firmware says its version and what protects the VM: UTF-16 with its NUL, and 32
  /// bytes.
  void firmware(ConfidentialTechnology technology) {
    Buffer version = utf16le("GCE Virtual Firmware v2");
    version.insert(version.end(), {0, 0});
    measure(0, EventType::s_crtm_version, version);
    measure(0, EventType::nonhost_info, gce_non_host_info(technology));
  }

  void secure_boot(const SecureBootKeys& keys) {
    const Buffer on = {1};
    const Buffer revoked =
        to_buffer(hash(HashAlgorithm::sha256, as_bytes("a revoked boot loader")).bytes());
    measure(7, kConfig, write_uefi_variable(kEfiGlobalVariable, "SecureBoot", on));
    measure(7, kConfig,
            write_uefi_variable(kEfiGlobalVariable, "PK", signature_list(kX509Guid, keys.pk)));
    measure(7, kConfig,
            write_uefi_variable(kEfiGlobalVariable, "KEK", signature_list(kX509Guid, keys.kek)));
    measure(
        7, kConfig,
        write_uefi_variable(kEfiImageSecurityDatabase, "db", signature_list(kX509Guid, keys.db)));
    measure(7, kConfig,
            write_uefi_variable(kEfiImageSecurityDatabase, "dbx",
                                signature_list(kSha256Guid, revoked)));
  }

  void boot_attempt() {
    action(4, "Calling EFI Application from Boot Option");
    for (std::uint32_t pcr = 0; pcr <= 7; ++pcr) measure(pcr, EventType::separator, Buffer(4));
  }

  void shim(const SecureBootKeys& keys) {
    measure(7, kAuthority,
            write_uefi_variable(kEfiImageSecurityDatabase, "db", signature_data(keys.db)));
    application("\\EFI\\BOOT\\BOOTX64.EFI", "shim 15.8");
    const std::string_view mok_list = "no machine owner keys";
    measure(14, EventType::ipl, as_bytes(mok_list), as_bytes(std::string_view("MokList\0", 8)));
    measure(7, kAuthority,
            write_uefi_variable(kShimLock, "SbatLevel",
                                as_bytes("sbat,1,2024040900\nshim,4\ngrub,4\n")));
    measure(7, kAuthority, write_uefi_variable(kShimLock, "Shim", signature_data(keys.shim)));
  }

  void grub() {
    application("\\EFI\\BOOT\\grubx64.efi", "grub 2.06");
    file("(hd0,gpt15)/EFI/debian/grub.cfg", "search.fs_uuid");
    command(fmt::format("search.fs_uuid {} root", kRootId));
    command("set prefix=($root)/boot/grub");
    command("configfile ($root)/boot/grub/grub.cfg");
    file("/boot/grub/grub.cfg", "menu");
    command("insmod gzio");
    command("insmod part_gpt");
    command("insmod ext2");
    command(fmt::format("search --no-floppy --fs-uuid --set=root {}", kRootId));
  }

  void linux_kernel() {
    const std::string command_line = fmt::format("{} {}", kKernel, kArguments);
    command("linux " + command_line);
    file(kKernel, "kernel");
    text("kernel_cmdline: ", command_line);
    command(fmt::format("initrd {}", kInitrd));
    file(kInitrd, "initrd");
    application(kKernel, "linux 6.1.0-28-cloud-amd64");
    action(5, "Exit Boot Services Invocation");
    action(5, "Exit Boot Services Returned with Success");
  }

 private:
  static constexpr EventType kConfig = EventType::efi_variable_driver_config;
  static constexpr EventType kAuthority = EventType::efi_variable_authority;

  /// An event whose digests are of `measured` and whose data is `data`.
  void measure(std::uint32_t pcr, EventType type, Bytes measured, Bytes data) {
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : log_.banks()) digests.push_back(hash(bank, measured));
    log_.append(pcr, type, digests, data);
  }
  /// An event that measures its own data.
  void measure(std::uint32_t pcr, EventType type, Bytes data) { measure(pcr, type, data, data); }

  void action(std::uint32_t pcr, std::string_view what) {
    measure(pcr, EventType::efi_action, as_bytes(what));
  }
  void application(std::string_view path, std::string_view image) {
    measure(4, EventType::efi_boot_services_application,
            as_bytes(fmt::format("assay virtual VM image: {}", image)), image_load(path));
  }
  /// GRUB measures a text without the prefix and the final NUL that it logs.
  void text(std::string_view prefix, std::string_view measured) {
    const std::string logged = fmt::format("{}{}{}", prefix, measured, '\0');
    measure(8, EventType::ipl, as_bytes(measured), as_bytes(logged));
  }
  void command(std::string_view measured) { text("grub_cmd: ", measured); }
  void file(std::string_view path, std::string_view content) {
    measure(9, EventType::ipl, as_bytes(fmt::format("assay virtual VM file: {}", content)),
            as_bytes(fmt::format("{}{}", path, '\0')));
  }

  EventLogWriter& log_;
};

}  // namespace

Result<Buffer> synthesize_boot(ConfidentialTechnology technology, Instant now) {
  const auto keys = make_secure_boot_keys(now);
  if (!keys) return pass_on(keys);
  EventLogWriter log({HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384});
  Boot boot(log);
  boot.firmware(technology);
  boot.secure_boot(*keys);
  boot.boot_attempt();
  boot.shim(*keys);
  boot.grub();
  boot.linux_kernel();
  return log.take();
}

}  // namespace assay

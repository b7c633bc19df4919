// SPDX-License-Identifier: Apache-2.0
#include "collect/kernel_log.h"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>

#include "formats/attestation.h"
#include "host/file.h"

namespace assay {
namespace {

constexpr int kMostTpms = 4;
constexpr const char* kName = "binary_bios_measurements";

tl::unexpected<Error> none(const std::filesystem::path& path, std::string_view why) {
  return fail(Fault::unavailable, path.string(), std::string(why));
}

}  // namespace

Result<Buffer> read_event_log(const std::filesystem::path& file) {
  auto log = read_file(file, kMaxEventLog);
  if (!log) return log;
  if (log->empty()) {
    return none(
        file,
        "is empty: the kernel exports no event log, although the firmware may have measured. It "
        "gets the log from its EFI stub, so a boot that jumps over the stub has none: let GRUB "
        "load the kernel with `linux` of an EFI build (2.06 or newer) or `linuxefi`, and boot "
        "again; or name a log with --event-log");
  }
  return log;
}

Result<Buffer> read_kernel_log(const std::filesystem::path& securityfs) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool mounted = fs::exists(securityfs, error) && !fs::is_empty(securityfs, error);
  if (error) {
    return none(securityfs, fmt::format("cannot be read: {} (run as root)", error.message()));
  }
  if (!mounted) {
    return none(
        securityfs,
        "no securityfs is mounted there, so the kernel's event log cannot be read: "
        "`mount -t securityfs none /sys/kernel/security` as root, or name a log with --event-log");
  }
  Result<Buffer> first_failure = none(securityfs / "tpm0" / kName,
                                      "is not there: the kernel exports no event log. Either there "
                                      "is no TPM driver (`ls /dev/tpm*`), or "
                                      "the kernel was booted past its EFI stub, which hands the "
                                      "log over (GRUB `linux` of an EFI build or "
                                      "`linuxefi`); or name a log with --event-log");
  bool found = false;
  for (int i = 0; i < kMostTpms; ++i) {
    const fs::path file = securityfs / fmt::format("tpm{}", i) / kName;
    const int readable = ::access(file.c_str(), R_OK) == 0 ? 0 : errno;
    if (readable == ENOENT || readable == ENOTDIR) continue;
    if (readable == EACCES)
      return none(file, "only root may read the kernel's event log: run as root");
    auto log = read_event_log(file);
    if (log) return log;
    if (!found) first_failure = std::move(log);
    found = true;
  }
  return first_failure;
}

}  // namespace assay

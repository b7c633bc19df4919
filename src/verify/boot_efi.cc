// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "verify/boot_parts.h"
#include "verify/known_digests.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::uint32_t kDriverPcr = 2, kApplicationPcr = 4, kExitPcr = 5;

bool is_action(const JudgedEvent& e, std::string_view text) {
  return e.is(EventType::efi_action) && as_text(e.event->data) == text;
}

/// Reads PCR 2, 4 and 5.  Replay proves the order within each of them, not between them.
class EfiReader {
 public:
  explicit EfiReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  /// CC register 2 is all three.
  void read(const JudgedEvent& e) {
    if (is_in(*e.event, kDriverPcr)) read_driver(e);
    if (is_in(*e.event, kApplicationPcr)) read_application(e);
    if (is_in(*e.event, kExitPcr)) exited_ = exited_ || is_action(e, kExitBootServices);
  }

  std::optional<EfiState> finish(Verdict& verdict) {
    verdict.require(
        "boot.efi.applications", fault_.empty(),
        "applications between the first boot attempt and ExitBootServices",
        fault_.empty() ? fmt::format("{}", state_.applications.size()) : fault_,
        "something extended PCR 4 after the firmware had left: the list is not of the boot");
    constexpr const char* kExit = "boot.efi.exit";
    if (!exited_) {
      // Until then more applications could have run than the log shows.
      verdict.absent(kExit, "no ExitBootServices: what ran is not known");
      return std::nullopt;
    }
    verdict.require(kExit, true, "ExitBootServices in PCR 5", "seen");
    return std::move(state_);
  }

 private:
  /// Types that the firmware measures into PCR 2 alone.
  static bool is_of_drivers(EventType type) {
    using enum EventType;
    return type == nonhost_code || type == efi_spdm_firmware_blob;
  }

  /// The firmware's drivers come before its separator; after it the OS may extend PCR 2.  Types are
  /// claims: whatever the log does not show the content of may be a driver, and what it shows as
  /// code may be the bytes that a driver's digest is of.
  void read_driver(const JudgedEvent& e) {
    if (e.is(EventType::separator) || is_action(e, kCallingApplication)) drivers_done_ = true;
    if (drivers_done_ || (e.trust != DataTrust::elsewhere && !is_of_drivers(e.event->type))) return;
    const bool also_applications = is_in(*e.event, kApplicationPcr);
    if (also_applications && e.event->type == EventType::efi_boot_services_application) return;
    auto& drivers = e.event->type == EventType::efi_runtime_services_driver
                        ? state_.runtime_services_drivers
                        : state_.boot_services_drivers;
    drivers.push_back(replayed_.digest(*e.event));
  }

  /// Every application, in order: firmware's own before the boot attempt, failed attempts, shim,
  /// boot loader and kernel alike.  What ran, ran.
  void read_application(const JudgedEvent& e) {
    if (e.is(EventType::separator)) separated_ = true;
    if (is_action(e, kCallingApplication)) read_attempt(e);
    if (is_action(e, kReturningFromApplication)) calling_ = false, returned_ = true;
    if (e.event->type != EventType::efi_boot_services_application) return refuse_hidden(e);
    if (exited_) fault_ = fmt::format("{}: after ExitBootServices", describe(*e.event));
    state_.applications.push_back(replayed_.digest(*e.event));
    state_.application_events.push_back(e.event->number);
  }

  /// Where drivers and applications share a register, the type alone tells them apart, and it is
  /// not measured: once a boot option is called, whatever the log only describes may be what ran.
  void refuse_hidden(const JudgedEvent& e) {
    if (state_.boot_attempts > 0 && e.trust == DataTrust::elsewhere && is_in(*e.event, kDriverPcr))
      fault_ = fmt::format("{}: may hide an application", describe(*e.event));
  }

  /// The first boot attempt comes before the separator, each further one after the return from the
  /// one before it.  PFP 1.06 section 3.3.4.5.
  void read_attempt(const JudgedEvent& e) {
    if (calling_ || (separated_ && !returned_))
      fault_ = fmt::format("{}: a boot attempt that cannot be here", describe(*e.event));
    calling_ = true;
    ++state_.boot_attempts;
  }

  const ReplayedLog& replayed_;
  EfiState state_;
  bool drivers_done_ = false;
  bool separated_ = false;
  bool calling_ = false;
  bool returned_ = false;
  bool exited_ = false;
  std::string fault_;
};

}  // namespace

std::optional<EfiState> read_efi(const ReplayedLog& replayed, Verdict& verdict) {
  EfiReader reader(replayed);
  for (const JudgedEvent& e : replayed.events) reader.read(e);
  return reader.finish(verdict);
}

}  // namespace assay

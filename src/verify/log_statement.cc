// SPDX-License-Identifier: Apache-2.0
#include "verify/log_statement.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/counted.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

/// What stands, from the faults of events and the checks that failed.
class Standing {
 public:
  Standing(const ReplayedLog& replayed, const Verdict& verdict)
      : replayed_(replayed), verdict_(verdict) {}

  /// No event of the registers that hold these PCRs is at fault.
  [[nodiscard]] bool untouched(std::initializer_list<std::uint32_t> pcrs) const {
    return std::none_of(replayed_.faults.begin(), replayed_.faults.end(), [&](const EventFault& f) {
      return std::any_of(pcrs.begin(), pcrs.end(),
                         [&](std::uint32_t pcr) { return is_in(*f.event, pcr); });
    });
  }
  /// No check whose id begins so failed.
  [[nodiscard]] bool passed(std::initializer_list<std::string_view> beginnings) const {
    const auto& checks = verdict_.checks();
    return std::none_of(checks.begin(), checks.end(), [&](const Check& check) {
      return check.verdict == CheckVerdict::fail &&
             std::any_of(beginnings.begin(), beginnings.end(),
                         [&](std::string_view id) { return check.id.view().starts_with(id); });
    });
  }

 private:
  const ReplayedLog& replayed_;
  const Verdict& verdict_;
};

}  // namespace

void check_format(const EventLogReading& reading, Verdict& verdict) {
  const std::size_t events = reading.log.events.size();
  const std::string got =
      reading.fault ? fmt::format("record {} at offset {}: {}; {} before it", reading.fault->event,
                                  reading.fault->offset, to_string(reading.fault->error),
                                  counted(events, "event"))
                    : counted(events, "event");
  const bool empty = reading.fault && reading.fault->error.why == "empty";
  const bool nothing = reading.log.algorithms.empty();
  verdict.require("eventlog.log.format", !reading.fault, "a TCG event log", got,
                  empty ? "the kernel exports none unless booted through its EFI stub: use GRUB's "
                          "linuxefi, or a newer GRUB or kernel"
                  : nothing ? "this is probably no event log: the boot's is "
                              "/sys/kernel/security/tpm0/binary_bios_measurements"
                            : "read the log whole and unchanged from where the firmware left it");
}

LogStatement read_statement(const EventLogReading& reading) {
  LogStatement out;
  check_format(reading, out.verdict);
  if (reading.log.algorithms.empty()) return out;  // nothing was read
  out.replayed = replay(reading.log, banks_of(reading.log));
  check_events(out.replayed, out.verdict);
  out.state = read_machine_state(out.replayed, out.verdict, LogExtent::any);
  if (reading.fault) return out;

  const Standing standing(out.replayed, out.verdict);
  constexpr std::string_view kBorders = "boot.separators.";
  out.platform_stands = standing.untouched({0}) && standing.passed({kBorders, "boot.firmware."});
  out.secure_boot_stands =
      standing.untouched({7, 14}) && standing.passed({kBorders, "boot.secure_boot."});
  out.applications_stand =
      standing.untouched({2, 4, 5}) && standing.passed({kBorders, "boot.efi."});
  out.kernel_stands =
      standing.untouched({8, 9, 11, 12}) && standing.passed({"boot.kernel.", "boot.uki."});
  out.windows_stands = standing.untouched({12, 13}) && standing.passed({"boot.windows."});
  return out;
}

}  // namespace assay

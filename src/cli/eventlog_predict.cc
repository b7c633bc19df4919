// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_predict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "cli/boot_causes.h"
#include "cli/boot_log.h"
#include "cli/boot_setting.h"
#include "cli/eventlog_file.h"
#include "host/file.h"
#include "verify/printable.h"

namespace assay {

namespace {

std::vector<std::uint32_t> changed_registers(const ReplayedLog& before, const ReplayedLog& after) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr)
    for (std::size_t i = 0; i < before.banks.size(); ++i)
      if (before.banks[i].pcrs[pcr] != after.banks[i].pcrs[pcr]) {
        out.push_back(pcr);
        break;
      }
  return out;
}

void print_registers(const ReplayedLog& before, const ReplayedLog& after,
                     const std::vector<std::uint32_t>& changed, Io io) {
  if (changed.empty()) {
    io.out << "No register will change.\n";
    return;
  }
  io.out << fmt::format("{} will change:\n", list_registers(changed, RegisterLayout::tpm));
  for (std::size_t i = 0; i < after.banks.size(); ++i) {
    io.out << fmt::format("{}:\n", name_of(after.banks[i].algorithm));
    for (const std::uint32_t pcr : changed)
      io.out << fmt::format("  {:<2}: {}\n  was {}\n", pcr, hex(after.banks[i].pcrs[pcr].bytes()),
                            hex(before.banks[i].pcrs[pcr].bytes()));
  }
}

}  // namespace

const char* const kPredictSettings =
    "Settings of --set:\n"
    "  kernel=FILE initrd=FILE shim=FILE bootloader=FILE   another file\n"
    "  uki=FILE                 another unified kernel image\n"
    "  command_line=TEXT        the kernel's arguments, without the image's path\n"
    "  file:PATH=FILE           a file that GRUB reads, PATH as in the log\n"
    "  secure_boot=on|off       on only where it was on: else it cannot be told\n"
    "  db+=CERT db-=CERT        add or remove a certificate, PEM or DER; also PK, KEK\n"
    "  dbx+=SHA256 dbx=FILE     revoke an image; replace the list (or signed update)\n"
    "  sbat=TEXT mok=FILE       shim's SBAT level; the content of MokList\n"
    "  firmware=N technology=none|sev|sev-es|sev-snp|tdx   Google's firmware\n"
    "  boot_order=0001,0000\n";

int run_eventlog_predict(const EventLogPredictOptions& options, Io io) {
  const auto recorded = BootLog::read(options.log);
  if (!recorded) return explain(io, recorded.error());
  const BootLog* const logs[] = {recorded->get()};
  const RefusalForm form = options.json ? RefusalForm::json : RefusalForm::text;
  if (!all_stand(logs)) return refuse(logs, form, io);
  if ((*recorded)->log().layout == RegisterLayout::cc)
    return refuse(Error{Fault::malformed, options.log, std::string(kNotOfCcRegisters)}, form, io);
  PredictedBoot boot((*recorded)->replayed());
  for (const std::string& setting : options.set)
    if (const auto done = apply_boot_setting(setting, boot); !done)
      return explain_start(io, done.error());
  for (const std::string& remark : boot.remarks())
    io.err << fmt::format("assay: {}\n", printable(remark));
  const Buffer log = boot.log();
  const auto predicted = BootLog::of("the predicted log", log);
  if (const Check* failure = predicted->verdict().first_failure())
    return explain(
        io, {Fault::unavailable, "--set",
             fmt::format("no machine would log such a boot: {}: {}", failure->id, failure->got)});
  const ReplayedLog& before = (*recorded)->replayed();
  const ReplayedLog& after = predicted->replayed();
  const auto changed = changed_registers(before, after);
  if (!options.output.empty())
    if (const auto written = write_file(options.output, log, FileAccess::everybody); !written)
      return explain(io, written.error());
  if (!options.json) {
    print_registers(before, after, changed, io);
    return kAccepted;
  }
  json::array registers;
  for (const std::uint32_t pcr : changed) registers.push_back(pcr);
  io.out << pretty_json(json::object{{"format", format_name(predicted->log())},
                                     {"events", after.events.size()},
                                     {"banks", banks_json(after)},
                                     {"changed", registers}});
  return kAccepted;
}

}  // namespace assay

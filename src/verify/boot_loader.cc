// SPDX-License-Identifier: Apache-2.0
#include "verify/boot_command_line.h"
#include "verify/boot_grub.h"
#include "verify/boot_uki.h"
#include "verify/linux_stub.h"

namespace assay {

LoaderReading read_loader(const ReplayedLog& replayed, Verdict& verdict) {
  GrubReading grub = read_grub(replayed);
  UkiReader uki(replayed);
  CommandLineReader line(replayed);
  LoaderReading out;
  for (const JudgedEvent& e : replayed.events) {
    uki.read(e);
    line.read(e);
    if (stub_part(*e.event) == StubPart::initrd) out.initrds.push_back(replayed.digest(*e.event));
  }
  out.uki = uki.finish(verdict);
  if (out.uki)
    if (const Digest* const initrd = find_section(*out.uki, ".initrd"))
      out.initrds.push_back(*initrd);
  out.command_line = line.finish(grub, out.uki, verdict);
  out.unexplained_options = line.unexplained(out.command_line);
  out.grub = std::move(grub.grub);
  return out;
}

}  // namespace assay

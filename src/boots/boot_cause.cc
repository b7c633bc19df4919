// SPDX-License-Identifier: Apache-2.0
#include "boots/boot_cause.h"

#include <algorithm>
#include <initializer_list>

namespace assay {

namespace {

/// What a change of one part means, in the order of weight.
struct Meaning {
  BootPart part;
  std::string_view words, advice;
  std::initializer_list<BootPart> brings;  ///< what usually changes with it
};

using enum BootPart;

const Meaning kMeanings[] = {
    {secure_boot,
     "Secure Boot was switched",
     "switch it back, unless you did it: with Secure Boot off nothing checks what boots",
     {authority, settings}},
    {technology,
     "the machine is protected by another technology",
     "look at the type of the VM: it was created anew, or moved to other hardware",
     {}},
    {firmware,
     "the firmware was updated",
     "allow the new firmware version if your provider announced it",
     {settings, driver}},
    {keys,
     "the Secure Boot keys were changed",
     "compare the keys by name: Microsoft's move from its 2011 to its 2023 certificates is "
     "expected, keys that you do not know are not",
     {authority}},
    {dbx,
     "the revocation list (dbx) was updated",
     "raise the policy's minimum to the new list: what it revokes must not come back",
     {}},
    {shim,
     "shim was updated",
     "allow the new shim if your distribution published it",
     {authority, mok}},
    {mok,
     "the machine owner's keys were changed",
     "look at `mokutil --list-enrolled`: somebody enrolled or removed a key",
     {}},
    {bootloader,
     "the boot loader was replaced",
     "allow the new one if your distribution published it",
     {bootloader_config, authority}},
    {kernel,
     "the kernel was replaced",
     "allow the new kernel if you installed it",
     {initrd, bootloader_config, authority}},
    {initrd,
     "the initial RAM disk was rebuilt",
     "allow its new digest if you rebuilt it: it holds the programs that run first",
     {bootloader_config}},
    {command_line,
     "the kernel command line was changed",
     "compare the words: allow the new ones, or undo the change in the boot loader's configuration",
     {bootloader_config}},
    {extension,
     "a system extension, add-on or credential came, went or changed",
     "allow it if you installed it",
     {}},
    {bootloader_config,
     "the boot loader's configuration was changed",
     "compare the commands: another menu entry or module may be all",
     {}},
    {authority,
     "another key vouched for what ran",
     "compare the names: a newly signed shim or kernel does this",
     {}},
    {driver,
     "drivers of the firmware or of devices changed",
     "a device was added or removed, or its firmware updated",
     {}},
    {partition_table,
     "the boot disk or its partitions changed",
     "expected after a resize or on another disk; seal nothing to PCR 5",
     {}},
    {flow,
     "the boot took another course",
     "a boot attempt failed, or the log ends early: look at the events",
     {}},
    {settings,
     "firmware settings or tables changed",
     "noise on most machines: boot order, memory map, device tables; seal nothing to PCR 1",
     {}},
    {other, "something changed that this version cannot name", "look at the events", {}},
};

void add_pcr(std::vector<std::uint32_t>& pcrs, std::uint32_t pcr) {
  if (std::find(pcrs.begin(), pcrs.end(), pcr) == pcrs.end()) pcrs.push_back(pcr);
}

/// Moves the changes of one part from what is left to explain into `out`.
void take(BootPart part, std::vector<const BootChange*>& left, std::vector<const BootChange*>& out,
          std::vector<std::uint32_t>& pcrs) {
  std::erase_if(left, [&](const BootChange* change) {
    if (change->part != part) return false;
    out.push_back(change);
    add_pcr(pcrs, change->pcr);
    return true;
  });
}

bool has(const std::vector<const BootChange*>& changes, BootPart part) {
  return std::any_of(changes.begin(), changes.end(),
                     [part](const BootChange* c) { return c->part == part; });
}

}  // namespace

std::vector<BootCause> likely_causes(const BootDiff& diff) {
  std::vector<const BootChange*> left;
  for (const BootChange& c : diff.changes) left.push_back(&c);
  std::vector<BootCause> out;
  for (const Meaning& m : kMeanings) {
    if (!has(left, m.part)) continue;
    BootCause cause{m.part, m.words, m.advice, {}, {}, {}};
    take(m.part, left, cause.evidence, cause.pcrs);
    for (const BootPart brought : m.brings) take(brought, left, cause.following, cause.pcrs);
    std::sort(cause.pcrs.begin(), cause.pcrs.end());
    out.push_back(std::move(cause));
  }
  return out;
}

}  // namespace assay

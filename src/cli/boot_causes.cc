// SPDX-License-Identifier: Apache-2.0
#include "cli/boot_causes.h"

#include <fmt/format.h>

#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::size_t kMostShown = 8;

std::string event_of(const BootChange& change) {
  const Event* e = change.after != nullptr ? change.after : change.before;
  return fmt::format("{:<6} event {}", register_name(change.pcr, e->layout), e->number);
}

void print_changes(const std::vector<const BootChange*>& changes, std::string_view lead, Io io) {
  for (std::size_t i = 0; i < changes.size() && i < kMostShown; ++i)
    io.out << fmt::format("     {:<16} {}{}\n", event_of(*changes[i]), lead, changes[i]->words);
  if (changes.size() > kMostShown)
    io.out << fmt::format("     and {} more; --json has all\n", changes.size() - kMostShown);
}

json::array registers(const std::vector<std::uint32_t>& pcrs) {
  json::array out;
  for (const std::uint32_t pcr : pcrs) out.push_back(pcr);
  return out;
}

void print_causes(const std::vector<BootCause>& causes, RegisterLayout layout, Io io) {
  std::size_t number = 0;
  for (const BootCause& cause : causes) {
    io.out << fmt::format("{:>2}. {}  ({})\n", ++number, cause.words,
                          list_registers(cause.pcrs, layout));
    print_changes(cause.evidence, "", io);
    print_changes(cause.following, "with it: ", io);
    io.out << fmt::format("     What to do: {}.\n", cause.advice);
  }
}

}  // namespace

std::string list_registers(const std::vector<std::uint32_t>& pcrs, RegisterLayout layout) {
  const bool tpm = layout == RegisterLayout::tpm;
  std::string out = tpm ? "PCR " : "";
  for (std::size_t i = 0; i < pcrs.size(); ++i)
    out += fmt::format("{}{}",
                       i == 0                 ? ""
                       : i + 1 == pcrs.size() ? " and "
                                              : ", ",
                       tpm ? std::to_string(pcrs[i]) : register_name(pcrs[i], layout));
  return out;
}

void print_diff(const BootDiff& diff, const std::vector<BootCause>& causes, const DiffWords& words,
                Io io) {
  if (diff.pcrs.empty()) {
    io.out << words.same << "\n";
    return;
  }
  io.out << fmt::format("{} {}\n", list_registers(diff.pcrs, diff.layout),
                        diff.pcrs.size() == 1 ? words.differs : words.differ);
  print_causes(causes, diff.layout, io);
}

json::object to_json(const BootDiff& diff, const std::vector<BootCause>& causes) {
  json::array kinds, explained;
  for (const BootPart part : diff.parts()) kinds.push_back(json::value(name_of(part)));
  for (const BootCause& c : causes)
    explained.push_back(json::object{{"kind", name_of(c.part)},
                                     {"words", c.words},
                                     {"advice", c.advice},
                                     {"registers", registers(c.pcrs)}});
  return {{"differ", !diff.pcrs.empty()},
          {"registers", registers(diff.pcrs)},
          {"kinds", kinds},
          {"changes", to_json(diff.changes)},
          {"causes", explained}};
}

}  // namespace assay

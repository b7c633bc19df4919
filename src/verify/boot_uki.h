// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "verify/machine_state.h"
#include "verify/replayed_log.h"

namespace assay {

/// Reads PCR 11: pairs of events, each naming a section.  Of the first the name is measured, of the
/// second the content.  systemd-stub, measure_sections.
class UkiReader {
 public:
  explicit UkiReader(const ReplayedLog& replayed) : replayed_(replayed) {}

  void read(const JudgedEvent& e);
  /// With the check boot.uki.sections.
  std::optional<UkiState> finish(Verdict& verdict);

 private:
  void read_folded(const JudgedEvent& e);
  void read_section(const JudgedEvent& e, std::string_view section);
  void bad(const JudgedEvent& e);

  const ReplayedLog& replayed_;
  UkiState state_;
  std::string_view named_;
  const Event* foreign_ = nullptr;
  std::string fault_;
};

/// The digest of the section of that name; nullptr where the image has none.
const Digest* find_section(const UkiState& uki, std::string_view name);

}  // namespace assay

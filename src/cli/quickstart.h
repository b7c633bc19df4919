// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/io.h"
#include "cli/story.h"

namespace assay {

/// `assay quickstart`: the whole story on one machine, without hardware.
struct QuickstartOptions {
  /// Keeps what the run makes; empty: a temporary directory, removed at the end.
  std::filesystem::path state;
  enum class Afterwards { end, stay_up } afterwards = Afterwards::stay_up;
  StoryForm form = StoryForm::text;
};

/// Lives through attest, verify, token, release, what must fail, and the log; 0 if all went as
/// told.
int run_quickstart(const QuickstartOptions& options, Io io);

}  // namespace assay

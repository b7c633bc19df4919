// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>

#include "cli/io.h"

namespace assay {

/// What the command line asked for; a command's callback fills it.
using Job = std::function<int(Io)>;

/// Makes a command's flags members of a fresh `Flags`, and runs `run(flags, io)` for it.
template <class Flags, class Run>
std::shared_ptr<Flags> on(CLI::App* command, Job& job, Run run) {
  auto flags = std::make_shared<Flags>();
  command->callback([command, flags, run, &job] {
    // A command with subcommands is called back too when one of them was named.
    if (command->get_subcommands().empty()) job = [flags, run](Io io) { return run(*flags, io); };
  });
  return flags;
}

}  // namespace assay

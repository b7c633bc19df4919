// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>

#include "cli/io.h"

namespace assay {

/// Answers a command line that cannot be parsed: help or version where it asked for them
/// (kAccepted); else kUsage, with one line that names the command and the word that is wrong, and
/// the one that was probably meant.  A group of commands that was named alone says which it has.
int answer_wrong_words(const CLI::App& app, const CLI::ParseError& error, Io io);

}  // namespace assay

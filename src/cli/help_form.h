// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>
#include <string>

namespace assay {

/// How --help looks: each option with what it takes on the left, and what it is for on the right,
/// in at most 80 columns; what may be left out has its default, what may not says so.
class HelpForm : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
};

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Validators.hpp>
#include <map>
#include <string>
#include <vector>

namespace assay {

/// For an option whose value is one of these names, each of which stands for an enumerator.
template <class Enum>
CLI::Validator choice(const std::map<std::string, Enum>& names) {
  return CLI::Validator(
      [names](std::string& given) {
        const auto found = names.find(given);
        if (found == names.end()) {
          std::vector<std::string> known;
          for (const auto& [name, value] : names) known.push_back(name);
          return fmt::format("want {}, got {}", fmt::join(known, " or "), given);
        }
        given = std::to_string(static_cast<int>(found->second));
        return std::string();
      },
      "");
}

}  // namespace assay

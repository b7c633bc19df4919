// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "cli/command_line.h"

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  // https://no-color.org: "when present and not an empty string".
  const std::string_view no_colour = environment("NO_COLOR"), terminal = environment("TERM");
  const bool colour = ::isatty(STDOUT_FILENO) != 0 && no_colour.empty() && terminal != "dumb";
  const assay::Io io{std::cout, std::cerr, colour};
  // Exceptions are for running out of memory and for faults of a library or of our own.
  try {
    const int code = assay::run_command_line(argc, argv, io);
    std::cout.flush();
    if (std::cout || code != assay::kAccepted) return code;
    std::cerr << "assay: standard output: cannot write\n";
    return assay::kUnavailable;
  } catch (const std::exception& error) {
    std::cerr << "assay: internal: " << error.what() << "\n";
    return assay::kInternal;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "fuzz.h"

/// Runs a target over every file of the folders named: the regression test of a plain build.  A
/// folder without a file fails, for it would test nothing.
int main(int count, char** arguments) {
  std::size_t seeds = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      std::cout << entry.path().filename().string() << std::endl;
      std::ifstream file(entry.path(), std::ios::binary);
      const assay::Buffer in(std::istreambuf_iterator<char>(file), {});
      fuzz(in);
      ++seeds;
    }
  }
  if (seeds > 0) return 0;
  std::cerr << "no seed found\n";
  return 1;
}

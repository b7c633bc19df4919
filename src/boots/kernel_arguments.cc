// SPDX-License-Identifier: Apache-2.0
#include "boots/kernel_arguments.h"

#include "verify/grub_command.h"

namespace assay {

std::size_t kernel_arguments_at(std::string_view text, GrubText kind) {
  const auto after_word = [text](std::size_t from) {
    const std::size_t space = text.find(' ', from);
    return space == std::string_view::npos ? text.size() : space + 1;
  };
  if (kind != GrubText::command) return after_word(0);
  return after_word(after_word(text.size() - unwrapped(text).size()));
}

}  // namespace assay

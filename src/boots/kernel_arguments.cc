// SPDX-License-Identifier: Apache-2.0
#include "boots/kernel_arguments.h"

#include <algorithm>

namespace assay {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::size_t kernel_arguments_at(std::string_view text, GrubText kind) {
  const auto after_word = [text](std::size_t from) {
    const std::size_t space = text.find(' ', from);
    return space == std::string_view::npos ? text.size() : space + 1;
  };
  const std::size_t path = kind == GrubText::command ? after_word(0) : 0;
  return after_word(path);
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "store/secret_name.h"

#include <algorithm>

namespace assay {

Status check_secret_name(std::string_view name) {
  const bool allowed = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (allowed && !name.empty() && name.size() <= 128) return {};
  return fail(Fault::malformed, "secret name",
              "wanted 1 to 128 of letters, digits, '.', '_' and '-'");
}

tl::unexpected<Error> no_such_secret(std::string_view name) {
  return fail(Fault::unavailable, "secret " + std::string(name), "there is none of this name");
}

}  // namespace assay

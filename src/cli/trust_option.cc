// SPDX-License-Identifier: Apache-2.0
#include "cli/trust_option.h"

#include "host/file.h"

namespace assay {
namespace {

constexpr std::size_t kMaxTrustFile = 1024 * 1024;

}  // namespace

Result<Trust> load_trust(const std::string& name) {
  if (name == "google") return google_trust();
  const auto file = read_file(name, kMaxTrustFile);
  if (!file) return pass_on(file);
  return parse_trust(name, as_text(*file));
}

Result<Trust> load_service_trust(const std::vector<std::string>& names, ServiceMode mode) {
  if (names.empty()) {
    return fail(Fault::malformed, "--trust",
                "nothing is trusted: name a trust file, or `google` for Google's keys");
  }
  Trust all;
  for (const std::string& name : names) {
    auto one = load_trust(name);
    if (!one) return pass_on(one);
    if (one->emulated() && mode == ServiceMode::production) {
      return fail(Fault::untrusted, "--trust " + name,
                  "vouches for emulated machines, which prove nothing about hardware; "
                  "add --dev to believe them all the same");
    }
    if (const Status added = add_trust(all, "--trust " + name, std::move(*one)); !added) {
      return pass_on(added);
    }
  }
  return all;
}

}  // namespace assay

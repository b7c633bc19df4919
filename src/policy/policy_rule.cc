// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_rule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hex.h"

namespace assay {

namespace {

constexpr HashAlgorithm kAlgorithms[] = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                         HashAlgorithm::sha384, HashAlgorithm::sha512};

}  // namespace

std::string_view name_of(PolicyArea area) {
  switch (area) {
    case PolicyArea::evidence:
      return "evidence";
    case PolicyArea::platform:
      return "platform";
    case PolicyArea::secure_boot:
      return "secure_boot";
    case PolicyArea::applications:
      return "applications";
    case PolicyArea::drivers:
      return "drivers";
    case PolicyArea::kernel:
      return "kernel";
    case PolicyArea::container:
      return "container";
    case PolicyArea::instance:
      return "instance";
    case PolicyArea::tpm:
      return "tpm";
  }
  return "unknown";
}

std::string one_of(const std::vector<std::string>& values) {
  if (values.empty()) return "nothing: the list is empty";
  if (values.size() == 1) return values.front();
  return fmt::format("{} or {}", fmt::join(values.begin(), values.end() - 1, ", "), values.back());
}

std::string all_of_them(const std::vector<std::string>& values) {
  return values.empty() ? "nothing" : fmt::format("{}", fmt::join(values, ", "));
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with('*')) return pattern == text;
  return text.starts_with(pattern.substr(0, pattern.size() - 1));
}

Result<Digest> read_digest(const TomlItem& item) {
  const auto text = item.text();
  if (!text) return pass_on(text);
  const auto colon = text->find(':');
  const std::string_view digits = colon == std::string::npos
                                      ? std::string_view(*text)
                                      : std::string_view(*text).substr(colon + 1);
  const auto bytes = parse_hex(item.name(), digits);
  if (!bytes) return item.refuse(fmt::format("\"{}\": {}", *text, bytes.error().why));
  for (const HashAlgorithm algorithm : kAlgorithms) {
    if (bytes->size() != digest_size(algorithm)) continue;
    if (colon != std::string::npos &&
        std::string_view(*text).substr(0, colon) != name_of(algorithm))
      continue;
    return Digest(algorithm, *bytes);
  }
  return item.refuse(
      fmt::format("\"{}\": want a digest in hexadecimal, as in \"sha256:64 digits\"", *text));
}

Result<std::vector<Digest>> read_digests(const TomlItem& item) {
  const auto elements = item.elements();
  if (!elements) return item.wants("a list of digests");
  std::vector<Digest> out;
  for (const TomlItem& element : *elements) {
    auto digest = read_digest(element);
    if (!digest) return pass_on(digest);
    out.push_back(*digest);
  }
  return out;
}

std::string show(const Digest& digest) {
  return fmt::format("{}:{}", name_of(digest.algorithm()), hex(digest.bytes()));
}

std::vector<std::string> show(const std::vector<Digest>& digests) {
  std::vector<std::string> out;
  for (const Digest& digest : digests) out.push_back(show(digest));
  return out;
}

std::string bank_hint(HashAlgorithm bank, const std::vector<Digest>& allowed) {
  const bool any = std::any_of(allowed.begin(), allowed.end(),
                               [&](const Digest& d) { return d.algorithm() == bank; });
  if (any || allowed.empty()) return {};
  return fmt::format(
      "the machine was judged in its {0} bank, and the policy has no {0} digests: "
      "add them (`assay verify --json` prints them), or set evidence.only_bank",
      name_of(bank));
}

}  // namespace assay

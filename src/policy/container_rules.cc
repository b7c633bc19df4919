// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "policy/policy_rule.h"
#include "verify/printable.h"

namespace assay {

namespace {

constexpr const char* kNoContainer =
    "the evidence has no log of Container-Optimized OS: attest inside its workload";

/// What a rule about the container is about.
struct ContainerWords {
  std::string_view id;
  std::string_view subject;  ///< of the rule's sentence
  std::vector<std::string> (*of)(const CosState&);
};

/// Everything matches one of the patterns.
Result<PolicyRule> matching(const TomlItem& item, const ContainerWords& words) {
  const auto allowed = item.texts();
  if (!allowed) return pass_on(allowed);
  return PolicyRule{
      std::string(words.id), PolicyArea::container, PolicyScope::machine,
      fmt::format("{} is {}.", words.subject, one_of(*allowed)),
      [allowed = *allowed, of = words.of](const PolicySubject& subject) {
        const auto& cos = subject.machine.cos;
        if (!cos) return PolicyFinding{false, one_of(allowed), "no container", kNoContainer};
        if (!cos->launched || !cos->launch_error.empty())
          return PolicyFinding{false, one_of(allowed), "a container that was not launched",
                               "the launcher's log ends before it handed over: send it whole"};
        std::vector<std::string> found = of(*cos), foreign;
        for (const std::string& value : found)
          if (std::none_of(allowed.begin(), allowed.end(), [&](const std::string& pattern) {
                return matches_pattern(pattern, value);
              }))
            foreign.push_back(value);
        return PolicyFinding{
            foreign.empty(), one_of(allowed),
            printable(foreign.empty() ? all_of_them(found) : "also " + all_of_them(foreign)),
            "another container, or another way to start it: if that is wanted, "
            "list it"};
      }};
}

Result<PolicyRule> image_digests(const TomlItem& item) {
  if (const auto digests = read_digests(item); !digests) return pass_on(digests);
  return matching(item, {"policy.container.digest", "The container's image",
                         [](const CosState& c) { return std::vector{c.image_digest}; }});
}

Result<PolicyRule> image_references(const TomlItem& item) {
  return matching(item, {"policy.container.reference", "The container's image reference",
                         [](const CosState& c) { return std::vector{c.image_reference}; }});
}

Result<PolicyRule> override_args(const TomlItem& item) {
  return matching(item,
                  {"policy.container.override_args", "Each argument put over the container's own",
                   [](const CosState& c) { return c.override_args; }});
}

Result<PolicyRule> override_env(const TomlItem& item) {
  return matching(item,
                  {"policy.container.override_env",
                   "Each environment variable put over the container's own", [](const CosState& c) {
                     std::vector<std::string> out;
                     for (const auto& [name, value] : c.override_env)
                       out.push_back(name + "=" + value);
                     return out;
                   }});
}

}  // namespace

const PolicySection& container_rules() {
  static const PolicySection kSection{"container",
                                      {{"image_digests", image_digests},
                                       {"image_references", image_references},
                                       {"override_args", override_args},
                                       {"override_env", override_env}}};
  return kSection;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "policy/toml_item.h"
#include "verify/vtpm.h"

namespace assay {

/// What a policy has to speak about, or to say of that it accepts any.
enum class PolicyArea {
  evidence,
  platform,
  secure_boot,
  applications,
  drivers,
  kernel,
  container,
  instance,
  tpm,
};
/// "secure_boot", as a policy writes it.
std::string_view name_of(PolicyArea area);

/// What a rule is asked of.
struct PolicySubject {
  const MachineState& machine;
  const VtpmClaims* claims = nullptr;  ///< nullptr where only a machine is judged
  Instant now;
};

/// A rule's answer, in words.
struct PolicyFinding {
  bool holds;
  std::string expected, got;
  std::string hint;  ///< what to do where it does not hold
};

/// Whether a rule needs more than the machine's state.
enum class PolicyScope { machine, attestation };

/// One rule of a policy; one check.
struct PolicyRule {
  std::string id;  ///< of the check: "policy.secure_boot.required"
  PolicyArea area;
  PolicyScope scope;
  std::string sentence;  ///< the rule in plain words, with a full stop
  std::function<PolicyFinding(const PolicySubject&)> ask;
};

/// A key of a policy's section: how its value becomes a rule.
struct PolicyKey {
  std::string_view name;
  Result<PolicyRule> (*read)(const TomlItem& item);
};
struct PolicySection {
  std::string_view name;
  std::vector<PolicyKey> keys;
};
const PolicySection& platform_rules();
const PolicySection& secure_boot_rules();
const PolicySection& application_rules();
const PolicySection& driver_rules();
const PolicySection& kernel_rules();
const PolicySection& container_rules();
const PolicySection& instance_rules();
const PolicySection& tpm_rules();

/// What a policy that lists kernels, initial RAM disks or sections and not GRUB's files asks
/// besides: names in the log are not measured, so these can pass for other files.
PolicyRule no_grub_files_rule();

/// A list in words: "a, b or c"; "nothing: the list is empty".
std::string one_of(const std::vector<std::string>& values);
/// "a, b, c", "nothing".
std::string all_of_them(const std::vector<std::string>& values);

/// Equal, or where the pattern ends with * its beginning is equal.
bool matches_pattern(std::string_view pattern, std::string_view text);

/// "sha256:HEX", or hexadecimal alone, whose length tells the algorithm.
Result<Digest> read_digest(const TomlItem& item);
Result<std::vector<Digest>> read_digests(const TomlItem& item);
/// "sha256:HEX".
std::string show(const Digest& digest);
std::vector<std::string> show(const std::vector<Digest>& digests);
/// What to do where a policy has digests of other banks than the state's; empty where it has not.
std::string bank_hint(HashAlgorithm bank, const std::vector<Digest>& allowed);

}  // namespace assay

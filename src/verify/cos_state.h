// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "formats/cel.h"
#include "verify/check.h"

namespace assay {

/// What Container-Optimized OS (Confidential Space) measured about the container that it started.
struct CosState {
  std::string image_reference;
  std::string image_digest;  ///< "sha256:..."
  std::string image_id;
  std::optional<std::string> restart_policy;  ///< "Always", "OnFailure" or "Never"
  std::vector<std::string> args;
  std::map<std::string, std::string> env;  ///< of a name set twice, the later value
  std::vector<std::string> override_args;  ///< given by the operator over the image's
  std::map<std::string, std::string> override_env;
  bool launched = false;     ///< the launcher handed over to the container
  std::string launch_error;  ///< why it could not, in its words; empty where it could
  std::optional<bool> memory_monitor;
  std::optional<std::string> gpu_cc_mode;  ///< "UNSET", "ON", "OFF" or "DEVTOOLS"
  std::optional<Buffer> gpu_attestation_binding;
  bool operator==(const CosState&) const = default;
};

/// The register of COS events: PCR 13 of a vTPM, RTMR3 of TDX.
inline constexpr CelRegister kCosPcr{CelRegister::Kind::pcr, 13};
inline constexpr CelRegister kCosCcMr{CelRegister::Kind::cc_mr, 4};

/// Reads the state of COS events that are all in `where`, with the checks cel.cos.*: nothing of
/// an event is used unless all its digests are of its content.  Nothing where a check fails.  It is
/// authentic only if the log's replay was accepted too.
std::optional<CosState> read_cos(const CelLog& log, CelRegister where, Verdict& verdict);

/// {"image_reference","image_digest",...}, for people and programs.
json::object to_json(const CosState& state);

}  // namespace assay

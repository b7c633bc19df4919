// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "http/message.h"
#include "services/identity_token.h"

namespace assay {

/// What the attestation API lets a caller do, by Google's names.
namespace permission {
inline constexpr std::string_view kChallengesCreate = "confidentialcomputing.challenges.create";
inline constexpr std::string_view kChallengesVerify = "confidentialcomputing.challenges.verify";
inline constexpr std::string_view kLocationsGet = "confidentialcomputing.locations.get";
inline constexpr std::string_view kLocationsList = "confidentialcomputing.locations.list";
}  // namespace permission

/// Whether `role` ("roles/confidentialcomputing.workloadUser") holds `permission`.  Unknown roles
/// hold nothing.  Google Cloud IAM, "Confidential Computing roles and permissions".
bool role_holds(std::string_view role, std::string_view permission);

/// Who sends `request`, by its bearer token.  Fault::untrusted says why nobody can tell.
Result<Caller> authenticate_caller(const HttpRequest& request, const Trust& trust, Instant now);

/// Whether a grant of the caller's own issuer gives it `permission` in `project`, which is compared
/// as it was spelled: a grant for a project id says nothing about its number.
bool is_granted(const Caller& caller, std::string_view permission, std::string_view project);

}  // namespace assay

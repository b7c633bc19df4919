// SPDX-License-Identifier: Apache-2.0
#include "services/caller.h"

#include <algorithm>
#include <array>

namespace assay {
namespace {

struct RolePermission {
  std::string_view role, permission;
};

constexpr std::string_view kAdmin = "roles/confidentialcomputing.admin";
constexpr std::string_view kViewer = "roles/confidentialcomputing.viewer";
constexpr std::string_view kWorkloadUser = "roles/confidentialcomputing.workloadUser";
constexpr std::string_view kGkeWorkloadUser = "roles/confidentialcomputing.gkeWorkloadUser";

constexpr std::array kHolds = {
    RolePermission{kAdmin, permission::kChallengesCreate},
    RolePermission{kAdmin, permission::kChallengesVerify},
    RolePermission{kAdmin, permission::kLocationsGet},
    RolePermission{kAdmin, permission::kLocationsList},
    RolePermission{kViewer, permission::kLocationsGet},
    RolePermission{kViewer, permission::kLocationsList},
    RolePermission{kWorkloadUser, permission::kChallengesCreate},
    RolePermission{kWorkloadUser, permission::kChallengesVerify},
    RolePermission{kWorkloadUser, permission::kLocationsGet},
    RolePermission{kWorkloadUser, permission::kLocationsList},
    // May create but not use challenges here: it holds challenges.verifygke, a method not served.
    RolePermission{kGkeWorkloadUser, permission::kChallengesCreate},
    RolePermission{kGkeWorkloadUser, permission::kLocationsGet},
    RolePermission{kGkeWorkloadUser, permission::kLocationsList},
};

}  // namespace

bool role_holds(std::string_view role, std::string_view permission) {
  return std::any_of(kHolds.begin(), kHolds.end(), [&](const RolePermission& p) {
    return p.role == role && p.permission == permission;
  });
}

Result<Caller> authenticate_caller(const HttpRequest& request, const Trust& trust, Instant now) {
  const auto token = bearer_token(request);
  if (!token) return fail(Fault::untrusted, token.error().where, token.error().why);
  return verify_access_token(*token, trust, now);
}

bool is_granted(const Caller& caller, std::string_view permission, std::string_view project) {
  const auto& grants = caller.issuer->grants;
  return std::any_of(grants.begin(), grants.end(), [&](const IdentityIssuer::Grant& g) {
    return g.principal == caller.principal && g.project == project &&
           role_holds(g.role, permission);
  });
}

}  // namespace assay

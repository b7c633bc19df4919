// SPDX-License-Identifier: Apache-2.0
#include "policy/claims_policy.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using testing::ElementsAre;

constexpr std::string_view kPolicy = R"(
[secrets."db-password"]
hwmodel = ["GCP_AMD_SEV", "GCP_AMD_SEV_ES"]
secboot = [true]
iat = [1700000000]
sub = ["https://www.googleapis.com/compute/v1/projects/p/*"]
"submods.gce.project_id" = ["my-project"]
submods.gce.zone = ["us-central1-a"]

[secrets.empty]

[secrets.closed]
hwmodel = []

[secrets.named]
eat_nonce = ["n1"]
)";

json::object good_claims() {
  return parse_json_object("test", R"({
    "hwmodel": "GCP_AMD_SEV", "secboot": true, "iat": 1700000000,
    "sub": "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/i",
    "submods": {"gce": {"project_id": "my-project", "zone": "us-central1-a"}}})")
      .value();
}

ClaimsPolicy policy() { return ClaimsPolicy::parse("policy.toml", kPolicy).value(); }

std::string first_failure(const std::string& secret, const json::object& claims) {
  const Verdict verdict = policy().appraise(secret, claims);
  const Check* failure = verdict.first_failure();
  return failure ? failure->id : "";
}

TEST(ClaimsPolicy, AllowsATokenWithEveryClaim) {
  const Verdict verdict = policy().appraise("db-password", good_claims());
  EXPECT_TRUE(verdict.accepted());
  EXPECT_EQ(verdict.checks().size(), 7u);
  EXPECT_EQ(verdict.checks()[0].id, "policy.secret.listed");
}

struct ClaimCase {
  const char* name;
  const char* changed;  ///< members that replace those of good_claims()
  std::string failure;
};

const ClaimCase kClaimCases[] = {
    {"another value", R"({"hwmodel":"GCP_SHIELDED_VM"})", "policy.claim/hwmodel"},
    {"the second of two values", R"({"hwmodel":"GCP_AMD_SEV_ES"})", ""},
    {"another case", R"({"hwmodel":"gcp_amd_sev"})", "policy.claim/hwmodel"},
    {"null", R"({"hwmodel":null})", "policy.claim/hwmodel"},
    {"an object", R"({"hwmodel":{"GCP_AMD_SEV":true}})", "policy.claim/hwmodel"},
    {"a boolean that is a string", R"({"secboot":"true"})", "policy.claim/secboot"},
    {"a boolean that is a number", R"({"secboot":1})", "policy.claim/secboot"},
    {"a number that is a string", R"({"iat":"1700000000"})", "policy.claim/iat"},
    {"a list with another value in it", R"({"hwmodel":["X","GCP_AMD_SEV"]})",
     "policy.claim/hwmodel"},
    {"a list of the value alone", R"({"hwmodel":["GCP_AMD_SEV","GCP_AMD_SEV"]})", ""},
    {"a list without it", R"({"hwmodel":["X","Y"]})", "policy.claim/hwmodel"},
    {"an empty list", R"({"hwmodel":[]})", "policy.claim/hwmodel"},
    {"a list of lists", R"({"hwmodel":[["GCP_AMD_SEV"]]})", "policy.claim/hwmodel"},
    {"a subject of another project",
     R"({"sub":"https://www.googleapis.com/compute/v1/projects/q/zones/z"})", "policy.claim/sub"},
    {"a subject that is the prefix and no more",
     R"({"sub":"https://www.googleapis.com/compute/v1/projects/p/"})", ""},
    {"a subject with the pattern itself short",
     R"({"sub":"https://www.googleapis.com/compute/v1/projects/p"})", "policy.claim/sub"},
    {"no inner object", R"({"submods":"gce"})", "policy.claim/submods.gce.zone"},
    {"a dotted name instead of an inner object",
     R"({"submods":{},"submods.gce.project_id":"my-project"})", "policy.claim/submods.gce.zone"},
};

TEST(ClaimsPolicy, DecidesByTheClaims) {
  for (const ClaimCase& c : kClaimCases) {
    SCOPED_TRACE(c.name);
    json::object claims = good_claims();
    const json::object changed = parse_json_object("test", c.changed).value();
    for (const auto& member : changed) claims[member.key()] = member.value();
    EXPECT_EQ(first_failure("db-password", claims), c.failure);
  }
}

TEST(ClaimsPolicy, RefusesATokenThatLacksAnyClaim) {
  for (const char* claim : {"hwmodel", "secboot", "iat", "sub"}) {
    json::object claims = good_claims();
    claims.erase(claim);
    EXPECT_EQ(first_failure("db-password", claims), std::string("policy.claim/") + claim);
  }
  EXPECT_NE(first_failure("db-password", {}), "");
}

TEST(ClaimsPolicy, RefusesWhatItHasNoRulesFor) {
  EXPECT_EQ(first_failure("unknown", good_claims()), "policy.secret.listed");
  EXPECT_EQ(first_failure("empty", good_claims()), "policy.secret.listed");
  EXPECT_EQ(first_failure("closed", good_claims()), "policy.claim/hwmodel");
  EXPECT_EQ(first_failure("", good_claims()), "policy.secret.listed");
}

TEST(ClaimsPolicy, AnEmptyFileAllowsNobody) {
  const auto empty = ClaimsPolicy::parse("policy.toml", "");
  ASSERT_TRUE(empty.has_value());
  EXPECT_FALSE(empty->appraise("db-password", good_claims()).accepted());
}

TEST(ClaimsPolicy, ExplainsEveryRule) {
  json::object claims = good_claims();
  claims["hwmodel"] = "GCP_SHIELDED_VM";
  claims.erase("secboot");
  const Verdict verdict = policy().appraise("db-password", claims);
  std::size_t failed = 0;
  for (const Check& c : verdict.checks()) {
    if (c.verdict != CheckVerdict::fail) continue;
    ++failed;
    EXPECT_FALSE(c.hint.empty());
    if (c.id == "policy.claim/hwmodel") {
      EXPECT_EQ(c.expected, "one of \"GCP_AMD_SEV\", \"GCP_AMD_SEV_ES\"");
      EXPECT_EQ(c.got, "\"GCP_SHIELDED_VM\"");
    } else {
      EXPECT_EQ(c.id, "policy.claim/secboot");
      EXPECT_EQ(c.got, "absent");
    }
  }
  EXPECT_EQ(failed, 2u);
}

TEST(ClaimsPolicy, ListsItsSecrets) {
  EXPECT_THAT(policy().secrets(), ElementsAre("closed", "db-password", "empty", "named"));
}

struct ParseCase {
  const char* name;
  const char* toml;
  std::string error;  ///< its `where`
};

const ParseCase kParseCases[] = {
    {"a value without a list", "[secrets.a]\nhwmodel = \"X\"\n", "p:2"},
    {"a claim's table with nothing in it", "[secrets.a.submods.gce]\n", "p:1"},
    {"a list of tables", "[secrets.a]\nhwmodel = [{x = 1}]\n", "p:2"},
    {"a number with a fraction", "[secrets.a]\nhwmodel = [1.5]\n", "p:2"},
    {"a secret that is no table", "[secrets]\na = 1\n", "p:2"},
    {"another table", "[secret.a]\nhwmodel = [\"X\"]\n", "p:1"},
    {"a key outside", "default = \"allow\"\n", "p:1"},
    {"one claim in two spellings", "[secrets.a]\n\"b.c\" = [1]\nb.c = [2]\n", "p:2"},
    {"a table twice", "[secrets.a]\nx = [1]\n[secrets.a]\ny = [1]\n", "p:3"},
    {"no TOML", "[secrets.a\n", "p:1"},
};

TEST(ClaimsPolicy, RefusesAFileItDoesNotUnderstand) {
  for (const ParseCase& c : kParseCases) {
    SCOPED_TRACE(c.name);
    const auto parsed = ClaimsPolicy::parse("p", c.toml);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().fault, Fault::malformed);
    EXPECT_EQ(parsed.error().where, c.error) << parsed.error().why;
  }
}

TEST(ClaimsPolicy, RefusesAFileOverOneMebibyte) {
  EXPECT_FALSE(ClaimsPolicy::parse("p", std::string(1024 * 1024 + 1, '#')).has_value());
}

}  // namespace
}  // namespace assay

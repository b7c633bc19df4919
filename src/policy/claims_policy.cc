// SPDX-License-Identifier: Apache-2.0
#include "policy/claims_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "policy/toml_document.h"

namespace assay {

namespace {

constexpr std::size_t kMaxPolicy = 1024 * 1024;

std::string at(std::string_view where, const toml::node& node) {
  return fmt::format("{}:{}", where, node.source().begin.line);
}

std::optional<json::value> scalar_of(const toml::node& node) {
  if (const auto* s = node.as_string()) return json::value(s->get());
  if (const auto* b = node.as_boolean()) return json::value(b->get());
  if (const auto* i = node.as_integer()) return json::value(i->get());
  return std::nullopt;
}

Result<std::vector<json::value>> parse_allowed(std::string_view where, const std::string& claim,
                                               const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr)
    return fail(Fault::malformed, at(where, node),
                fmt::format("{}: want a list of the values that are allowed", claim));
  std::vector<json::value> out;
  for (const toml::node& element : *list) {
    auto value = scalar_of(element);
    if (!value)
      return fail(Fault::malformed, at(where, element),
                  fmt::format("{}: want strings, booleans or integers", claim));
    out.push_back(std::move(*value));
  }
  return out;
}

/// A claim and the values a policy lists for it.
struct ListedClaim {
  std::string claim;
  std::vector<json::value> allowed;
};

/// Adds the claims of a table to `out`, their names after `prefix`.
Status read_claims(std::string_view where, const std::string& prefix, const toml::table& table,
                   std::vector<ListedClaim>& out) {
  for (const auto& [key, node] : table) {
    const std::string claim = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      if (inner->empty())
        return fail(Fault::malformed, at(where, node),
                    fmt::format("{}: an empty table asks nothing", claim));
      // submods.gce.zone = [...] without quotes is nested tables to TOML.
      if (auto read = read_claims(where, claim + '.', *inner, out); !read) return read;
      continue;
    }
    auto allowed = parse_allowed(where, claim, node);
    if (!allowed) return pass_on(allowed);
    if (std::any_of(out.begin(), out.end(), [&](const ListedClaim& c) { return c.claim == claim; }))
      return fail(Fault::malformed, at(where, node), fmt::format("{}: twice", claim));
    out.push_back({claim, std::move(*allowed)});
  }
  return {};
}

/// The member that a dotted path leads to, from object to object; nullptr if there is none.
const json::value* find(const json::object& claims, std::string_view path) {
  const auto dot = path.find('.');
  const json::value* member = claims.if_contains(path.substr(0, dot));
  if (member == nullptr || dot == std::string_view::npos) return member;
  const json::object* inner = member->if_object();
  return inner == nullptr ? nullptr : find(*inner, path.substr(dot + 1));
}

/// Of one kind and equal; a string with a final * matches any string that goes on.
bool matches(const json::value& allowed, const json::value& value) {
  const json::string* pattern = allowed.if_string();
  if (pattern == nullptr) return allowed == value;
  const json::string* text = value.if_string();
  if (text == nullptr) return false;
  const std::string_view wanted = *pattern;
  if (!wanted.ends_with('*')) return wanted == std::string_view(*text);
  return std::string_view(*text).starts_with(wanted.substr(0, wanted.size() - 1));
}

/// Lists of names of which the holder needs one.  Any other list is a record of what happened: one
/// good entry does not make up for a bad one.
bool is_set_of_names(std::string_view claim) {
  return claim == "aud" || claim == "eat_nonce" || claim == "google_service_accounts" ||
         claim == "submods.confidential_space.support_attributes";
}

bool satisfies(std::string_view claim, const std::vector<json::value>& allowed,
               const json::value& value) {
  const auto one = [&](const json::value& v) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const json::value& a) { return matches(a, v); });
  };
  const json::array* values = value.if_array();
  if (values == nullptr) return one(value);
  return is_set_of_names(claim)
             ? std::any_of(values->begin(), values->end(), one)
             : !values->empty() && std::all_of(values->begin(), values->end(), one);
}

std::string show(const std::vector<json::value>& allowed) {
  if (allowed.empty()) return "nothing: the list is empty";
  std::vector<std::string> out;
  for (const json::value& v : allowed) out.push_back(json::serialize(v));
  return fmt::format("{}{}", allowed.size() > 1 ? "one of " : "", fmt::join(out, ", "));
}

}  // namespace

Result<ClaimsPolicy> ClaimsPolicy::parse(std::string_view where, std::string_view toml) {
  if (toml.size() > kMaxPolicy)
    return fail(Fault::malformed, std::string(where), "a policy is at most 1 MiB");
  const auto parsed = parse_toml(where, toml);
  if (!parsed) return pass_on(parsed);
  ClaimsPolicy policy;
  for (const auto& [key, node] : *parsed) {
    const toml::table* secrets = node.as_table();
    if (key.str() != "secrets" || secrets == nullptr)
      return fail(Fault::malformed, at(where, node),
                  fmt::format("{}: want nothing but tables [secrets.\"NAME\"]", key.str()));
    for (const auto& [name, rules] : *secrets) {
      const std::string secret(name.str());
      const toml::table* table = rules.as_table();
      if (table == nullptr)
        return fail(Fault::malformed, at(where, rules),
                    fmt::format("{}: want a table of claims", secret));
      std::vector<ListedClaim> listed;
      if (const auto read = read_claims(where, "", *table, listed); !read) return pass_on(read);
      std::vector<Rule>& own = policy.rules_[secret];
      for (ListedClaim& c : listed) own.push_back({std::move(c.claim), std::move(c.allowed)});
    }
  }
  return policy;
}

Verdict ClaimsPolicy::appraise(const std::string& secret, const json::object& claims) const {
  Verdict verdict;
  const auto rules = rules_.find(secret);
  const bool listed = rules != rules_.end() && !rules->second.empty();
  verdict.require("policy.secret.listed", listed, "rules for this secret",
                  listed                  ? fmt::format("{} rules", rules->second.size())
                  : rules == rules_.end() ? "none"
                                          : "an empty table, which allows nobody",
                  fmt::format("add a table [secrets.\"{}\"] to the policy", secret));
  if (!listed) return verdict;
  for (const Rule& rule : rules->second) {
    const json::value* value = find(claims, rule.claim);
    verdict.require(fmt::format("policy.claim/{}", rule.claim),
                    value != nullptr && satisfies(rule.claim, rule.allowed, *value),
                    show(rule.allowed), value == nullptr ? "absent" : json::serialize(*value),
                    value == nullptr
                        ? "the token does not have this claim"
                        : "this VM may not have this secret, or the policy must list it");
  }
  return verdict;
}

std::vector<std::string> ClaimsPolicy::secrets() const {
  std::vector<std::string> out;
  for (const auto& [name, rules] : rules_) out.push_back(name);
  return out;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "services/api_error.h"

#include <fmt/format.h>

namespace assay {
namespace {

/// "tpm.quote.nonce/sha256" as "TPM_QUOTE_NONCE".
std::string reason_of(std::string_view check_id) {
  std::string out(check_id.substr(0, check_id.find('/')));
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (!(c >= '0' && c <= '9')) {
      c = '_';
    }
  }
  return out;
}

std::string sentence(const Check& check) {
  std::string out = check.verdict == CheckVerdict::not_checked
                        ? fmt::format("could not be checked: {}", check.got)
                        : fmt::format("expected {}, got {}", check.expected, check.got);
  if (!check.hint.empty()) out += "; " + check.hint;
  return out;
}

}  // namespace

HttpResponse to_response(const ApiError& error) {
  json::array details;
  if (!error.reason.empty()) {
    details.push_back(json::object{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                                   {"reason", error.reason},
                                   {"domain", "assay"},
                                   {"metadata", error.metadata}});
  }
  if (!error.violations.empty()) {
    json::array violations;
    for (const ApiError::Violation& v : error.violations) {
      violations.push_back(json::object{{"field", v.field}, {"description", v.description}});
    }
    details.push_back(json::object{{"@type", "type.googleapis.com/google.rpc.BadRequest"},
                                   {"fieldViolations", std::move(violations)}});
  }
  json::object body{{"code", error.http}, {"message", error.message}, {"status", error.status}};
  if (!details.empty()) body["details"] = std::move(details);
  return json_response(error.http, json::object{{"error", std::move(body)}});
}

ApiError rejection(const Verdict& verdict) {
  const Check* first = verdict.first_failure();
  ApiError out;
  if (first == nullptr) {  // a verdict without any check accepts nothing
    out.message = "attestation rejected: nothing in it could be checked";
    out.reason = "NOTHING_CHECKED";
    return out;
  }
  out.message = fmt::format("attestation rejected: {}: {}", first->id, sentence(*first));
  out.reason = reason_of(first->id);
  out.metadata = {{"check", first->id.view()},
                  {"expected", first->expected.view()},
                  {"got", first->got.view()}};
  for (const Check& check : verdict.checks()) {
    if (check.verdict == CheckVerdict::fail || check.verdict == CheckVerdict::not_checked) {
      out.violations.push_back({check.id, sentence(check)});
    }
  }
  return out;
}

}  // namespace assay

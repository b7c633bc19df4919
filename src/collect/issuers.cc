// SPDX-License-Identifier: Apache-2.0
#include "collect/issuers.h"

#include <fmt/format.h>

#include "crypto/certificate.h"

namespace assay {
namespace {

constexpr std::size_t kMaxIssuers = 4;
constexpr std::size_t kMaxUrls = 3;
constexpr std::size_t kMaxCertificate = 64 * 1024;
constexpr std::chrono::seconds kTimeout{10};

Result<Certificate> fetch_issuer(const HttpClient& http, const std::string& url,
                                 const Certificate& child) {
  HttpCall call;
  call.url = url;
  call.max_response = kMaxCertificate;
  call.timeout = kTimeout;
  const auto response = http.send(call);
  if (!response) return pass_on(response);
  if (response->status != 200) {
    return fail(Fault::unavailable, url, fmt::format("answered {}", response->status));
  }
  auto issuer = Certificate::from_der(as_bytes(response->body));
  if (!issuer) return fail(Fault::unavailable, url, "does not serve a DER certificate");
  const auto key = issuer->public_key();
  if (!key || !child.signed_by(*key)) {
    return fail(Fault::unavailable, url,
                "serves a certificate that did not sign " + child.subject());
  }
  return issuer;
}

}  // namespace

Result<std::vector<Buffer>> fetch_issuers(const HttpClient& http, Bytes certificate) {
  std::vector<Buffer> out;
  auto child = Certificate::from_der(certificate);
  if (!child) return pass_on(child);
  while (out.size() < kMaxIssuers) {
    const std::vector<std::string> urls = child->ca_issuers();
    if (urls.empty()) return out;
    Result<Certificate> issuer = fail(Fault::unavailable, urls.front(), "not asked");
    for (std::size_t i = 0; i < urls.size() && i < kMaxUrls && !issuer; ++i) {
      issuer = fetch_issuer(http, urls[i], *child);
    }
    if (!issuer) return pass_on(issuer);
    out.push_back(to_buffer(issuer->der()));
    if (issuer->subject() == issuer->issuer()) return out;  // a root may name itself
    child = std::move(issuer);
  }
  return fail(Fault::unavailable, "authorityInfoAccess",
              fmt::format("leads to more than {} certificates", kMaxIssuers));
}

}  // namespace assay

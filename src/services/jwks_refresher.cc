// SPDX-License-Identifier: Apache-2.0
#include "services/jwks_refresher.h"

#include <exception>

#include "services/operator_log.h"

namespace assay {
namespace {

/// How often the age of keys is looked at.
constexpr std::chrono::seconds kLook{1};

void keep_fresh(JwksCache& cache, const std::string& issuer, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      cache.refresh_due(issuer);
    } catch (const std::exception& e) {  // out of memory; the next look may do better
      tell_operator({Fault::internal, issuer, e.what()});
    }
    cache.wait_for_demand(issuer, kLook, stop);
  }
}

}  // namespace

JwksRefresher::JwksRefresher(JwksCache& cache) {
  for (std::string& issuer : cache.issuers()) {
    threads_.emplace_back([&cache, issuer = std::move(issuer)](const std::stop_token& stop) {
      keep_fresh(cache, issuer, stop);
    });
  }
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include <string>

#include "crypto/openssl.h"

namespace assay {

Digest hmac(HashAlgorithm algorithm, Bytes key, Bytes data) {
  const char* const name = signature_digest_name(algorithm);
  ASSAY_CHECK(name != nullptr);
  Digest out(algorithm);
  std::size_t size = 0;
  const auto made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, name, nullptr, key.data(), key.size(), data.data(),
                data.size(), out.writable().data(), out.writable().size(), &size);
  ASSAY_CHECK(made != nullptr && size == out.bytes().size());
  return out;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "crypto/openssl.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <climits>

namespace assay {
namespace {

constexpr std::size_t kMaxPemSize = 1 << 20;

/// What PEM_read_bio hands out; wiped, because it may be a private key.
struct RawPem {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  RawPem() = default;
  RawPem(const RawPem&) = delete;
  RawPem& operator=(const RawPem&) = delete;
  ~RawPem() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
};

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : fmt::format("OpenSSL error {:#x}", code);
}

Result<std::vector<PemBlock>> parse_pem(std::string_view where, std::string_view text) {
  ErrorQueueGuard guard;
  if (text.size() > kMaxPemSize) {
    return fail(Fault::malformed, std::string(where),
                fmt::format("{} bytes of PEM, at most {} are read", text.size(), kMaxPemSize));
  }
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  ASSAY_CHECK(bio);
  std::vector<PemBlock> blocks;
  while (true) {
    RawPem raw;
    if (PEM_read_bio(bio.get(), &raw.name, &raw.header, &raw.data, &raw.size) != 1) {
      // The end of the text is told as "no start line": there is no further block.
      if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return blocks;
      return fail(Fault::malformed, std::string(where),
                  fmt::format("PEM block {}: {}", blocks.size() + 1, take_openssl_error()));
    }
    if (raw.header[0] != '\0') {
      return fail(Fault::malformed, std::string(where),
                  fmt::format("PEM block {} ({}) has headers; encrypted PEM is not read",
                              blocks.size() + 1, raw.name));
    }
    blocks.push_back({raw.name, Buffer(raw.data, raw.data + raw.size)});
  }
}

std::string pem_block(const char* label, Bytes der) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  ASSAY_CHECK(bio && der.size() <= LONG_MAX);
  ASSAY_CHECK(PEM_write_bio(bio.get(), label, "", der.data(), static_cast<long>(der.size())) > 0);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

Buffer big_endian(const BIGNUM& number) {
  return big_endian(number, static_cast<std::size_t>(BN_num_bytes(&number)));
}

Buffer big_endian(const BIGNUM& number, std::size_t size) {
  Buffer out(size);
  ASSAY_CHECK(BN_bn2binpad(&number, out.data(), static_cast<int>(size)) >= 0);
  return out;
}

BignumPtr bignum(Bytes big_endian) {
  ASSAY_CHECK(big_endian.size() <= 1 << 20);
  BignumPtr out(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
  ASSAY_CHECK(out);
  return out;
}

BignumPtr key_number(EVP_PKEY* key, const char* name) {
  BIGNUM* out = nullptr;
  ASSAY_CHECK(EVP_PKEY_get_bn_param(key, name, &out) == 1);
  return BignumPtr(out);
}

const char* signature_digest_name(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::sha1:
      return "SHA1";
    case HashAlgorithm::sha256:
      return "SHA2-256";
    case HashAlgorithm::sha384:
      return "SHA2-384";
    case HashAlgorithm::sha512:
      return "SHA2-512";
    case HashAlgorithm::sm3_256:
      return nullptr;
  }
  return nullptr;
}

std::array<OSSL_PARAM, 3> rsassa_parameters(const char* digest_name) {
  const auto text = [](const char* name, const char* value) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): OpenSSL only reads it
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
  };
  return {text(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PKCSV15),
          text(OSSL_SIGNATURE_PARAM_DIGEST, digest_name), OSSL_PARAM_construct_end()};
}

}  // namespace assay

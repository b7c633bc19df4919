// SPDX-License-Identifier: Apache-2.0

// The SHA functions of <openssl/sha.h> are deprecated in favour of EVP, but they need no heap and
// take 130 ns where a reused EVP context takes 200 ns and EVP_Digest 280 ns (SHA-256 of 64 bytes,
// OpenSSL 3.0): replaying an event log is hundreds of such hashes.  They are used in this file
// alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/sha.h>

#include <variant>

#include "base/hex.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

/// One of OpenSSL's SHA states with its three functions.
template <class Context, auto kInit, auto kUpdate, auto kFinal>
class Sha {
 public:
  Sha() { ASSAY_CHECK(kInit(&context_) == 1); }
  void update(Bytes data) { ASSAY_CHECK(kUpdate(&context_, data.data(), data.size()) == 1); }
  void finish(std::uint8_t* out) {
    ASSAY_CHECK(kFinal(out, &context_) == 1);
    ASSAY_CHECK(kInit(&context_) == 1);
  }

 private:
  Context context_;
};
using Sha1 = Sha<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final>;
using Sha256 = Sha<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final>;
using Sha384 = Sha<SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final>;
using Sha512 = Sha<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final>;

/// SM3 has no public functions but EVP's.
class Sm3 {
 public:
  Sm3() : context_(EVP_MD_CTX_new()) {
    static const MdPtr kSm3(EVP_MD_fetch(nullptr, "SM3", nullptr));
    ASSAY_CHECK(kSm3 && context_ && EVP_DigestInit_ex2(context_.get(), kSm3.get(), nullptr) == 1);
  }
  void update(Bytes data) {
    ASSAY_CHECK(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
  }
  void finish(std::uint8_t* out) {
    ASSAY_CHECK(EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1);
    ASSAY_CHECK(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
  }

 private:
  MdContextPtr context_;
};

using AnyHash = std::variant<Sha1, Sha256, Sha384, Sha512, Sm3>;

AnyHash start(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::sha1:
      return AnyHash(std::in_place_type<Sha1>);
    case HashAlgorithm::sha256:
      return AnyHash(std::in_place_type<Sha256>);
    case HashAlgorithm::sha384:
      return AnyHash(std::in_place_type<Sha384>);
    case HashAlgorithm::sha512:
      return AnyHash(std::in_place_type<Sha512>);
    case HashAlgorithm::sm3_256:
      break;
  }
  return AnyHash(std::in_place_type<Sm3>);
}

/// H(first || second) into `out`, which may be either of them.
template <class State>
void hash_two(State& state, Bytes first, Bytes second, std::uint8_t* out) {
  state.update(first);
  if (!second.empty()) state.update(second);
  state.finish(out);
}

template <class State>
void hash_two_once(Bytes first, Bytes second, std::uint8_t* out) {
  State state;
  hash_two(state, first, second, out);
}

void hash_two(HashAlgorithm algorithm, Bytes first, Bytes second, std::uint8_t* out) {
  switch (algorithm) {
    case HashAlgorithm::sha1:
      return hash_two_once<Sha1>(first, second, out);
    case HashAlgorithm::sha256:
      return hash_two_once<Sha256>(first, second, out);
    case HashAlgorithm::sha384:
      return hash_two_once<Sha384>(first, second, out);
    case HashAlgorithm::sha512:
      return hash_two_once<Sha512>(first, second, out);
    case HashAlgorithm::sm3_256:
      break;
  }
  thread_local Sm3 sm3;
  hash_two(sm3, first, second, out);
}

}  // namespace

Digest hash(HashAlgorithm algorithm, Bytes data) {
  Digest out(algorithm);
  hash_two(algorithm, data, {}, out.writable().data());
  return out;
}

std::string sha256_hex(Bytes data) { return hex(hash(HashAlgorithm::sha256, data).bytes()); }

void extend(Digest& pcr, const Digest& digest) {
  ASSAY_CHECK(pcr.algorithm() == digest.algorithm());
  hash_two(pcr.algorithm(), pcr.bytes(), digest.bytes(), pcr.writable().data());
}

struct Hasher::State {
  HashAlgorithm algorithm;
  AnyHash hash;
};

Hasher::Hasher(HashAlgorithm algorithm)
    : state_(std::make_unique<State>(State{algorithm, start(algorithm)})) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

Hasher& Hasher::update(Bytes data) {
  std::visit([&](auto& state) { state.update(data); }, state_->hash);
  return *this;
}

Digest Hasher::finish() {
  Digest out(state_->algorithm);
  std::visit([&](auto& state) { state.finish(out.writable().data()); }, state_->hash);
  return out;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "crypto/crl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "base/check.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

constexpr std::size_t kMaxCrl = 8 * 1024 * 1024;

using CrlPtr = std::unique_ptr<X509_CRL, Freeing<X509_CRL_free>>;

tl::unexpected<Error> refuse(std::string_view where, std::string why) {
  return fail(Fault::malformed, std::string(where), std::move(why));
}

std::string dotted(const ASN1_OBJECT* object) {
  std::string text(static_cast<std::size_t>(std::max(OBJ_obj2txt(nullptr, 0, object, 1), 0)), '\0');
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()) + 1, object, 1);
  return text;
}

std::optional<Instant> instant_of(const ASN1_TIME* time) {
  std::tm t{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &t) != 1) return std::nullopt;
  using namespace std::chrono;
  const year_month_day day{year(t.tm_year + 1900), month(static_cast<unsigned>(t.tm_mon + 1)),
                           std::chrono::day(static_cast<unsigned>(t.tm_mday))};
  if (!day.ok()) return std::nullopt;
  return sys_days(day) + hours(t.tm_hour) + minutes(t.tm_min) + seconds(t.tm_sec);
}

/// The content octets, as DER writes the number.
Buffer content_of(const ASN1_INTEGER* number) {
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_INTEGER(number, &der);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(der);
  const unsigned char* at = der;
  long length = 0;
  int tag = 0;
  int tag_class = 0;
  const int object = ASN1_get_object(&at, &length, &tag, &tag_class, size);
  ASSAY_CHECK((object & 0x80) == 0);
  return Buffer(at, at + length);
}

/// Adds what is critical, and the delta indicator even where it is not marked so.
template <class Owner, class Count, class Get>
void add_unhandled(const Owner* owner, Count count, Get get, std::vector<std::string>& out) {
  for (int i = 0; i < count(owner); ++i) {
    X509_EXTENSION* const extension = get(owner, i);
    const ASN1_OBJECT* const object = X509_EXTENSION_get_object(extension);
    if (X509_EXTENSION_get_critical(extension) == 0 && OBJ_obj2nid(object) != NID_delta_crl &&
        OBJ_obj2nid(object) != NID_issuing_distribution_point)
      continue;
    std::string oid = dotted(object);
    if (std::ranges::find(out, oid) == out.end()) out.push_back(std::move(oid));
  }
}

/// The list's cRLNumber: "CRL issuers MUST NOT use CRLNumber values longer than 20 octets".
Result<std::optional<Buffer>> number_of(const X509_CRL* crl) {
  constexpr std::size_t kLongest = 20;
  int state = 0;
  using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Freeing<ASN1_INTEGER_free>>;
  const IntegerPtr number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(crl, NID_crl_number, &state, nullptr)));
  if (state == -1) return std::optional<Buffer>();
  if (!number) return refuse("crl", "cRLNumber is no number, or there are two");
  Buffer content = content_of(number.get());
  if ((content.front() & 0x80) != 0) return refuse("crl", "cRLNumber is negative");
  if (content.front() == 0) content.erase(content.begin());
  if (content.size() > kLongest)
    return refuse("crl", fmt::format("cRLNumber has {} octets, at most {} are allowed",
                                     content.size(), kLongest));
  return std::optional(std::move(content));
}

/// RFC 4514 text of the issuer's name.
std::string issuer_of(const X509_CRL* crl) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSAY_CHECK(bio &&
              X509_NAME_print_ex(bio.get(), X509_CRL_get_issuer(crl), 0, XN_FLAG_RFC2253) >= 0);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

/// SHA-256 or better, under RSA or ECDSA.
bool signature_is_strong(const X509_CRL* crl) {
  int digest = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, &key) != 1) return false;
  const bool known_key = key == EVP_PKEY_RSA || key == EVP_PKEY_EC;
  return known_key && (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512);
}

}  // namespace

Result<Crl> Crl::from_der(Bytes der) {
  ErrorQueueGuard guard;
  if (der.size() > kMaxCrl)
    return refuse("crl", fmt::format("{} bytes, at most {} are read", der.size(), kMaxCrl));
  const unsigned char* at = der.data();
  Crl out;
  out.crl_ = CrlPtr(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (!out.crl_) return refuse("crl", "no revocation list: " + take_openssl_error());
  const auto used = static_cast<std::size_t>(at - der.data());
  if (used != der.size()) return refuse("crl", fmt::format("{} trailing bytes", der.size() - used));
  out.issuer_ = issuer_of(out.crl_.get());
  const auto this_update = instant_of(X509_CRL_get0_lastUpdate(out.crl_.get()));
  if (!this_update) return refuse("crl", "thisUpdate is no time");
  out.this_update_ = *this_update;
  const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(out.crl_.get());
  out.next_update_ = instant_of(next);
  if (next != nullptr && !out.next_update_) return refuse("crl", "nextUpdate is no time");
  auto number = number_of(out.crl_.get());
  if (!number) return pass_on(number);
  out.number_ = std::move(*number);
  add_unhandled(out.crl_.get(), X509_CRL_get_ext_count, X509_CRL_get_ext, out.unhandled_);
  STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(out.crl_.get());
  for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
    const X509_REVOKED* const entry = sk_X509_REVOKED_value(revoked, i);
    out.serials_.push_back(content_of(X509_REVOKED_get0_serialNumber(entry)));
    add_unhandled(entry, X509_REVOKED_get_ext_count, X509_REVOKED_get_ext, out.unhandled_);
  }
  std::ranges::sort(out.serials_);
  return out;
}

bool Crl::names(Bytes serial) const {
  return std::ranges::binary_search(serials_, to_buffer(serial));
}

bool Crl::signed_by(const PublicKey& key) const {
  ErrorQueueGuard guard;
  // The list keeps the bytes that were signed as they came.
  return signature_is_strong(crl_.get()) && X509_CRL_verify(crl_.get(), key.raw()) == 1;
}

bool has_lower_number(const Crl& list, const Crl& other) {
  const auto &own = list.number(), &others = other.number();
  if (!others) return false;
  if (!own) return true;
  return own->size() != others->size() ? own->size() < others->size() : *own < *others;
}

Result<std::vector<Crl>> parse_crls(std::string_view where, Bytes file) {
  // Some CAs have a name in common; thousands of one name are a flood.
  constexpr std::size_t kMostOfOneIssuer = 16;
  std::map<std::string, std::size_t> of_issuer;
  std::vector<Crl> out;
  const auto add = [&](Bytes der) -> Status {
    auto crl = Crl::from_der(der);
    if (!crl) return refuse(where, crl.error().why);
    if (++of_issuer[crl->issuer()] > kMostOfOneIssuer)
      return refuse(where,
                    fmt::format("more than {} lists of {}", kMostOfOneIssuer, crl->issuer()));
    out.push_back(std::move(*crl));
    return {};
  };
  if (as_text(file).find("-----BEGIN") == std::string_view::npos) {
    if (const Status added = add(file); !added) return pass_on(added);
    return out;
  }
  const auto blocks = parse_pem(where, as_text(file));
  if (!blocks) return pass_on(blocks);
  for (const PemBlock& block : *blocks) {
    if (block.label != "X509 CRL") continue;
    if (const Status added = add(block.der); !added) return pass_on(added);
  }
  if (out.empty()) return refuse(where, "no PEM block \"X509 CRL\"");
  return out;
}

Buffer serial_of(const Certificate& certificate) {
  // Certificate ::= SEQUENCE { TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, INTEGER, ...
  const Bytes der = certificate.der();
  const unsigned char* at = der.data();
  const unsigned char* const end = at + der.size();
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const auto next = [&] {
    ASSAY_CHECK((ASN1_get_object(&at, &size, &tag, &tag_class, end - at) & 0x80) == 0);
  };
  next();
  next();
  next();
  if (tag_class == V_ASN1_CONTEXT_SPECIFIC) {
    at += size;
    next();
  }
  ASSAY_CHECK(tag == V_ASN1_INTEGER);
  return Buffer(at, at + size);
}

}  // namespace assay

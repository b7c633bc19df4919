// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate.h"

#include <fmt/format.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <set>

#include "base/check.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace assay {
namespace {

constexpr std::size_t kMaxCertificateSize = 64 * 1024;
constexpr std::size_t kMaxCaIssuers = 8;

/// Critical extensions that the accessors of Certificate interpret.  subjectAltName only names the
/// subject, and is critical by rule where `subject` is empty (RFC 5280 section 4.2.1.6).
constexpr std::array kInterpreted = {NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
                                     NID_subject_alt_name};

using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Freeing<EXTENDED_KEY_USAGE_free>>;
using AuthorityAccessPtr =
    std::unique_ptr<AUTHORITY_INFO_ACCESS, Freeing<AUTHORITY_INFO_ACCESS_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Freeing<ASN1_OBJECT_free>>;
using AnyPtr = std::unique_ptr<ASN1_TYPE, Freeing<ASN1_TYPE_free>>;

tl::unexpected<Error> refuse(std::string why) {
  return fail(Fault::malformed, "certificate", std::move(why));
}

Bytes bytes_of(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string dotted(const ASN1_OBJECT* object) {
  std::string text(static_cast<std::size_t>(std::max(OBJ_obj2txt(nullptr, 0, object, 1), 0)), '\0');
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()) + 1, object, 1);
  return text;
}

/// The text that the names of pinned roots were made with: RFC 4514, most specific first.
std::string text_of(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSAY_CHECK(bio && X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) >= 0);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::optional<Instant> instant_of(const ASN1_TIME* time) {
  std::tm t{};
  if (ASN1_TIME_to_tm(time, &t) != 1) return std::nullopt;
  using namespace std::chrono;
  const year_month_day day{year(t.tm_year + 1900), month(static_cast<unsigned>(t.tm_mon + 1)),
                           std::chrono::day(static_cast<unsigned>(t.tm_mday))};
  if (!day.ok()) return std::nullopt;
  return sys_days(day) + hours(t.tm_hour) + minutes(t.tm_min) + seconds(t.tm_sec);
}

/// Of a validity that from_der could read.
Instant bound_of(const ASN1_TIME* time) {
  const auto bound = instant_of(time);
  ASSAY_CHECK(bound.has_value());
  return *bound;
}

/// RFC 5280 section 4.2: "A certificate MUST NOT include more than one instance of a particular
/// extension."
bool repeats_an_extension(const X509* x509) {
  std::set<std::string> seen;
  for (int i = 0; i < X509_get_ext_count(x509); ++i) {
    if (!seen.insert(dotted(X509_EXTENSION_get_object(X509_get_ext(x509, i)))).second) return true;
  }
  return false;
}

/// A library context without algorithms.  Reading a certificate in the default one makes
/// OpenSSL 3.0 search all providers for a decoder of its key, which takes longer than everything
/// else together; here it finds none at once, and Certificate::public_key reads the key.
OSSL_LIB_CTX* context_without_algorithms() {
  static OSSL_LIB_CTX* const kContext = [] {
    OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
    ASSAY_CHECK(context && OSSL_PROVIDER_load(context, "null"));
    return context;
  }();
  return kContext;
}

std::shared_ptr<X509> read_x509(const unsigned char** at, std::size_t size) {
  X509* x509 = X509_new_ex(context_without_algorithms(), nullptr);
  ASSAY_CHECK(x509);
  // On failure d2i_X509 frees what it was given.
  return X509Ptr(d2i_X509(&x509, at, static_cast<long>(size)));
}

/// The signed part: the first member of the certificate's SEQUENCE.  Nothing where a length is
/// indefinite: OpenSSL reads that, DER forbids it (X.690 section 10.1).
std::optional<Bytes> signed_part(Bytes certificate) {
  long size = 0;
  int tag = 0;
  int tag_class = 0;
  const unsigned char* at = certificate.data();
  const auto enter = [&](long room) {
    return ASN1_get_object(&at, &size, &tag, &tag_class, room) == V_ASN1_CONSTRUCTED;
  };
  if (!enter(static_cast<long>(certificate.size()))) return std::nullopt;
  const unsigned char* const begin = at;
  if (!enter(size)) return std::nullopt;
  return Bytes{begin, at + size};
}

/// SHA-256 or better, under RSA or ECDSA.
bool signature_is_strong(X509* x509) {
  int digest = NID_undef;
  int key = NID_undef;
  if (X509_get_signature_info(x509, &digest, &key, nullptr, nullptr) != 1) return false;
  const bool known_key = key == EVP_PKEY_RSA || key == EVP_PKEY_RSA_PSS || key == EVP_PKEY_EC;
  return known_key && (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512);
}

}  // namespace

Result<Certificate> Certificate::from_der(Bytes der) {
  ErrorQueueGuard guard;
  if (der.size() > kMaxCertificateSize) {
    return refuse(fmt::format("{} bytes, at most {} are read", der.size(), kMaxCertificateSize));
  }
  const unsigned char* at = der.data();
  std::shared_ptr<X509> x509 = read_x509(&at, der.size());
  if (!x509) return refuse("no X.509 certificate: " + take_openssl_error());
  const auto used = static_cast<std::size_t>(at - der.data());
  if (used != der.size()) return refuse(fmt::format("{} trailing bytes", der.size() - used));
  if (!signed_part(der)) return refuse("a length is indefinite, which DER forbids");
  // Reads all extensions once; afterwards the object is only read, from any thread.
  if ((X509_get_extension_flags(x509.get()) & EXFLAG_INVALID) != 0) {
    return refuse("an extension is not in its form");
  }
  if (repeats_an_extension(x509.get())) return refuse("an extension appears twice");
  if (!instant_of(X509_get0_notBefore(x509.get())) || !instant_of(X509_get0_notAfter(x509.get()))) {
    return refuse("validity is not two times");
  }
  Certificate out;
  out.x509_ = std::move(x509);
  out.der_ = std::make_shared<const Buffer>(to_buffer(der));
  return out;
}

Result<std::vector<Certificate>> Certificate::from_pem(std::string_view pem) {
  const auto blocks = parse_pem("certificate", pem);
  if (!blocks) return pass_on(blocks);
  std::vector<Certificate> out;
  for (const PemBlock& block : *blocks) {
    if (block.label != "CERTIFICATE") continue;
    auto certificate = from_der(block.der);
    if (!certificate) return pass_on(certificate);
    out.push_back(std::move(*certificate));
  }
  if (out.empty()) return refuse("no PEM block \"CERTIFICATE\"");
  return out;
}

std::string Certificate::pem() const { return pem_block("CERTIFICATE", der()); }

std::string Certificate::subject() const { return text_of(X509_get_subject_name(x509_.get())); }

std::string Certificate::issuer() const { return text_of(X509_get_issuer_name(x509_.get())); }

Instant Certificate::not_before() const { return bound_of(X509_get0_notBefore(x509_.get())); }

Instant Certificate::not_after() const { return bound_of(X509_get0_notAfter(x509_.get())); }

Result<PublicKey> Certificate::public_key() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509_.get()), &der);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(der);
  return PublicKey::from_spki({der, static_cast<std::size_t>(size)});
}

std::string Certificate::fingerprint() const { return sha256_hex(der()); }

bool Certificate::is_ca() const {
  const std::uint32_t flags = X509_get_extension_flags(x509_.get());
  return (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
}

std::optional<int> Certificate::path_length() const {
  const long length = X509_get_pathlen(x509_.get());
  if (length < 0) return std::nullopt;
  return static_cast<int>(std::min<long>(length, INT_MAX));
}

bool Certificate::may_sign_certificates() const {
  return (X509_get_key_usage(x509_.get()) & KU_KEY_CERT_SIGN) != 0;
}

bool Certificate::may_sign_data() const {
  return (X509_get_key_usage(x509_.get()) & KU_DIGITAL_SIGNATURE) != 0;
}

std::vector<std::string> Certificate::extended_key_usages() const {
  ErrorQueueGuard guard;
  std::vector<std::string> out;
  void* const decoded = X509_get_ext_d2i(x509_.get(), NID_ext_key_usage, nullptr, nullptr);
  const ExtendedKeyUsagePtr usages(static_cast<EXTENDED_KEY_USAGE*>(decoded));
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    out.push_back(dotted(sk_ASN1_OBJECT_value(usages.get(), i)));
  }
  return out;
}

std::optional<Bytes> Certificate::extension(const char* oid) const {
  const ObjectPtr object(OBJ_txt2obj(oid, 1));
  ASSAY_CHECK(object);
  const int at = X509_get_ext_by_OBJ(x509_.get(), object.get(), -1);
  if (at < 0) return std::nullopt;
  return bytes_of(X509_EXTENSION_get_data(X509_get_ext(x509_.get(), at)));
}

std::vector<std::string> Certificate::unhandled_critical_extensions(
    const std::vector<std::string>& also_handled) const {
  std::vector<std::string> out;
  for (int i = 0; i < X509_get_ext_count(x509_.get()); ++i) {
    X509_EXTENSION* const extension = X509_get_ext(x509_.get(), i);
    if (X509_EXTENSION_get_critical(extension) == 0) continue;
    const ASN1_OBJECT* const object = X509_EXTENSION_get_object(extension);
    if (std::ranges::find(kInterpreted, OBJ_obj2nid(object)) != kInterpreted.end()) continue;
    std::string oid = dotted(object);
    if (std::ranges::find(also_handled, oid) == also_handled.end()) out.push_back(std::move(oid));
  }
  return out;
}

std::vector<std::string> Certificate::ca_issuers() const {
  ErrorQueueGuard guard;
  std::vector<std::string> out;
  void* const decoded = X509_get_ext_d2i(x509_.get(), NID_info_access, nullptr, nullptr);
  const AuthorityAccessPtr access(static_cast<AUTHORITY_INFO_ACCESS*>(decoded));
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()) && out.size() < kMaxCaIssuers; ++i) {
    const ACCESS_DESCRIPTION* const entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(entry->method) != NID_ad_ca_issuers) continue;
    if (entry->location->type != GEN_URI) continue;
    out.push_back(to_text(bytes_of(entry->location->d.uniformResourceIdentifier)));
  }
  return out;
}

bool Certificate::signed_by(const PublicKey& key) const {
  ErrorQueueGuard guard;
  const ASN1_BIT_STRING* signature = nullptr;
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(&signature, &algorithm, x509_.get());
  // RFC 5280 section 4.1.1.2: "This field MUST contain the same algorithm identifier as the
  // signature field in the sequence tbsCertificate".
  if (X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(x509_.get())) != 0) return false;
  if (!signature_is_strong(x509_.get())) return false;
  // Verified as the bytes that came, in a value that encodes to just them.
  const auto tbs = signed_part(der());
  if (!tbs) return false;  // from_der asked
  const unsigned char* at = tbs->data();
  const AnyPtr any(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(tbs->size())));
  const MdContextPtr digest(EVP_MD_CTX_new());
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.raw(), nullptr));
  if (!any) return false;
  ASSAY_CHECK(digest && context);
  EVP_MD_CTX_set_pkey_ctx(digest.get(), context.get());
  return ASN1_item_verify_ctx(ASN1_ITEM_rptr(ASN1_ANY), algorithm, signature, any.get(),
                              digest.get()) == 1;
}

}  // namespace assay

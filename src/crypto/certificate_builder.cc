// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificate_builder.h"

#include <fmt/format.h>

#include "crypto/openssl.h"
#include "crypto/random.h"

namespace assay {
namespace {

using AuthorityAccessPtr =
    std::unique_ptr<AUTHORITY_INFO_ACCESS, Freeing<AUTHORITY_INFO_ACCESS_free>>;
using IntegerPtr = std::unique_ptr<ASN1_INTEGER, Freeing<ASN1_INTEGER_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Freeing<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Freeing<ASN1_OCTET_STRING_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Freeing<ASN1_TIME_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Freeing<X509_NAME_free>>;

tl::unexpected<Error> refuse(std::string where, std::string why) {
  return fail(Fault::malformed, "certificate_template." + std::move(where), std::move(why));
}

Status set_subject(X509* x509, const CertificateTemplate& content) {
  const NamePtr name(X509_NAME_new());
  ASSAY_CHECK(name);
  for (const auto& [attribute, value] : content.subject) {
    if (X509_NAME_add_entry_by_txt(name.get(), attribute.c_str(), MBSTRING_UTF8,
                                   as_bytes(value).data(), static_cast<int>(value.size()), -1,
                                   0) != 1) {
      return refuse("subject", fmt::format("{}={}: {}", attribute, value, take_openssl_error()));
    }
  }
  ASSAY_CHECK(X509_set_subject_name(x509, name.get()) == 1);
  return {};
}

void set_serial(X509* x509) {
  Buffer serial = random_bytes(16);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x7F) | 0x40);  // positive, and 16 bytes long
  const BignumPtr number = bignum(serial);
  const IntegerPtr integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
  ASSAY_CHECK(integer && X509_set_serialNumber(x509, integer.get()) == 1);
}

Status set_validity(X509* x509, const CertificateTemplate& content) {
  const TimePtr from(ASN1_TIME_set(nullptr, unix_seconds(content.not_before)));
  const TimePtr to(ASN1_TIME_set(nullptr, unix_seconds(content.not_after)));
  if (!from || !to) return refuse("validity", "a time before year 0 or after year 9999");
  ASSAY_CHECK(X509_set1_notBefore(x509, from.get()) == 1 &&
              X509_set1_notAfter(x509, to.get()) == 1);
  return {};
}

/// Adds an extension given in OpenSSL's configuration syntax.
Status add_configured(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(x509, extension.get(), -1) != 1) {
    return refuse(OBJ_nid2sn(nid), take_openssl_error());
  }
  return {};
}

/// authorityInfoAccess with one caIssuers URL each (RFC 5280 section 4.2.2.1).
void add_ca_issuers(X509* x509, const std::vector<std::string>& urls) {
  if (urls.empty()) return;
  const AuthorityAccessPtr access(AUTHORITY_INFO_ACCESS_new());
  ASSAY_CHECK(access);
  for (const std::string& url : urls) {
    ACCESS_DESCRIPTION* const entry = ACCESS_DESCRIPTION_new();
    ASSAY_CHECK(entry && sk_ACCESS_DESCRIPTION_push(access.get(), entry) > 0);
    ASN1_OBJECT_free(entry->method);
    entry->method = OBJ_nid2obj(NID_ad_ca_issuers);
    ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
    ASSAY_CHECK(text && ASN1_STRING_set(text, url.data(), static_cast<int>(url.size())) == 1);
    GENERAL_NAME_set0_value(entry->location, GEN_URI, text);
  }
  ASSAY_CHECK(X509_add1_ext_i2d(x509, NID_info_access, access.get(), 0, X509V3_ADD_APPEND) == 1);
}

Status add_raw(X509* x509, const std::string& oid, Bytes der) {
  const ObjectPtr object(OBJ_txt2obj(oid.c_str(), 1));
  if (!object) return refuse("extensions", fmt::format("\"{}\" is no OID", oid));
  const OctetsPtr value(ASN1_OCTET_STRING_new());
  ASSAY_CHECK(value &&
              ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size())) == 1);
  const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get()));
  ASSAY_CHECK(extension && X509_add_ext(x509, extension.get(), -1) == 1);
  return {};
}

std::string basic_constraints(const CertificateTemplate& content) {
  if (!content.is_ca) return "critical,CA:FALSE";
  if (!content.path_length) return "critical,CA:TRUE";
  return fmt::format("critical,CA:TRUE,pathlen:{}", *content.path_length);
}

std::string key_usage(const CertificateTemplate& content) {
  if (content.is_ca) return "critical,keyCertSign,cRLSign";
  switch (content.purpose) {
    case CertifiedPurpose::signing:
      break;
    case CertifiedPurpose::encipherment:
      return "critical,keyEncipherment";
    case CertifiedPurpose::agreement:
      return "critical,keyAgreement";
  }
  return "critical,digitalSignature";
}

Status add_extensions(X509* x509, X509* issuer, const CertificateTemplate& content) {
  const std::pair<int, std::string> configured[] = {
      {NID_basic_constraints, basic_constraints(content)},
      {NID_key_usage, key_usage(content)},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"},
  };
  for (const auto& [nid, value] : configured) {
    if (const auto done = add_configured(x509, issuer, nid, value); !done) return done;
  }
  add_ca_issuers(x509, content.ca_issuers);
  for (const auto& [oid, der] : content.extensions) {
    if (const auto done = add_raw(x509, oid, der); !done) return done;
  }
  return {};
}

}  // namespace

Result<Certificate> issue_certificate(const CertificateTemplate& content,
                                      const PublicKey& subject_key,
                                      const std::optional<Certificate>& issuer,
                                      const PrivateKey& issuer_key) {
  ErrorQueueGuard guard;
  ASSAY_CHECK(issuer || issuer_key.public_key() == subject_key);
  const X509Ptr x509(X509_new());
  ASSAY_CHECK(x509 && X509_set_version(x509.get(), X509_VERSION_3) == 1);
  set_serial(x509.get());
  if (const auto done = set_subject(x509.get(), content); !done) return pass_on(done);
  if (const auto done = set_validity(x509.get(), content); !done) return pass_on(done);
  ASSAY_CHECK(X509_set_pubkey(x509.get(), subject_key.raw()) == 1);

  X509Ptr parent;
  if (issuer) {
    const unsigned char* at = issuer->der().data();
    parent.reset(d2i_X509(nullptr, &at, static_cast<long>(issuer->der().size())));
    ASSAY_CHECK(parent);
  }
  X509* const signer = parent ? parent.get() : x509.get();
  ASSAY_CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(signer)) == 1);
  if (const auto done = add_extensions(x509.get(), signer, content); !done) return pass_on(done);
  ASSAY_CHECK(X509_sign(x509.get(), issuer_key.raw(), EVP_sha256()) > 0);

  unsigned char* der = nullptr;
  const int size = i2d_X509(x509.get(), &der);
  ASSAY_CHECK(size > 0);
  const OpensslBytes owner(der);
  return Certificate::from_der({der, static_cast<std::size_t>(size)});
}

}  // namespace assay

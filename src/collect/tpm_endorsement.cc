// SPDX-License-Identifier: Apache-2.0
// What a TPM does with its endorsement key: the commands of key enrolment.
#include <fmt/format.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>

#include <algorithm>

#include "collect/policy_session.h"
#include "collect/tpm.h"
#include "collect/tss.h"

namespace assay {
namespace {

/// A TPM2B of tpm2-tss around `content`; nothing where it does not fit.
template <class T, std::size_t kMax>
bool fill(T& out, BYTE (T::*buffer)[kMax], Bytes content) {
  if (content.size() > kMax) return false;
  out.size = static_cast<UINT16>(content.size());
  std::copy(content.begin(), content.end(), out.*buffer);
  return true;
}

tl::unexpected<Error> too_long(std::string_view what) {
  return fail(Fault::malformed, std::string(what), "is longer than any that a TPM takes");
}

/// Whether the TPM has understood the command and refuses what it carries: a format-one code, whose
/// bit 7 is set (Part 2, 6.6), from the TPM itself.
bool is_about_content(TSS2_RC rc) {
  const TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
  const bool from_tpm = layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
  constexpr TSS2_RC kFormatOne = 0x80, kParameter = 0x40;
  return from_tpm && (rc & kFormatOne) != 0 && (rc & kParameter) != 0;
}

}  // namespace

PolicySession::~PolicySession() {
  // Used up by its command, or of no use to anybody: nothing can be done about a failure.
  if (esys_ != nullptr) (void)Esys_FlushContext(esys_, session_);
}

Result<PolicySession> Tpm::endorsement_session() {
  TPMT_SYM_DEF no_encryption{};
  no_encryption.algorithm = TPM2_ALG_NULL;
  ESYS_TR session = ESYS_TR_NONE;
  TSS2_RC rc = Esys_StartAuthSession(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                     ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_POLICY,
                                     &no_encryption, TPM2_ALG_SHA256, &session);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_StartAuthSession", rc);
  PolicySession out(esys_.get(), session);
  TPM2B_TIMEOUT* raw_timeout = nullptr;
  TPMT_TK_AUTH* raw_ticket = nullptr;
  rc = Esys_PolicySecret(esys_.get(), ESYS_TR_RH_ENDORSEMENT, session, ESYS_TR_PASSWORD,
                         ESYS_TR_NONE, ESYS_TR_NONE, nullptr, nullptr, nullptr, 0, &raw_timeout,
                         &raw_ticket);
  const EsysOwned<TPM2B_TIMEOUT> timeout(raw_timeout);
  const EsysOwned<TPMT_TK_AUTH> ticket(raw_ticket);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_PolicySecret", rc);
  return out;
}

bool Tpm::is_false_alarm(std::uint32_t rc) {
  // A TPM that has failed starts no sessions (TPM 2.0 Part 1, 12.3).
  return rc == TPM2_RC_FAILURE && endorsement_session().has_value();
}

Result<Secret> Tpm::activate_credential(const TpmKey& ek, const TpmKey& key,
                                        const ProtectedCredential& protected_credential) {
  TPM2B_ID_OBJECT credential{};
  TPM2B_ENCRYPTED_SECRET seed{};
  if (!fill(credential, &TPM2B_ID_OBJECT::credential, protected_credential.credential))
    return too_long("credential");
  if (!fill(seed, &TPM2B_ENCRYPTED_SECRET::secret, protected_credential.encrypted_seed))
    return too_long("encrypted_seed");
  auto session = endorsement_session();
  if (!session) return pass_on(session);
  TPM2B_DIGEST* raw_secret = nullptr;
  const TSS2_RC rc =
      Esys_ActivateCredential(esys_.get(), key.object_, ek.object_, ESYS_TR_PASSWORD,
                              session->get(), ESYS_TR_NONE, &credential, &seed, &raw_secret);
  const EsysOwned<TPM2B_DIGEST> secret(raw_secret);
  if (is_about_content(rc) || is_false_alarm(rc)) {
    return fail(Fault::untrusted, "challenge",
                fmt::format("is not for this TPM, or for another of its keys, or was changed: {} "
                            "(0x{:x})",
                            Tss2_RC_Decode(rc), rc));
  }
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_ActivateCredential", rc);
  return Secret(Buffer(secret->buffer, secret->buffer + secret->size));
}

Result<TpmKey> Tpm::import_key(const TpmKey& ek, const DuplicatedKey& duplicated) {
  TPM2B_PUBLIC area{};
  TPM2B_PRIVATE duplicate{};
  TPM2B_ENCRYPTED_SECRET seed{};
  if (!unmarshal_tss(duplicated.public_area, area.publicArea, Tss2_MU_TPMT_PUBLIC_Unmarshal))
    return fail(Fault::malformed, "public_area", "is not one TPMT_PUBLIC");
  if (!fill(duplicate, &TPM2B_PRIVATE::buffer, duplicated.duplicate)) return too_long("duplicate");
  if (!fill(seed, &TPM2B_ENCRYPTED_SECRET::secret, duplicated.encrypted_seed))
    return too_long("encrypted_seed");
  TPMT_SYM_DEF_OBJECT no_inner_wrap{};
  no_inner_wrap.algorithm = TPM2_ALG_NULL;
  auto session = endorsement_session();
  if (!session) return pass_on(session);
  TPM2B_PRIVATE* raw_private = nullptr;
  TSS2_RC rc = Esys_Import(esys_.get(), ek.object_, session->get(), ESYS_TR_NONE, ESYS_TR_NONE,
                           nullptr, &area, &duplicate, &seed, &no_inner_wrap, &raw_private);
  const EsysOwned<TPM2B_PRIVATE> imported(raw_private);
  if (is_about_content(rc) || is_false_alarm(rc)) {
    return fail(
        Fault::untrusted, "challenge",
        fmt::format("is not for this TPM, or was changed: {} (0x{:x})", Tss2_RC_Decode(rc), rc));
  }
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_Import", rc);
  session = endorsement_session();
  if (!session) return pass_on(session);
  ESYS_TR object = ESYS_TR_NONE;
  rc = Esys_Load(esys_.get(), ek.object_, session->get(), ESYS_TR_NONE, ESYS_TR_NONE,
                 imported.get(), &area, &object);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_Load", rc);
  return TpmKey(esys_.get(), object, TpmKey::Lifetime::transient, duplicated.public_area);
}

Result<SignedStatement> Tpm::certify(const TpmKey& key, const TpmKey& signer) {
  const TPM2B_DATA nothing{};
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_NULL;
  TPM2B_ATTEST* raw_attest = nullptr;
  TPMT_SIGNATURE* raw_signature = nullptr;
  const TSS2_RC rc =
      Esys_Certify(esys_.get(), key.object_, signer.object_, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
                   ESYS_TR_NONE, &nothing, &scheme, &raw_attest, &raw_signature);
  const EsysOwned<TPM2B_ATTEST> attest(raw_attest);
  const EsysOwned<TPMT_SIGNATURE> signature(raw_signature);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_Certify", rc);
  return SignedStatement{Buffer(attest->attestationData, attest->attestationData + attest->size),
                         marshal_tss(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal)};
}

}  // namespace assay

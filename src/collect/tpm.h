// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "collect/tcti.h"
#include "formats/pcr.h"
#include "formats/tpm.h"

struct ESYS_CONTEXT;

namespace assay {

class PolicySession;

/// Permanent handles.  TPM 2.0 Part 2, 7.4.
enum class Hierarchy : std::uint32_t {
  owner = 0x40000001,
  endorsement = 0x4000000B,
  platform = 0x4000000C,
};

/// TPMA_NV of the indexes a cloud provider makes: PPWRITE|OWNERREAD|AUTHREAD|PPREAD|NO_DA|
/// PLATFORMCREATE (TPM 2.0 Part 2, 13.4).
inline constexpr std::uint32_t kProviderNvAttributes = 0x42070001;

/// A key loaded into a TPM.  A transient one is flushed when the object goes; a persistent one
/// stays.  Must not outlive its Tpm.
class TpmKey {
 public:
  TpmKey(TpmKey&& other) noexcept;
  TpmKey& operator=(TpmKey&& other) noexcept;
  TpmKey(const TpmKey&) = delete;
  TpmKey& operator=(const TpmKey&) = delete;
  ~TpmKey();
  /// TPMT_PUBLIC.
  [[nodiscard]] const Buffer& public_area() const { return public_area_; }

 private:
  friend class Tpm;
  enum class Lifetime { transient, persistent };
  TpmKey(ESYS_CONTEXT* esys, std::uint32_t object, Lifetime lifetime, Buffer public_area)
      : esys_(esys), object_(object), lifetime_(lifetime), public_area_(std::move(public_area)) {}
  void release() noexcept;
  ESYS_CONTEXT* esys_;
  std::uint32_t object_;  ///< ESYS_TR
  Lifetime lifetime_;
  Buffer public_area_;
};

/// TPMS_ATTEST and TPMT_SIGNATURE as the TPM made them.
struct SignedStatement {
  Buffer attest;
  Buffer signature;
};
using SignedQuote = SignedStatement;

/// What a verifier encrypted for the TPM with a certain endorsement key (crypto/tpm_wrap.h).
struct ProtectedCredential {
  Buffer credential;      ///< TPM2B_ID_OBJECT without its size
  Buffer encrypted_seed;  ///< TPM2B_ENCRYPTED_SECRET without its size
};
struct DuplicatedKey {
  Buffer duplicate;       ///< TPM2B_PRIVATE without its size
  Buffer encrypted_seed;  ///< TPM2B_ENCRYPTED_SECRET without its size
  Buffer public_area;     ///< TPMT_PUBLIC
};

/// A TPM 2.0 as an attester uses it, over tpm2-tss's ESAPI.  Every hierarchy is used with the empty
/// password, as gotpm does.  A refusal of the TPM becomes an Error that names the command, decodes
/// the code and says what to do.  One thread at a time.
class Tpm {
 public:
  static Result<Tpm> open(Tcti tcti);

  /// The banks with at least one PCR, in the TPM's order, each with the PCRs it has.
  /// TPM2_GetCapability(TPM_CAP_PCRS).  At most 8.
  Result<std::vector<PcrSelection>> allocated_banks();
  /// The PCRs of `selection`, read in as many commands as the TPM wants.
  Result<PcrValues> read_pcrs(const PcrSelection& selection);

  /// The whole content of an NV index, read with owner authorisation in pieces of
  /// TPM_PT_NV_BUFFER_MAX.  Nothing where the index is not defined.
  Result<std::optional<Buffer>> read_nv(std::uint32_t index);
  /// Makes `content` the whole content of `index`, defined with `attributes` under the platform
  /// hierarchy; an index that is there already is replaced.
  Status write_platform_nv(std::uint32_t index, std::uint32_t attributes, Bytes content);

  /// TPM2_CreatePrimary of a TPMT_PUBLIC template: the same template gives the same key until the
  /// hierarchy's seed changes.
  Result<TpmKey> create_primary(Hierarchy hierarchy, Bytes public_template);
  /// The key at a persistent handle, if there is one and it was made from `public_template`
  /// (everything but the unique field agrees).  Never removes anything.
  Result<std::optional<TpmKey>> find_persistent(std::uint32_t handle, Bytes public_template);

  /// TPM2_Quote over `selection`, with `nonce` as qualifying data and the key's own scheme.
  Result<SignedQuote> quote(const TpmKey& key, Bytes nonce, const PcrSelection& selection);

  /// TPM2_ActivateCredential: the secret, which the TPM gives out only if it holds both the
  /// endorsement key `ek` and the very key that the credential names, `key`.  Fault::untrusted
  /// where it refuses: the credential is for another TPM or another key.
  Result<Secret> activate_credential(const TpmKey& ek, const TpmKey& key,
                                     const ProtectedCredential& protected_credential);
  /// TPM2_Import and TPM2_Load under the endorsement key `ek`.  Fault::untrusted where it refuses:
  /// the key was duplicated for another TPM.
  Result<TpmKey> import_key(const TpmKey& ek, const DuplicatedKey& duplicated);
  /// TPM2_Certify: `signer`'s statement that `key` is in this TPM, without qualifying data.
  Result<SignedStatement> certify(const TpmKey& key, const TpmKey& signer);

  /// For the firmware of a virtual machine: TPM2_PCR_Extend with one digest per bank.
  Status extend(std::uint32_t pcr, const std::vector<Digest>& digests);
  /// TPM2_HierarchyChangeAuth of the platform hierarchy to `password`, as firmware does before it
  /// starts an operating system.
  Status set_platform_password(Bytes password);

 private:
  struct Finalize {
    void operator()(ESYS_CONTEXT* esys) const;
  };
  Tpm(Tcti tcti, std::unique_ptr<ESYS_CONTEXT, Finalize> esys)
      : tcti_(std::move(tcti)), esys_(std::move(esys)) {}
  /// The Error of a TSS2_RC that `command` came back with.
  [[nodiscard]] tl::unexpected<Error> refusal(const char* command, std::uint32_t rc) const;
  Result<std::uint32_t> property(std::uint32_t property);
  /// A policy session that the endorsement hierarchy's (empty) password satisfies, for one use of a
  /// key with the default EK policy.
  Result<PolicySession> endorsement_session();
  /// Whether the TPM says that it has failed and works on: libtpms does where a seed was encrypted
  /// for another RSA key.
  bool is_false_alarm(std::uint32_t rc);

  Tcti tcti_;
  std::unique_ptr<ESYS_CONTEXT, Finalize> esys_;
};

}  // namespace assay

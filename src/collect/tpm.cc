// SPDX-License-Identifier: Apache-2.0
#include "collect/tpm.h"

#include <fmt/format.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>

#include <algorithm>
#include <array>

#include "collect/tss.h"

namespace assay {
namespace {

constexpr std::size_t kMaxBanks = 8;
constexpr std::size_t kMaxNv = 64 * 1024;

template <class T>
using Owned = EsysOwned<T>;

/// The TPM's answer where the error comes from the TPM itself, without the layer's number.
std::uint32_t tpm_code(TSS2_RC rc) {
  const TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;
  if (layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER) return rc & 0xFFFF;
  return 0;
}

/// TPM_RC_HANDLE, whatever handle it is about (Part 2, 6.6.2: format-one codes).
bool is_missing_handle(TSS2_RC rc) { return (tpm_code(rc) & 0x0BF) == TPM2_RC_HANDLE; }

std::string_view advice(TSS2_RC rc) {
  switch (tpm_code(rc)) {
    case TPM2_RC_OBJECT_MEMORY:
      return " (its key slots are full of forgotten keys: flush them with "
             "`tpm2_flushcontext -t`)";
    case TPM2_RC_SESSION_MEMORY:
      return " (its session slots are full: `tpm2_flushcontext -l`)";
    case TPM2_RC_LOCKOUT:
      return " (dictionary-attack lockout: wait, or `tpm2_dictionarylockout -c`)";
    case TPM2_RC_INITIALIZE:
      return " (nobody has started this TPM: `tpm2_startup -c`)";
    case TPM2_RC_RETRY:
    case TPM2_RC_YIELDED:
    case TPM2_RC_TESTING:
      return " (the TPM is busy: try again)";
    case TPM2_RC_NV_UNAVAILABLE:
    case TPM2_RC_NV_RATE:
      return " (its non-volatile memory is busy: try again)";
    case TPM2_RC_FAILURE:
      return " (the TPM is in failure mode: restart it)";
    default:
      break;
  }
  if ((tpm_code(rc) & 0x0BF) == TPM2_RC_AUTH_FAIL || (tpm_code(rc) & 0x0BF) == TPM2_RC_BAD_AUTH) {
    return " (the hierarchy has a password, and only the empty one is tried)";
  }
  return "";
}

ESYS_TR handle_of(Hierarchy hierarchy) {
  switch (hierarchy) {
    case Hierarchy::owner:
      return ESYS_TR_RH_OWNER;
    case Hierarchy::endorsement:
      return ESYS_TR_RH_ENDORSEMENT;
    case Hierarchy::platform:
      return ESYS_TR_RH_PLATFORM;
  }
  return ESYS_TR_NONE;
}

TPML_PCR_SELECTION to_tss(HashAlgorithm bank, PcrMask mask) {
  TPML_PCR_SELECTION out{};
  out.count = 1;
  out.pcrSelections[0].hash = static_cast<std::uint16_t>(bank);
  out.pcrSelections[0].sizeofSelect = 3;
  for (std::size_t i = 0; i < 3; ++i) {
    out.pcrSelections[0].pcrSelect[i] = static_cast<std::uint8_t>(mask >> (8 * i));
  }
  return out;
}

PcrMask mask_of(const TPMS_PCR_SELECTION& selection) {
  PcrMask mask = 0;
  const std::size_t bytes = std::min<std::size_t>(selection.sizeofSelect, 3);
  for (std::size_t i = 0; i < bytes; ++i) mask |= PcrMask{selection.pcrSelect[i]} << (8 * i);
  return mask;
}

/// Fault::malformed: the template is the caller's, or came out of the TPM's NV memory.
Result<TPM2B_PUBLIC> parse_template(Bytes public_template) {
  TPM2B_PUBLIC out{};
  if (!unmarshal_tss(public_template, out.publicArea, Tss2_MU_TPMT_PUBLIC_Unmarshal)) {
    return fail(Fault::malformed, "key template",
                fmt::format("{} bytes are not one TPMT_PUBLIC", public_template.size()));
  }
  return out;
}

Buffer marshal_public(const TPMT_PUBLIC& area) {
  return marshal_tss(area, Tss2_MU_TPMT_PUBLIC_Marshal);
}

bool made_from(TPMT_PUBLIC key, const TPMT_PUBLIC& original) {
  if (key.type != original.type) return false;
  key.unique = original.unique;
  return marshal_public(key) == marshal_public(original);
}

}  // namespace

TpmKey::TpmKey(TpmKey&& other) noexcept
    : esys_(std::exchange(other.esys_, nullptr)),
      object_(other.object_),
      lifetime_(other.lifetime_),
      public_area_(std::move(other.public_area_)) {}

TpmKey& TpmKey::operator=(TpmKey&& other) noexcept {
  if (this != &other) {
    release();
    esys_ = std::exchange(other.esys_, nullptr);
    object_ = other.object_;
    lifetime_ = other.lifetime_;
    public_area_ = std::move(other.public_area_);
  }
  return *this;
}

TpmKey::~TpmKey() { release(); }

void TpmKey::release() noexcept {
  if (esys_ == nullptr) return;
  // Nobody can act on a failure here: a key that is gone is what was wanted, and for one that stays
  // the next command that needs its slot says so.
  if (lifetime_ == Lifetime::transient) {
    Esys_FlushContext(esys_, object_);
  } else {
    Esys_TR_Close(esys_, &object_);
  }
  esys_ = nullptr;
}

void Tpm::Finalize::operator()(ESYS_CONTEXT* esys) const { Esys_Finalize(&esys); }

Result<Tpm> Tpm::open(Tcti tcti) {
  ESYS_CONTEXT* esys = nullptr;
  const TSS2_RC rc = Esys_Initialize(&esys, tcti.raw(), nullptr);
  if (rc != TSS2_RC_SUCCESS) return fail(Fault::unavailable, tcti.name(), Tss2_RC_Decode(rc));
  Tpm tpm(std::move(tcti), std::unique_ptr<ESYS_CONTEXT, Finalize>(esys));
  constexpr std::uint32_t kManufacturer = 0x105;  // TPM_PT_MANUFACTURER: any TPM 2.0 answers it
  if (const auto manufacturer = tpm.property(kManufacturer); !manufacturer) {
    return pass_on(manufacturer);
  }
  return tpm;
}

tl::unexpected<Error> Tpm::refusal(const char* command, std::uint32_t rc) const {
  if (tpm_code(rc) == 0) {
    if (auto error = tcti_.channel_error()) return tl::unexpected(*std::move(error));
  }
  return fail(Fault::unavailable, tcti_.name(),
              fmt::format("{} failed: {} (0x{:x}){}", command, Tss2_RC_Decode(rc), rc, advice(rc)));
}

Result<std::uint32_t> Tpm::property(std::uint32_t property) {
  TPMI_YES_NO more = 0;
  TPMS_CAPABILITY_DATA* raw = nullptr;
  const TSS2_RC rc = Esys_GetCapability(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        TPM2_CAP_TPM_PROPERTIES, property, 1, &more, &raw);
  const Owned<TPMS_CAPABILITY_DATA> data(raw);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_GetCapability", rc);
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  if (list.count < 1 || list.tpmProperty[0].property != property) {
    return fail(Fault::unavailable, tcti_.name(), fmt::format("has no property 0x{:x}", property));
  }
  return list.tpmProperty[0].value;
}

Result<std::vector<PcrSelection>> Tpm::allocated_banks() {
  TPMI_YES_NO more = 0;
  TPMS_CAPABILITY_DATA* raw = nullptr;
  const TSS2_RC rc = Esys_GetCapability(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                        TPM2_CAP_PCRS, 0, 1, &more, &raw);
  const Owned<TPMS_CAPABILITY_DATA> data(raw);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_GetCapability", rc);
  std::vector<PcrSelection> out;
  const TPML_PCR_SELECTION& list = data->data.assignedPCR;
  for (std::size_t i = 0; i < std::min<std::size_t>(list.count, TPM2_NUM_PCR_BANKS); ++i) {
    const PcrMask mask = mask_of(list.pcrSelections[i]);
    const auto bank = hash_algorithm(list.pcrSelections[i].hash);
    if (mask != 0 && bank && out.size() < kMaxBanks) out.push_back({*bank, mask});
  }
  if (out.empty()) {
    return fail(Fault::unavailable, tcti_.name(),
                "has no PCR bank allocated (choose some with `tpm2_pcrallocate` and restart)");
  }
  return out;
}

Result<PcrValues> Tpm::read_pcrs(const PcrSelection& selection) {
  PcrValues out{selection.bank, {}};
  PcrMask left = selection.mask;
  while (left != 0) {
    const TPML_PCR_SELECTION wanted = to_tss(selection.bank, left);
    UINT32 counter = 0;
    TPML_PCR_SELECTION* raw_selection = nullptr;
    TPML_DIGEST* raw_digests = nullptr;
    const TSS2_RC rc = Esys_PCR_Read(esys_.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &wanted,
                                     &counter, &raw_selection, &raw_digests);
    const Owned<TPML_PCR_SELECTION> got(raw_selection);
    const Owned<TPML_DIGEST> digests(raw_digests);
    if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_PCR_Read", rc);
    const PcrMask read = got->count > 0 ? mask_of(got->pcrSelections[0]) & left : 0;
    std::size_t next = 0;
    for (std::size_t pcr = 0; pcr < kPcrCount; ++pcr) {
      if (((read >> pcr) & 1) == 0) continue;
      if (next >= digests->count || digests->digests[next].size != digest_size(selection.bank)) {
        return fail(Fault::unavailable, tcti_.name(),
                    "answered TPM2_PCR_Read with too few digests");
      }
      const TPM2B_DIGEST& digest = digests->digests[next++];
      out.values[pcr] = Digest(selection.bank, {digest.buffer, digest.size});
    }
    if (read == 0) {
      return fail(
          Fault::unavailable, tcti_.name(),
          fmt::format("does not read PCRs 0x{:06x} of bank {}", left, name_of(selection.bank)));
    }
    left &= ~read;
  }
  return out;
}

Result<std::optional<Buffer>> Tpm::read_nv(std::uint32_t index) {
  constexpr std::uint32_t kNvBufferMax = 0x12C;  // TPM_PT_NV_BUFFER_MAX
  ESYS_TR object = ESYS_TR_NONE;
  TSS2_RC rc =
      Esys_TR_FromTPMPublic(esys_.get(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  if (is_missing_handle(rc)) return std::nullopt;
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_ReadPublic", rc);
  struct Close {
    ESYS_CONTEXT* esys;
    ESYS_TR* object;
    ~Close() { Esys_TR_Close(esys, object); }
  } const close{esys_.get(), &object};

  TPM2B_NV_PUBLIC* raw_public = nullptr;
  TPM2B_NAME* raw_name = nullptr;
  rc = Esys_NV_ReadPublic(esys_.get(), object, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                          &raw_public, &raw_name);
  const Owned<TPM2B_NV_PUBLIC> nv_public(raw_public);
  const Owned<TPM2B_NAME> name(raw_name);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_ReadPublic", rc);

  const auto piece = property(kNvBufferMax);
  if (!piece) return pass_on(piece);
  const std::size_t size = nv_public->nvPublic.dataSize;
  if (*piece == 0 || size > kMaxNv) {
    return fail(Fault::unavailable, tcti_.name(),
                fmt::format("NV index 0x{:08x} cannot be read", index));
  }
  Buffer out;
  while (out.size() < size) {
    const std::size_t want =
        std::min<std::size_t>(size - out.size(), std::min<std::size_t>(*piece, 2048));
    TPM2B_MAX_NV_BUFFER* raw_data = nullptr;
    rc = Esys_NV_Read(esys_.get(), ESYS_TR_RH_OWNER, object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                      ESYS_TR_NONE, static_cast<UINT16>(want), static_cast<UINT16>(out.size()),
                      &raw_data);
    const Owned<TPM2B_MAX_NV_BUFFER> data(raw_data);
    if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_Read", rc);
    if (data->size != want) return fail(Fault::unavailable, tcti_.name(), "cut an NV_Read short");
    out.insert(out.end(), data->buffer, data->buffer + data->size);
  }
  return out;
}

Status Tpm::write_platform_nv(std::uint32_t index, std::uint32_t attributes, Bytes content) {
  ESYS_TR object = ESYS_TR_NONE;
  TSS2_RC rc =
      Esys_TR_FromTPMPublic(esys_.get(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  if (rc == TSS2_RC_SUCCESS) {
    rc = Esys_NV_UndefineSpace(esys_.get(), ESYS_TR_RH_PLATFORM, object, ESYS_TR_PASSWORD,
                               ESYS_TR_NONE, ESYS_TR_NONE);
    if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_UndefineSpace", rc);
  } else if (!is_missing_handle(rc)) {
    return refusal("TPM2_NV_ReadPublic", rc);
  }
  TPM2B_NV_PUBLIC definition{};
  definition.nvPublic.nvIndex = index;
  definition.nvPublic.nameAlg = TPM2_ALG_SHA256;
  definition.nvPublic.attributes = attributes;
  definition.nvPublic.dataSize = static_cast<UINT16>(content.size());
  const TPM2B_AUTH no_password{};
  rc = Esys_NV_DefineSpace(esys_.get(), ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                           ESYS_TR_NONE, &no_password, &definition, &object);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_DefineSpace", rc);
  struct Close {
    ESYS_CONTEXT* esys;
    ESYS_TR* object;
    ~Close() { Esys_TR_Close(esys, object); }
  } const close{esys_.get(), &object};
  constexpr std::size_t kPiece = 1024;
  for (std::size_t offset = 0; offset < content.size(); offset += kPiece) {
    const Bytes piece = content.subspan(offset, std::min(kPiece, content.size() - offset));
    TPM2B_MAX_NV_BUFFER data{};
    data.size = static_cast<UINT16>(piece.size());
    std::copy(piece.begin(), piece.end(), data.buffer);
    rc = Esys_NV_Write(esys_.get(), ESYS_TR_RH_PLATFORM, object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                       ESYS_TR_NONE, &data, static_cast<UINT16>(offset));
    if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_NV_Write", rc);
  }
  return {};
}

Result<TpmKey> Tpm::create_primary(Hierarchy hierarchy, Bytes public_template) {
  const auto wanted = parse_template(public_template);
  if (!wanted) return pass_on(wanted);
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION creation_pcrs{};
  ESYS_TR object = ESYS_TR_NONE;
  TPM2B_PUBLIC* raw_public = nullptr;
  TPM2B_CREATION_DATA* raw_data = nullptr;
  TPM2B_DIGEST* raw_hash = nullptr;
  TPMT_TK_CREATION* raw_ticket = nullptr;
  const TSS2_RC rc = Esys_CreatePrimary(
      esys_.get(), handle_of(hierarchy), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
      &*wanted, &outside, &creation_pcrs, &object, &raw_public, &raw_data, &raw_hash, &raw_ticket);
  const Owned<TPM2B_PUBLIC> made(raw_public);
  const Owned<TPM2B_CREATION_DATA> data(raw_data);
  const Owned<TPM2B_DIGEST> hash(raw_hash);
  const Owned<TPMT_TK_CREATION> ticket(raw_ticket);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_CreatePrimary", rc);
  return TpmKey(esys_.get(), object, TpmKey::Lifetime::transient, marshal_public(made->publicArea));
}

Result<std::optional<TpmKey>> Tpm::find_persistent(std::uint32_t handle, Bytes public_template) {
  const auto wanted = parse_template(public_template);
  if (!wanted) return pass_on(wanted);
  ESYS_TR object = ESYS_TR_NONE;
  TSS2_RC rc =
      Esys_TR_FromTPMPublic(esys_.get(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &object);
  if (is_missing_handle(rc)) return std::nullopt;
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_ReadPublic", rc);
  TpmKey key(esys_.get(), object, TpmKey::Lifetime::persistent, {});
  TPM2B_PUBLIC* raw_public = nullptr;
  TPM2B_NAME* raw_name = nullptr;
  TPM2B_NAME* raw_qualified = nullptr;
  rc = Esys_ReadPublic(esys_.get(), object, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw_public,
                       &raw_name, &raw_qualified);
  const Owned<TPM2B_PUBLIC> found(raw_public);
  const Owned<TPM2B_NAME> name(raw_name);
  const Owned<TPM2B_NAME> qualified(raw_qualified);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_ReadPublic", rc);
  if (!made_from(found->publicArea, wanted->publicArea)) return std::nullopt;
  key.public_area_ = marshal_public(found->publicArea);
  return key;
}

Result<SignedQuote> Tpm::quote(const TpmKey& key, Bytes nonce, const PcrSelection& selection) {
  TPM2B_DATA qualifying{};
  if (nonce.empty() || nonce.size() > sizeof qualifying.buffer) {
    return fail(Fault::malformed, "nonce",
                fmt::format("must have 1 to {} bytes for a TPM quote, has {}",
                            sizeof qualifying.buffer, nonce.size()));
  }
  qualifying.size = static_cast<UINT16>(nonce.size());
  std::copy(nonce.begin(), nonce.end(), qualifying.buffer);
  TPMT_SIG_SCHEME scheme{};
  scheme.scheme = TPM2_ALG_NULL;
  const TPML_PCR_SELECTION pcrs = to_tss(selection.bank, selection.mask);
  TPM2B_ATTEST* raw_attest = nullptr;
  TPMT_SIGNATURE* raw_signature = nullptr;
  const TSS2_RC rc =
      Esys_Quote(esys_.get(), key.object_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                 &qualifying, &scheme, &pcrs, &raw_attest, &raw_signature);
  const Owned<TPM2B_ATTEST> attest(raw_attest);
  const Owned<TPMT_SIGNATURE> signature(raw_signature);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_Quote", rc);
  return SignedQuote{Buffer(attest->attestationData, attest->attestationData + attest->size),
                     marshal_tss(*signature, Tss2_MU_TPMT_SIGNATURE_Marshal)};
}

Status Tpm::extend(std::uint32_t pcr, const std::vector<Digest>& digests) {
  ASSAY_CHECK(pcr < kPcrCount && digests.size() <= TPM2_NUM_PCR_BANKS);
  TPML_DIGEST_VALUES values{};
  for (const Digest& digest : digests) {
    TPMT_HA& value = values.digests[values.count++];
    value.hashAlg = static_cast<std::uint16_t>(digest.algorithm());
    void* into = &value.digest;
    std::copy(digest.bytes().begin(), digest.bytes().end(), static_cast<std::uint8_t*>(into));
  }
  const TSS2_RC rc = Esys_PCR_Extend(esys_.get(), ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD,
                                     ESYS_TR_NONE, ESYS_TR_NONE, &values);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_PCR_Extend", rc);
  return {};
}

Status Tpm::set_platform_password(Bytes password) {
  TPM2B_AUTH auth{};
  ASSAY_CHECK(password.size() <= 32);
  auth.size = static_cast<UINT16>(password.size());
  std::copy(password.begin(), password.end(), auth.buffer);
  const TSS2_RC rc = Esys_HierarchyChangeAuth(esys_.get(), ESYS_TR_RH_PLATFORM, ESYS_TR_PASSWORD,
                                              ESYS_TR_NONE, ESYS_TR_NONE, &auth);
  if (rc != TSS2_RC_SUCCESS) return refusal("TPM2_HierarchyChangeAuth", rc);
  return {};
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/attestation.h"

#include <fmt/format.h>
#include <proto/attest.pb.h>

#include "base/utf8.h"

namespace assay {
namespace {

/// TPMT_PUBLIC, TPMS_ATTEST and TPMT_SIGNATURE of an RSA-4096 key are below 1,200 bytes.
constexpr std::size_t kMaxTpmStructure = 4096;
constexpr std::size_t kMaxCertificate = 16 * 1024;

/// A bytes field, bounded.
Result<Buffer> bounded(std::string_view where, const std::string& field, std::size_t max) {
  if (field.size() <= max) return to_buffer(as_bytes(field));
  return fail(Fault::malformed, fmt::format("attestation.{}", where),
              fmt::format("{} bytes, at most {} allowed", field.size(), max));
}

Result<PcrValues> pcrs_from_message(const std::string& where, const tpm::PCRs& message) {
  const auto id = static_cast<std::uint32_t>(message.hash());
  const auto bank = hash_algorithm(id);
  if (!bank) {
    return fail(Fault::malformed, fmt::format("attestation.{}.hash", where),
                fmt::format("unknown PCR bank {:#06x}", id));
  }
  PcrValues pcrs{*bank, {}};
  for (const auto& [index, value] : message.pcrs()) {
    const auto at = [&where, number = index] {
      return fmt::format("attestation.{}.pcrs[{}]", where, number);
    };
    if (index >= kPcrCount) return fail(Fault::malformed, at(), "PCR above 23");
    if (value.size() != digest_size(*bank)) {
      return fail(Fault::malformed, at(),
                  fmt::format("{} bytes, {} digests have {}", value.size(), name_of(*bank),
                              digest_size(*bank)));
    }
    pcrs.values[index].emplace(*bank, as_bytes(value));
  }
  return pcrs;
}

Result<Quote> quote_from_message(int position, const tpm::Quote& message) {
  const std::string where = fmt::format("quotes[{}]", position);
  auto attest = bounded(where + ".quote", message.quote(), kMaxTpmStructure);
  if (!attest) return pass_on(attest);
  auto signature = bounded(where + ".raw_sig", message.raw_sig(), kMaxTpmStructure);
  if (!signature) return pass_on(signature);
  auto pcrs = pcrs_from_message(where + ".pcrs", message.pcrs());
  if (!pcrs) return pass_on(pcrs);
  return Quote{std::move(*attest), std::move(*signature), *pcrs};
}

/// A proto3 string "must always contain UTF-8 encoded text"; protobuf's text format lets others in.
Status check_text(std::string_view field, const std::string& value) {
  if (is_utf8(value)) return {};
  return fail(Fault::malformed, fmt::format("attestation.instance_info.{}", field), "not UTF-8");
}

Result<GceInstance> instance_from_message(const attest::GCEInstanceInfo& message) {
  if (auto status = check_text("zone", message.zone()); !status) return pass_on(status);
  if (auto status = check_text("project_id", message.project_id()); !status) return pass_on(status);
  if (auto status = check_text("instance_name", message.instance_name()); !status) {
    return pass_on(status);
  }
  return GceInstance{.zone = message.zone(),
                     .project_id = message.project_id(),
                     .project_number = message.project_number(),
                     .instance_name = message.instance_name(),
                     .instance_id = message.instance_id()};
}

std::string tee_evidence_of(const attest::Attestation& message) {
  switch (message.tee_attestation_case()) {
    case attest::Attestation::kSevSnpAttestation:
      return "sev_snp_attestation";
    case attest::Attestation::kTdxAttestation:
      return "tdx_attestation";
    case attest::Attestation::TEE_ATTESTATION_NOT_SET:
      return "";
  }
  return "unknown";
}

Status check_counts(const attest::Attestation& message) {
  const auto at_most = [](std::string_view what, int count, std::size_t max) -> Status {
    if (static_cast<std::size_t>(count) <= max) return {};
    return fail(Fault::malformed, fmt::format("attestation.{}", what),
                fmt::format("{} of them, at most {} allowed", count, max));
  };
  if (auto status = at_most("quotes", message.quotes_size(), kMaxQuotes); !status) return status;
  return at_most("intermediate_certs", message.intermediate_certs_size(), kMaxIntermediates);
}

std::string to_field(Bytes bytes) { return to_text(bytes); }

void to_message(const Quote& quote, tpm::Quote& message) {
  message.set_quote(to_field(quote.attest));
  message.set_raw_sig(to_field(quote.signature));
  // proto3 enums are open: a bank without a name there travels as its number.
  message.mutable_pcrs()->set_hash(static_cast<tpm::HashAlgo>(quote.pcrs.bank));
  auto& values = *message.mutable_pcrs()->mutable_pcrs();
  for (std::uint32_t i = 0; i < kPcrCount; ++i) {
    if (quote.pcrs.values[i]) values[i] = to_field(quote.pcrs.values[i]->bytes());
  }
}

void to_message(const GceInstance& instance, attest::GCEInstanceInfo& message) {
  message.set_zone(instance.zone);
  message.set_project_id(instance.project_id);
  message.set_project_number(instance.project_number);
  message.set_instance_name(instance.instance_name);
  message.set_instance_id(instance.instance_id);
}

}  // namespace

Result<Attestation> from_message(const attest::Attestation& message) {
  if (auto status = check_counts(message); !status) return pass_on(status);
  Attestation out;
  Status status;
  const auto read = [&status](std::string_view where, const std::string& field, std::size_t max) {
    auto bytes = bounded(where, field, max);
    if (!bytes && status) status = pass_on(bytes);
    return bytes ? std::move(*bytes) : Buffer();
  };
  out.ak_pub = read("ak_pub", message.ak_pub(), kMaxTpmStructure);
  out.event_log = read("event_log", message.event_log(), kMaxEventLog);
  out.canonical_event_log =
      read("canonical_event_log", message.canonical_event_log(), kMaxEventLog);
  out.ak_cert = read("ak_cert", message.ak_cert(), kMaxCertificate);
  for (int i = 0; i < message.intermediate_certs_size(); ++i) {
    out.intermediates.push_back(read(fmt::format("intermediate_certs[{}]", i),
                                     message.intermediate_certs(i), kMaxCertificate));
  }
  if (!status) return pass_on(status);
  for (int i = 0; i < message.quotes_size(); ++i) {
    auto quote = quote_from_message(i, message.quotes(i));
    if (!quote) return pass_on(quote);
    out.quotes.push_back(std::move(*quote));
  }
  if (message.has_instance_info()) {
    auto instance = instance_from_message(message.instance_info());
    if (!instance) return pass_on(instance);
    out.claimed_instance = std::move(*instance);
  }
  out.tee_evidence = tee_evidence_of(message);
  return out;
}

void to_message(const Attestation& attestation, attest::Attestation& message) {
  message.Clear();
  message.set_ak_pub(to_field(attestation.ak_pub));
  message.set_event_log(to_field(attestation.event_log));
  message.set_canonical_event_log(to_field(attestation.canonical_event_log));
  message.set_ak_cert(to_field(attestation.ak_cert));
  for (const Buffer& der : attestation.intermediates) message.add_intermediate_certs(to_field(der));
  for (const Quote& quote : attestation.quotes) to_message(quote, *message.add_quotes());
  if (attestation.claimed_instance) {
    to_message(*attestation.claimed_instance, *message.mutable_instance_info());
  }
}

}  // namespace assay

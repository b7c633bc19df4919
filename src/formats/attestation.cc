// SPDX-License-Identifier: Apache-2.0
#include "formats/attestation.h"

#include <fmt/format.h>
#include <proto/attest.pb.h>

#include "base/utf8.h"
#include "formats/attestation_parts.h"

namespace assay {
namespace {

/// TPMT_PUBLIC, TPMS_ATTEST and TPMT_SIGNATURE of an RSA-4096 key are below 1,200 bytes.
constexpr std::size_t kMaxTpmStructure = 4096;
constexpr std::size_t kMaxCertificate = 16 * 1024;

/// A bytes field, bounded.
Result<Buffer> bounded(std::string_view where, Bytes field, std::size_t max) {
  if (field.size() <= max) return to_buffer(field);
  return fail(Fault::malformed, fmt::format("attestation.{}", where),
              fmt::format("{} bytes, at most {} allowed", field.size(), max));
}

Result<PcrValues> pcrs_of(const QuoteParts& parts, std::size_t position) {
  const auto refuse = [position](std::string_view what, std::string why) {
    return fail(Fault::malformed, fmt::format("attestation.quotes[{}].pcrs.{}", position, what),
                std::move(why));
  };
  const auto bank = hash_algorithm(parts.bank);
  if (!bank) return refuse("hash", fmt::format("unknown PCR bank {:#06x}", parts.bank));
  if (parts.pcr_above) return refuse(fmt::format("pcrs[{}]", *parts.pcr_above), "PCR above 23");
  PcrValues pcrs{*bank, {}};
  for (std::size_t i = 0; i < kPcrCount; ++i) {
    const auto& value = parts.pcrs[i];
    if (!value) continue;
    if (value->size() != digest_size(*bank)) {
      return refuse(fmt::format("pcrs[{}]", i),
                    fmt::format("{} bytes, {} digests have {}", value->size(), name_of(*bank),
                                digest_size(*bank)));
    }
    pcrs.values[i].emplace(*bank, *value);
  }
  return pcrs;
}

Result<Quote> quote_of(const QuoteParts& parts, std::size_t position) {
  const auto read = [position](std::string_view name, Bytes field) -> Result<Buffer> {
    if (field.size() <= kMaxTpmStructure) return to_buffer(field);
    return bounded(fmt::format("quotes[{}].{}", position, name), field, kMaxTpmStructure);
  };
  auto attest = read("quote", parts.attest);
  if (!attest) return pass_on(attest);
  auto signature = read("raw_sig", parts.signature);
  if (!signature) return pass_on(signature);
  const auto pcrs = pcrs_of(parts, position);
  if (!pcrs) return pass_on(pcrs);
  return Quote{std::move(*attest), std::move(*signature), *pcrs};
}

/// A proto3 string "must always contain UTF-8 encoded text"; protobuf's text format lets others in.
Status check_text(std::string_view field, std::string_view value) {
  if (is_utf8(value)) return {};
  return fail(Fault::malformed, fmt::format("attestation.instance_info.{}", field), "not UTF-8");
}

Result<GceInstance> instance_of(const InstanceParts& parts) {
  if (auto status = check_text("zone", parts.zone); !status) return pass_on(status);
  if (auto status = check_text("project_id", parts.project_id); !status) return pass_on(status);
  if (auto status = check_text("instance_name", parts.instance_name); !status) {
    return pass_on(status);
  }
  return GceInstance{.zone = std::string(parts.zone),
                     .project_id = std::string(parts.project_id),
                     .project_number = parts.project_number,
                     .instance_name = std::string(parts.instance_name),
                     .instance_id = parts.instance_id};
}

Status check_counts(const AttestationParts& parts) {
  const auto at_most = [](std::string_view what, std::size_t count, std::size_t max) -> Status {
    if (count <= max) return {};
    return fail(Fault::malformed, fmt::format("attestation.{}", what),
                fmt::format("{} of them, at most {} allowed", count, max));
  };
  if (auto status = at_most("quotes", parts.quote_count, kMaxQuotes); !status) return status;
  return at_most("intermediate_certs", parts.intermediate_count, kMaxIntermediates);
}

std::string_view tee_evidence_of(const attest::Attestation& message) {
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

QuoteParts parts_of(const tpm::Quote& message) {
  QuoteParts out;
  out.attest = as_bytes(message.quote());
  out.signature = as_bytes(message.raw_sig());
  out.bank = static_cast<std::uint32_t>(message.pcrs().hash());
  for (const auto& [index, value] : message.pcrs().pcrs()) {
    if (index < kPcrCount)
      out.pcrs[index] = as_bytes(value);
    else
      out.pcr_above = index;
  }
  return out;
}

InstanceParts parts_of(const attest::GCEInstanceInfo& message) {
  return {.zone = message.zone(),
          .project_id = message.project_id(),
          .instance_name = message.instance_name(),
          .project_number = message.project_number(),
          .instance_id = message.instance_id()};
}

AttestationParts parts_of(const attest::Attestation& message) {
  AttestationParts out;
  out.ak_pub = as_bytes(message.ak_pub());
  out.event_log = as_bytes(message.event_log());
  out.canonical_event_log = as_bytes(message.canonical_event_log());
  out.ak_cert = as_bytes(message.ak_cert());
  for (const tpm::Quote& quote : message.quotes())
    if (out.quote_count++ < kMaxQuotes) out.quotes.push_back(parts_of(quote));
  for (const std::string& der : message.intermediate_certs())
    if (out.intermediate_count++ < kMaxIntermediates) out.intermediates.push_back(as_bytes(der));
  if (message.has_instance_info()) out.instance = parts_of(message.instance_info());
  out.tee_evidence = tee_evidence_of(message);
  return out;
}

std::string to_field(Bytes bytes) { return to_text(bytes); }

void to_message(const Quote& quote, tpm::Quote& message) {
  message.set_quote(to_field(quote.attest));
  message.set_raw_sig(to_field(quote.signature));
  // proto3 enums are open: a bank without a name there travels as its number.
  message.mutable_pcrs()->set_hash(static_cast<tpm::HashAlgo>(quote.pcrs.bank));
  auto& values = *message.mutable_pcrs()->mutable_pcrs();
  for (std::uint32_t i = 0; i < kPcrCount; ++i) {
    if (const auto& value = quote.pcrs.values[i]) values[i] = to_field(value->bytes());
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

Result<Attestation> attestation_of(const AttestationParts& parts) {
  if (auto status = check_counts(parts); !status) return pass_on(status);
  Attestation out;
  Status status;
  const auto read = [&status](std::string_view where, Bytes field, std::size_t max) {
    auto bytes = bounded(where, field, max);
    if (!bytes && status) status = pass_on(bytes);
    return bytes ? std::move(*bytes) : Buffer();
  };
  out.ak_pub = read("ak_pub", parts.ak_pub, kMaxTpmStructure);
  out.event_log = read("event_log", parts.event_log, kMaxEventLog);
  out.canonical_event_log = read("canonical_event_log", parts.canonical_event_log, kMaxEventLog);
  out.ak_cert = read("ak_cert", parts.ak_cert, kMaxCertificate);
  out.intermediates.reserve(parts.intermediates.size());
  for (std::size_t i = 0; i < parts.intermediates.size(); ++i) {
    const Bytes der = parts.intermediates[i];
    out.intermediates.push_back(
        der.size() <= kMaxCertificate
            ? to_buffer(der)
            : read(fmt::format("intermediate_certs[{}]", i), der, kMaxCertificate));
  }
  if (!status) return pass_on(status);
  out.quotes.reserve(parts.quotes.size());
  for (std::size_t i = 0; i < parts.quotes.size(); ++i) {
    auto quote = quote_of(parts.quotes[i], i);
    if (!quote) return pass_on(quote);
    out.quotes.push_back(std::move(*quote));
  }
  if (parts.instance) {
    auto instance = instance_of(*parts.instance);
    if (!instance) return pass_on(instance);
    out.claimed_instance = std::move(*instance);
  }
  out.tee_evidence = parts.tee_evidence;
  return out;
}

Result<Attestation> from_message(const attest::Attestation& message) {
  return attestation_of(parts_of(message));
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

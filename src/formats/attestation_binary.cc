// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"
#include "formats/attestation_parts.h"
#include "formats/proto_fields.h"

namespace assay {
namespace {

using Type = ProtoField::Type;

// As in proto/attest.proto and proto/tpm.proto.  Where a field that is no list comes again, the
// last one counts; a message that comes again is merged into the first.  What is not declared is
// read over.  Each function says whether its message was well-formed.

bool read_pcr(ProtoFields fields, QuoteParts& quote) {
  std::uint32_t index = 0;
  Bytes value;
  while (const auto field = fields.next()) {
    if (field->is(1, Type::varint)) index = static_cast<std::uint32_t>(field->value);
    if (field->is(2, Type::bytes)) value = field->bytes;
  }
  if (index < kPcrCount)
    quote.pcrs[index] = value;
  else
    quote.pcr_above = index;
  return fields.ok();
}

bool read_pcrs(ProtoFields fields, QuoteParts& quote) {
  bool ok = true;
  while (const auto field = fields.next()) {
    if (field->is(1, Type::varint)) quote.bank = static_cast<std::uint32_t>(field->value);
    if (field->is(2, Type::bytes)) ok = read_pcr(fields.inside(*field), quote) && ok;
  }
  return fields.ok() && ok;
}

bool read_quote(ProtoFields fields, QuoteParts& quote) {
  bool ok = true;
  while (const auto field = fields.next()) {
    if (field->is(1, Type::bytes)) quote.attest = field->bytes;
    if (field->is(2, Type::bytes)) quote.signature = field->bytes;
    if (field->is(3, Type::bytes)) ok = read_pcrs(fields.inside(*field), quote) && ok;
  }
  return fields.ok() && ok;
}

/// "A string must always contain UTF-8 encoded text": the proto3 language guide.
bool read_instance(ProtoFields fields, InstanceParts& instance) {
  bool ok = true;
  while (const auto field = fields.next()) {
    const auto read_text = [&](std::uint32_t number, std::string_view& text) {
      if (!field->is(number, Type::bytes)) return;
      text = as_text(field->bytes);
      ok = ok && is_utf8(text);
    };
    read_text(1, instance.zone);
    read_text(2, instance.project_id);
    if (field->is(3, Type::varint)) instance.project_number = field->value;
    read_text(4, instance.instance_name);
    if (field->is(5, Type::varint)) instance.instance_id = field->value;
  }
  return fields.ok() && ok;
}

bool read_attestation(ProtoFields fields, AttestationParts& out) {
  bool ok = true;
  QuoteParts unkept;
  while (const auto field = fields.next()) {
    if (field->type != Type::bytes) continue;
    switch (field->number) {
      case 1:
        out.ak_pub = field->bytes;
        break;
      case 2: {
        const bool kept = out.quote_count++ < kMaxQuotes;
        ok = read_quote(fields.inside(*field), kept ? out.quotes.emplace_back() : unkept) && ok;
        break;
      }
      case 3:
        out.event_log = field->bytes;
        break;
      case 4:
        if (!out.instance) out.instance.emplace();
        ok = read_instance(fields.inside(*field), *out.instance) && ok;
        break;
      case 5:
        out.canonical_event_log = field->bytes;
        break;
      case 6:
        out.ak_cert = field->bytes;
        break;
      case 7:
        if (out.intermediate_count++ < kMaxIntermediates) out.intermediates.push_back(field->bytes);
        break;
      case 8:
        out.tee_evidence = "sev_snp_attestation";
        break;
      case 9:
        out.tee_evidence = "tdx_attestation";
        break;
      default:
        break;
    }
  }
  return fields.ok() && ok;
}

}  // namespace

Result<AttestationParts> parse_binary_attestation(Bytes in) {
  AttestationParts out;
  if (read_attestation(ProtoFields(in), out)) return out;
  return fail(Fault::malformed, "attestation", "not a protobuf message of type attest.Attestation");
}

}  // namespace assay

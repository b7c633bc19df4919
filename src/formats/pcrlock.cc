// SPDX-License-Identifier: Apache-2.0
#include "formats/pcrlock.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "base/json.h"
#include "formats/bank.h"
#include "formats/cel_parts.h"

namespace assay {
namespace {

constexpr JsonLimits kLimits{.bytes = 4 * 1024 * 1024, .depth = 16, .values = 1024 * 1024};

tl::unexpected<Error> refuse(std::size_t number, std::string_view field, std::string why) {
  return fail(Fault::malformed, fmt::format("pcrlock.record {}.{}", number, field), std::move(why));
}

Result<Digest> read_digest(const json::value& value, std::size_t number) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refuse(number, "digests", "a digest that is not an object");
  const auto name = json_string(*object, "hashAlg");
  if (!name) return refuse(number, "digests", to_string(name.error()));
  const auto text = json_string(*object, "digest");
  if (!text) return refuse(number, "digests", to_string(text.error()));
  const auto algorithm = bank_named(*name);
  if (!algorithm) return refuse(number, "digests", fmt::format("\"{}\" is not known", *name));
  const auto bytes = parse_hex("digest", *text);
  if (!bytes) return refuse(number, "digests", bytes.error().why);
  if (bytes->size() != digest_size(*algorithm))
    return refuse(number, "digests",
                  fmt::format("{} has digests of {} bytes, not {}", *name, digest_size(*algorithm),
                              bytes->size()));
  return Digest(*algorithm, *bytes);
}

Result<PcrlockRecord> read_record(const json::value& value, std::size_t number) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refuse(number, "record", "not an object");
  const auto pcr = json_integer(*object, "pcr");
  if (!pcr) return refuse(number, "pcr", pcr.error().why);
  if (*pcr < 0 || *pcr > 23) return refuse(number, "pcr", fmt::format("PCR {}", *pcr));
  const auto digests = json_array(*object, "digests");
  if (!digests) return refuse(number, "digests", digests.error().why);
  PcrlockRecord out{static_cast<std::uint32_t>(*pcr), {}};
  for (const json::value& entry : **digests) {
    const auto digest = read_digest(entry, number);
    if (!digest) return pass_on(digest);
    if (std::any_of(out.digests.begin(), out.digests.end(),
                    [&](const Digest& d) { return d.algorithm() == digest->algorithm(); }))
      return refuse(number, "digests",
                    fmt::format("{} appears twice", name_of(digest->algorithm())));
    out.digests.push_back(*digest);
  }
  if (out.digests.empty()) return refuse(number, "digests", "no digest");
  return out;
}

}  // namespace

Result<std::vector<PcrlockRecord>> parse_pcrlock(std::string_view text) {
  const auto object = parse_json_object("pcrlock", text, kLimits);
  if (!object) return pass_on(object);
  const auto records = json_array(*object, "records");
  if (!records) return fail(Fault::malformed, "pcrlock.records", records.error().why);
  std::vector<PcrlockRecord> out;
  for (const json::value& value : **records) {
    auto record = read_record(value, out.size());
    if (!record) return pass_on(record);
    out.push_back(std::move(*record));
  }
  return out;
}

std::string encode_pcrlock(const std::vector<PcrlockRecord>& records) {
  json::array list;
  for (const PcrlockRecord& record : records) {
    json::array digests;
    for (const Digest& digest : record.digests)
      digests.push_back(
          {{"hashAlg", name_of(digest.algorithm())}, {"digest", hex(digest.bytes())}});
    list.push_back({{"pcr", record.pcr}, {"digests", std::move(digests)}});
  }
  return pretty_json(json::object{{"records", std::move(list)}});
}

}  // namespace assay

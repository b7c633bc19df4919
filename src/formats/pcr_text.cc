// SPDX-License-Identifier: Apache-2.0
#include "formats/pcr_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/blanks.h"
#include "base/hex.h"
#include "base/json.h"
#include "formats/bank.h"

namespace assay {

namespace {

constexpr std::size_t kMaxText = 64 * 1024;

/// Collects values; each function says why not, or nothing.
class Collector {
 public:
  std::string begin_bank(std::string_view name) {
    const auto bank = bank_named(name);
    if (!bank) return "not the name of a hash algorithm";
    for (const PcrValues& v : out_)
      if (v.bank == *bank) return "the bank is there twice";
    out_.push_back({*bank, {}});
    return {};
  }

  std::string add(std::string_view index, std::string_view digits) {
    if (out_.empty()) return "a value before the name of its bank";
    std::size_t pcr = 0;
    const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), pcr);
    if (error != std::errc() || end != index.data() + index.size() || pcr >= kPcrCount)
      return "want the index of a PCR, 0 to 23";
    if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
    const HashAlgorithm bank = out_.back().bank;
    const auto bytes = parse_hex("value", digits);
    if (!bytes || bytes->size() != digest_size(bank))
      return fmt::format("want {} hexadecimal digits", 2 * digest_size(bank));
    auto& value = out_.back().values[pcr];
    if (value) return "the PCR is there twice";
    value = Digest(bank, *bytes);
    return {};
  }

  Result<std::vector<PcrValues>> finish(std::string_view where) {
    const bool any =
        std::any_of(out_.begin(), out_.end(), [](const PcrValues& v) { return v.mask() != 0; });
    if (!any)
      return fail(Fault::malformed, std::string(where),
                  "holds no PCR value; want what tpm2_pcrread prints, or JSON with \"banks\"");
    return std::move(out_);
  }

 private:
  std::vector<PcrValues> out_;
};

Result<std::vector<PcrValues>> from_lines(std::string_view where, std::string_view text) {
  Collector out;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line == "---") continue;
    const std::size_t colon = line.find(':');
    std::string why = "want \"BANK:\" or \"INDEX : 0xVALUE\"";
    if (colon != std::string_view::npos) {
      const std::string_view key = without_blanks(line.substr(0, colon));
      const std::string_view value = without_blanks(line.substr(colon + 1));
      why = value.empty() ? out.begin_bank(key) : out.add(key, value);
    }
    if (!why.empty()) return fail(Fault::malformed, fmt::format("{}:{}", where, number), why);
  }
  return out.finish(where);
}

Result<std::vector<PcrValues>> from_json(std::string_view where, std::string_view text) {
  const auto document = parse_json_object(where, text);
  if (!document) return pass_on(document);
  const auto banks = json_object(*document, "banks");
  if (!banks) return pass_on(banks);
  Collector out;
  for (const auto& [bank, values] : **banks) {
    const std::string path = fmt::format("{}.banks.{}", where, std::string_view(bank));
    const json::object* const object = values.if_object();
    std::string why = object == nullptr ? "want an object" : out.begin_bank(bank);
    if (!why.empty()) return fail(Fault::malformed, path, why);
    for (const auto& [index, value] : *object) {
      const json::string* const digits = value.if_string();
      why = digits == nullptr ? "want a string" : out.add(index, *digits);
      if (!why.empty())
        return fail(Fault::malformed, fmt::format("{}.{}", path, std::string_view(index)), why);
    }
  }
  return out.finish(where);
}

}  // namespace

Result<std::vector<PcrValues>> parse_pcr_text(std::string_view where, std::string_view text) {
  if (text.size() > kMaxText)
    return fail(Fault::malformed, std::string(where), "larger than 64 KiB");
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  return is_json ? from_json(where, text) : from_lines(where, text);
}

}  // namespace assay

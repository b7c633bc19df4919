// SPDX-License-Identifier: Apache-2.0

// The list as text: PCR, template hash, template name and fields, one entry a line.  The template
// data, which is what was hashed, is put together from the fields.

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "formats/ima_fields.h"

namespace assay {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> hex_digits() {
  std::array<std::uint8_t, 256> out{};
  for (auto& v : out) v = kNoDigit;
  for (std::uint8_t i = 0; i < 10; ++i) out[std::size_t{'0'} + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i)
    out[std::size_t{'a'} + i] = static_cast<std::uint8_t>(10 + i);
  return out;
}
constexpr auto kDigits = hex_digits();

/// Decodes lower-case hexadecimal, as the kernel writes it, to `out`, which has room.
bool decode_hex(std::string_view text, std::uint8_t* out) {
  if (text.size() % 2 != 0) return false;
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::uint8_t high = kDigits[static_cast<std::uint8_t>(text[i])];
    const std::uint8_t low = kDigits[static_cast<std::uint8_t>(text[i + 1])];
    seen |= high | low;
    *out++ = static_cast<std::uint8_t>(high << 4 | (low & 0x0F));
  }
  return seen <= 0x0F;
}

/// The text up to the next blank, and what stands behind that blank.
struct Split {
  std::string_view word, rest;
  bool found = false;
};
Split split(std::string_view text) {
  const std::size_t at = text.find(' ');
  if (at == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, at), text.substr(at + 1), true};
}
/// The same at the last blank.
Split split_last(std::string_view text) {
  const std::size_t at = text.rfind(' ');
  if (at == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, at), text.substr(at + 1), true};
}

/// Template data under construction, in a buffer that is used again for each line.
class Fields {
 public:
  explicit Fields(Buffer& out) : out_(out) { out_.clear(); }

  void u32(std::size_t value) {
    const auto n = static_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) out_.push_back(static_cast<std::uint8_t>(n >> (8 * i)));
  }
  void bytes(std::string_view text) { out_.insert(out_.end(), text.begin(), text.end()); }
  bool hex(std::string_view text) {
    const std::size_t at = out_.size();
    out_.resize(at + text.size() / 2);
    return decode_hex(text, out_.data() + at);
  }
  /// "sha256:<hex>", "verity:sha256:<hex>": the digest stands behind the last colon.
  bool digest(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    u32(colon + 2 + (text.size() - colon - 1) / 2);
    bytes(text.substr(0, colon + 1));
    out_.push_back(0);
    return hex(text.substr(colon + 1));
  }
  void name(std::string_view text) {
    u32(text.size() + 1);
    bytes(text);
    out_.push_back(0);
  }
  bool sized_hex(std::string_view text) {
    u32(text.size() / 2);
    return hex(text);
  }
  void pad_to(std::size_t size) { out_.resize(size, 0); }

 private:
  Buffer& out_;
};

/// Puts the template data of a line together; why it cannot be otherwise, empty if it can.
std::string_view build_template_data(ImaTemplate kind, std::string_view fields, Buffer& out) {
  Fields data(out);
  const Split digest = split(fields);
  if (!digest.found) return "no name behind the digest";
  if (kind == ImaTemplate::ima) {
    if (digest.word.size() != 40 || !data.hex(digest.word)) return "not a digest of 20 bytes";
    if (digest.rest.size() > kImaNameMax) return "a name that is too long";
    data.bytes(digest.rest);
    data.pad_to(20 + kImaNameMax + 1);
    return "";
  }
  if (!data.digest(digest.word)) return "not a digest with its algorithm";
  if (kind == ImaTemplate::ima_ng || kind == ImaTemplate::ima_ngv2) {
    data.name(digest.rest);
    return "";
  }
  // An empty last field leaves the blank before it.
  const Split last = split_last(digest.rest);
  if (!last.found) return "no field behind the name";
  data.name(last.word);
  return data.sized_hex(last.rest) ? "" : "not hexadecimal";
}

/// "%2d" of at most two digits.
bool read_pcr(std::string_view word, std::uint32_t& out) {
  if (word.empty() || word.size() > 2) return false;
  out = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return word.size() == 1 || word[0] != '0';
}

/// The line without its blank before a PCR of one digit.
std::string_view unindented(std::string_view line) {
  if (line.size() > 1 && line[0] == ' ' && line[1] != ' ') line.remove_prefix(1);
  return line;
}

}  // namespace

bool begins_ima_ascii(Bytes list) {
  const std::string_view text = as_text(list);
  const Split pcr = split(unindented(text.substr(0, text.find('\n'))));
  const Split hash = split(pcr.rest);
  std::uint32_t number = 0;
  std::array<std::uint8_t, 64> bytes{};
  return pcr.found && hash.found && read_pcr(pcr.word, number) && number <= kMaxImaPcr &&
         hash.word.size() >= 40 && hash.word.size() <= 128 && decode_hex(hash.word, bytes.data()) &&
         ima_template(split(hash.rest).word) != ImaTemplate::other;
}

/// A line without its end may have been cut short, so it is refused.
bool ImaReader::next_ascii() {
  const std::string_view text = as_text(list_).substr(at_.offset);
  const std::size_t length = text.find('\n');
  if (length == std::string_view::npos)
    return refuse("line", list_.size(), "does not end with a line feed: it may be cut short");
  const Split pcr = split(unindented(text.substr(0, length)));
  const Split hash = split(pcr.rest);
  const Split name = split(hash.rest);
  if (!pcr.found || !hash.found || !name.found)
    return refuse("line", entry_.offset, "wanted PCR, template hash, template name and fields");
  if (!read_pcr(pcr.word, entry_.pcr) || entry_.pcr > kMaxImaPcr)
    return refuse("pcr", entry_.offset, "not a PCR");
  const auto offset_of = [this](std::string_view part) {
    return static_cast<std::size_t>(as_bytes(part).data() - list_.data());
  };
  if (hash.word.size() > 2 * hash_.size() || !decode_hex(hash.word, hash_.data()))
    return refuse("template_hash", offset_of(hash.word), "not a hash in hexadecimal");
  if (!accept_hash(Bytes(hash_).first(hash.word.size() / 2), offset_of(hash.word))) return false;
  entry_.template_name = name.word;
  entry_.kind = ima_template(name.word);
  if (entry_.kind == ImaTemplate::other)
    return refuse("template_name", offset_of(name.word),
                  "a template that cannot be read from text: take the binary list");
  if (const auto why = build_template_data(entry_.kind, name.rest, data_); !why.empty())
    return refuse("template_data", offset_of(name.rest), std::string(why));
  entry_.template_data = data_;
  if (!read_fields()) return false;
  at_.offset += length + 1;
  ++at_.number;
  return true;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/ima.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/ima_fields.h"

namespace assay {
namespace {

constexpr std::string_view kSubject = "ima";
constexpr std::size_t kLegacyDigest = 20;
constexpr std::size_t kMaxName = 255;

struct TemplateName {
  std::string_view name;
  ImaTemplate kind;
};
constexpr TemplateName kTemplates[] = {
    {"ima-ng", ImaTemplate::ima_ng},     {"ima-sig", ImaTemplate::ima_sig},
    {"ima-buf", ImaTemplate::ima_buf},   {"ima", ImaTemplate::ima},
    {"ima-ngv2", ImaTemplate::ima_ngv2}, {"ima-sigv2", ImaTemplate::ima_sigv2}};

std::uint32_t little32(Bytes four) {
  return std::uint32_t{four[0]} | std::uint32_t{four[1]} << 8 | std::uint32_t{four[2]} << 16 |
         std::uint32_t{four[3]} << 24;
}

/// Cuts bytes off the front of what remains of an entry or of its template data.
struct Cursor {
  Bytes in;
  std::size_t at = 0;

  [[nodiscard]] std::size_t remaining() const { return in.size() - at; }
  bool take(std::size_t size, Bytes& out) {
    if (size > remaining()) return false;
    out = in.subspan(at, size);
    at += size;
    return true;
  }
  bool u32(std::uint32_t& out) {
    Bytes four;
    if (!take(4, four)) return false;
    out = little32(four);
    return true;
  }
  /// u32 length, then the bytes.
  bool sized(Bytes& out) {
    std::uint32_t size = 0;
    return u32(size) && take(size, out);
  }
};

bool is_template_name(Bytes name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](std::uint8_t c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '|';
         });
}

/// A name that Linux gives a template, or the fields of one without a name: "d-ng|n-ng".
bool is_kernel_template(Bytes name) {
  const std::string_view text = as_text(name);
  return ima_template(text) != ImaTemplate::other || text == "ima-modsig" || text == "evm-sig" ||
         text.find('|') != std::string_view::npos;
}

/// Whether an entry with template hashes of this size begins the list: its name tells.
bool begins_with_hash_of(std::size_t hash_size, Bytes list) {
  Cursor c{list};
  std::uint32_t pcr = 0;
  Bytes hash, name;
  return c.u32(pcr) && pcr <= kMaxImaPcr && c.take(hash_size, hash) && c.sized(name) &&
         is_template_name(name) && is_kernel_template(name);
}

/// The size of the template hashes of a binary list, which does not say; 0 where none fits, or
/// several.
std::size_t hash_size_of(Bytes list) {
  std::size_t found = 0;
  for (const std::size_t size : kImaHashSizes) {
    if (!begins_with_hash_of(size, list)) continue;
    if (found != 0) return 0;
    found = size;
  }
  return found;
}

bool is_algorithm_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// The size of a digest by the kernel's name of its algorithm; 0 for one that we do not know.
std::size_t size_by_name(std::string_view name) {
  struct Size {
    std::string_view name;
    std::size_t size;
  };
  static constexpr Size kSizes[] = {{"sha256", 32}, {"sha1", 20},    {"sha384", 48},
                                    {"sha512", 64}, {"sha224", 28},  {"md5", 16},
                                    {"sm3", 32},    {"sm3-256", 32}, {"sm3_256", 32}};
  for (const Size& s : kSizes) {
    if (s.name == name) return s.size;
  }
  return 0;
}

/// d-ng: algorithm ':' NUL digest.  d-ngv2: type ':' algorithm ':' NUL digest.
std::string_view read_digest(Bytes field, bool typed, ImaEntry& entry) {
  const std::string_view text = as_text(field);
  const std::size_t nul = text.find('\0');
  if (nul == std::string_view::npos || nul == 0 || text[nul - 1] != ':')
    return "no algorithm before the digest";
  std::string_view prefix = text.substr(0, nul - 1);
  if (typed) {
    const std::size_t colon = prefix.find(':');
    entry.digest_type = prefix.substr(0, colon);
    if (entry.digest_type != "ima" && entry.digest_type != "verity")
      return "neither an ima nor a verity digest";
    if (colon == std::string_view::npos) return "no algorithm before the digest";
    prefix.remove_prefix(colon + 1);
  }
  if (!is_algorithm_name(prefix)) return "not the name of an algorithm";
  entry.file_algorithm = prefix;
  entry.file_digest = field.subspan(nul + 1);
  const std::size_t known = size_by_name(prefix);
  const std::size_t size = entry.file_digest.size();
  if (known != 0 ? size != known : size == 0 || size > 64)
    return "a digest of another size than its algorithm's";
  return "";
}

/// n-ng: a name and its NUL.
std::string_view read_name(Bytes field, ImaEntry& entry) {
  if (field.empty() || field.back() != 0) return "a name without its final NUL";
  entry.path = as_text(field.first(field.size() - 1));
  return entry.path.find('\0') == std::string_view::npos ? "" : "a NUL inside a name";
}

}  // namespace

std::string_view name_of(ImaFormat format) {
  return format == ImaFormat::binary ? "ima-binary" : "ima-ascii";
}

ImaTemplate ima_template(std::string_view name) {
  for (const TemplateName& t : kTemplates) {
    if (t.name == name) return t.kind;
  }
  return ImaTemplate::other;
}

std::optional<ImaRefusal> read_ima_fields(ImaEntry& entry) {
  entry.digest_type = entry.file_algorithm = entry.path = {};
  entry.file_digest = entry.signature = entry.buffer = {};
  if (entry.kind == ImaTemplate::other) return std::nullopt;
  if (entry.kind == ImaTemplate::ima) {
    entry.file_algorithm = "sha1";
    entry.file_digest = entry.template_data.first(kLegacyDigest);
    const std::string_view padded = as_text(entry.template_data.subspan(kLegacyDigest));
    entry.path = padded.substr(0, padded.find('\0'));
    return std::nullopt;
  }
  Cursor c{entry.template_data};
  Bytes field;
  const bool typed = entry.kind == ImaTemplate::ima_ngv2 || entry.kind == ImaTemplate::ima_sigv2;
  if (!c.sized(field)) return ImaRefusal{"digest", c.at, "the template data ends here"};
  if (const auto why = read_digest(field, typed, entry); !why.empty())
    return ImaRefusal{"digest", 4, why};
  const std::size_t name_at = c.at;
  if (!c.sized(field)) return ImaRefusal{"name", c.at, "the template data ends here"};
  if (const auto why = read_name(field, entry); !why.empty())
    return ImaRefusal{"name", name_at + 4, why};
  const bool is_signed = entry.kind == ImaTemplate::ima_sig || entry.kind == ImaTemplate::ima_sigv2;
  if (is_signed && !c.sized(entry.signature))
    return ImaRefusal{"signature", c.at, "the template data ends here"};
  if (entry.kind == ImaTemplate::ima_buf && !c.sized(entry.buffer))
    return ImaRefusal{"buffer", c.at, "the template data ends here"};
  if (c.remaining() != 0)
    return ImaRefusal{"template_data", c.at, "more than the template's fields"};
  return std::nullopt;
}

bool begins_ima_binary(Bytes list) { return hash_size_of(list) != 0; }

bool ImaReader::refuse(std::string_view field, std::size_t offset, std::string why) {
  error_ = Error{Fault::malformed,
                 fmt::format("{}.entry {}.{}@{:#x}", kSubject, at_.number, field, offset),
                 std::move(why)};
  return false;
}

/// One list has hashes of one size; its first entry tells which.
bool ImaReader::accept_hash(Bytes hash, std::size_t offset) {
  if (std::find(std::begin(kImaHashSizes), std::end(kImaHashSizes), hash.size()) ==
      std::end(kImaHashSizes))
    return refuse("template_hash", offset, fmt::format("a hash of {} bytes", hash.size()));
  if (at_.hash_size == 0) at_.hash_size = hash.size();
  if (hash.size() != at_.hash_size)
    return refuse(
        "template_hash", offset,
        fmt::format("a hash of {} bytes, those before have {}", hash.size(), at_.hash_size));
  entry_.template_hash = hash;
  entry_.violation = std::all_of(hash.begin(), hash.end(), [](std::uint8_t b) { return b == 0; });
  return true;
}

bool ImaReader::read_fields() {
  const auto refused = read_ima_fields(entry_);
  if (!refused) return true;
  // Template data that the list has in another form has no offset of its own.
  const bool borrowed = entry_.template_data.data() != data_.data();
  const std::size_t offset =
      borrowed ? static_cast<std::size_t>(entry_.template_data.data() - list_.data()) + refused->at
               : entry_.offset;
  return refuse(refused->field, offset, std::string(refused->why));
}

bool ImaReader::next() {
  if (error_) return false;
  if (at_.offset > list_.size())
    return refuse("list", list_.size(), "shorter than what was read of it before");
  if (at_.offset == list_.size()) return false;
  entry_.number = at_.number;
  entry_.offset = at_.offset;
  return format_ == ImaFormat::binary ? next_binary() : next_ascii();
}

/// PCR, template hash, template name, and the template data with its size; but the template "ima"
/// has no size before its data: a digest of 20 bytes, then the name with its length.
bool ImaReader::next_binary() {
  if (at_.hash_size == 0) at_.hash_size = hash_size_of(list_);
  if (at_.hash_size == 0)
    return refuse("template_name", at_.offset, "no template name where one must be");
  Cursor c{list_, at_.offset};
  Bytes hash, name;
  if (!c.u32(entry_.pcr)) return refuse("pcr", c.at, "the list ends here");
  if (entry_.pcr > kMaxImaPcr)
    return refuse("pcr", entry_.offset, fmt::format("PCR {}, above 23", entry_.pcr));
  if (!c.take(at_.hash_size, hash)) return refuse("template_hash", c.at, "the list ends here");
  if (!accept_hash(hash, entry_.offset + 4)) return false;
  const std::size_t name_at = c.at;
  if (!c.sized(name)) return refuse("template_name", name_at, "the list ends here");
  if (!is_template_name(name)) return refuse("template_name", name_at, "not a template's name");
  entry_.template_name = as_text(name);
  entry_.kind = ima_template(entry_.template_name);
  const std::size_t data_at = c.at;
  if (entry_.kind == ImaTemplate::ima) {
    Bytes digest, path;
    if (!c.take(kLegacyDigest, digest) || !c.sized(path))
      return refuse("template_data", data_at, "the list ends here");
    if (path.size() > kImaNameMax || as_text(path).find('\0') != std::string_view::npos)
      return refuse("name", data_at + kLegacyDigest, "a name that is too long, or has a NUL");
    data_.assign(digest.begin(), digest.end());
    data_.insert(data_.end(), path.begin(), path.end());
    data_.resize(kLegacyDigest + kImaNameMax + 1, 0);
    entry_.template_data = data_;
  } else if (!c.sized(entry_.template_data)) {
    return refuse("template_data", data_at, "the list ends here");
  }
  if (!read_fields()) return false;
  at_.offset = c.at;
  ++at_.number;
  return true;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/cbor.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/counted.h"
#include "base/utf8.h"

namespace assay {
namespace {

/// Major types.  RFC 8949 section 3.1.
enum : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };
/// Simple values.  RFC 8949 section 3.3, table 4.
enum : std::uint8_t { kFalse = 20, kTrue = 21, kNull = 22 };

/// The bytes of an argument that follow its first byte; none where the first byte holds it.
std::size_t argument_size(std::uint8_t additional) {
  return additional < 24 ? 0 : std::size_t{1} << (additional - 24);
}

/// The least value that needs an argument of so many bytes.
std::uint64_t least_of(std::size_t size) {
  switch (size) {
    case 1:
      return 24;
    case 2:
      return 0x100;
    case 4:
      return 0x10000;
    case 8:
      return 0x100000000;
    default:
      return 0;
  }
}

}  // namespace

std::string_view name_of(CborValue::Kind kind) {
  switch (kind) {
    case CborValue::Kind::unsigned_integer:
      return "an unsigned integer";
    case CborValue::Kind::negative_integer:
      return "a negative integer";
    case CborValue::Kind::bytes:
      return "a byte string";
    case CborValue::Kind::text:
      return "a text";
    case CborValue::Kind::array:
      return "an array";
    case CborValue::Kind::map:
      return "a map";
    case CborValue::Kind::boolean:
      return "a boolean";
    case CborValue::Kind::null:
      return "null";
  }
  return "unknown";
}

const CborValue* CborValue::find(std::uint64_t key) const {
  if (kind != Kind::map) return nullptr;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (items[i].kind == Kind::unsigned_integer && items[i].number == key) return &items[i + 1];
  }
  return nullptr;
}

tl::unexpected<Error> CborReader::fail_at(std::string_view field, std::size_t offset,
                                          std::string why) const {
  return fail(Fault::malformed, fmt::format("{}.{}@{:#x}", where_, field, offset), std::move(why));
}

/// RFC 8949 section 3: the first byte holds the major type and the argument, or how many bytes of
/// argument follow.  Section 4.2.1: "The argument (...) MUST be as short as possible".
Result<CborReader::Head> CborReader::head(std::string_view field) {
  const std::size_t start = at_;
  if (at_ == in_.size()) return fail_at(field, start, "the input ends here");
  const std::uint8_t first = in_[at_++];
  const auto major = static_cast<std::uint8_t>(first >> 5);
  const auto additional = static_cast<std::uint8_t>(first & 0x1F);
  if (additional > 27)
    return fail_at(field, start,
                   additional == 31 ? "indefinite length, which is not allowed"
                                    : "reserved additional information");
  const std::size_t size = argument_size(additional);
  if (size > in_.size() - at_)
    return fail_at(field, start,
                   fmt::format("need {}, {} remain", counted(size, "byte"), in_.size() - at_));
  std::uint64_t argument = size == 0 ? additional : 0;
  for (std::size_t i = 0; i < size; ++i) argument = argument << 8 | in_[at_++];
  if (major != kSimple && argument < least_of(size))
    return fail_at(field, start, fmt::format("{} is not written as short as it can be", argument));
  return Head{major, additional, argument};
}

Result<std::uint64_t> CborReader::array(std::string_view field) {
  const std::size_t start = at_;
  const auto read = head(field);
  if (!read) return pass_on(read);
  if (read->major != kArray) return fail_at(field, start, "not an array");
  if (read->argument > in_.size() - at_)
    return fail_at(
        field, start,
        fmt::format("{} items, {} remain", read->argument, counted(in_.size() - at_, "byte")));
  return read->argument;
}

Result<CborValue> CborReader::value(std::string_view field) { return nested(field, 0); }

Result<CborValue> CborReader::nested(std::string_view field, std::size_t depth) {
  using Kind = CborValue::Kind;
  const std::size_t start = at_;
  if (depth > limits_.depth)
    return fail_at(field, start, fmt::format("nested deeper than {}", limits_.depth));
  if (left_ == 0) return fail_at(field, start, fmt::format("more than {} values", limits_.values));
  --left_;
  const auto read = head(field);
  if (!read) return pass_on(read);
  CborValue out;
  out.offset = start;
  out.number = read->argument;
  switch (read->major) {
    case kUnsigned:
      out.kind = Kind::unsigned_integer;
      return out;
    case kNegative:
      out.kind = Kind::negative_integer;
      return out;
    case kBytes:
    case kText: {
      out.kind = read->major == kBytes ? Kind::bytes : Kind::text;
      if (read->argument > in_.size() - at_)
        return fail_at(
            field, start,
            fmt::format("need {}, {} remain", counted(read->argument, "byte"), in_.size() - at_));
      out.bytes = in_.subspan(at_, read->argument);
      at_ += read->argument;
      if (out.kind == Kind::text && !is_utf8(as_text(out.bytes)))
        return fail_at(field, start, "a text that is not UTF-8");
      out.number = 0;
      return out;
    }
    case kArray:
    case kMap: {
      out.kind = read->major == kArray ? Kind::array : Kind::map;
      // Each item takes a byte at least, so a count beyond what remains cannot be true.
      const std::uint64_t room = (in_.size() - at_) / (out.kind == Kind::map ? 2 : 1);
      if (read->argument > room)
        return fail_at(
            field, start,
            fmt::format("{} items, {} remain", read->argument, counted(in_.size() - at_, "byte")));
      out.number = 0;
      const std::uint64_t count = read->argument * (out.kind == Kind::map ? 2 : 1);
      if (auto ok = read_items(out, field, count, depth); !ok) return pass_on(ok);
      return out;
    }
    case kSimple:
      if (read->additional == kFalse || read->additional == kTrue) {
        out.kind = Kind::boolean;
        out.number = read->additional == kTrue ? 1 : 0;
        return out;
      }
      if (read->additional == kNull) {
        out.number = 0;
        return out;
      }
      return fail_at(field, start, "a float or simple value, which is not allowed");
    case kTag:
    default:
      return fail_at(field, start, "a tag, which is not allowed");
  }
}

/// RFC 8949 section 5.6: "a map that has duplicate keys (...) is not valid".  Spellings are unique
/// here, so equal keys have equal bytes.
Status CborReader::read_items(CborValue& into, std::string_view field, std::uint64_t count,
                              std::size_t depth) {
  const auto less = [](Bytes a, Bytes b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  };
  std::set<Bytes, decltype(less)> keys(less);
  const bool is_map = into.kind == CborValue::Kind::map;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t start = at_;
    auto item = nested(field, depth + 1);
    if (!item) return pass_on(item);
    if (is_map && i % 2 == 0 && !keys.insert(in_.subspan(start, at_ - start)).second)
      return fail_at(field, start, "a key appears twice in a map");
    into.items.push_back(std::move(*item));
  }
  return {};
}

Status CborReader::end() const {
  if (at_ == in_.size()) return {};
  return fail_at("end", at_, fmt::format("{} trailing bytes", in_.size() - at_));
}

Result<CborValue> parse_cbor(std::string_view where, Bytes in, CborLimits limits) {
  CborReader reader(where, in, limits);
  auto value = reader.value("value");
  if (!value) return value;
  if (const auto ended = reader.end(); !ended) return pass_on(ended);
  return value;
}

}  // namespace assay

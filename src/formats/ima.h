// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// The two spellings of the kernel's measurement list: /sys/kernel/security/ima/
/// binary_runtime_measurements and ascii_runtime_measurements.
enum class ImaFormat { binary, ascii };
/// "ima-binary", "ima-ascii".
std::string_view name_of(ImaFormat format);

/// What an entry holds.  Linux, Documentation/security/IMA-templates.rst.
enum class ImaTemplate : std::uint8_t {
  ima,        ///< a digest of 20 bytes, a name
  ima_ng,     ///< a digest with its algorithm, a name
  ima_sig,    ///< and a signature, perhaps empty
  ima_buf,    ///< and a buffer: a key, a policy, a command line
  ima_ngv2,   ///< as ima_ng; the digest says whether it is IMA's or fs-verity's
  ima_sigv2,  ///< as ima_sig, with such a digest
  other,      ///< replayed, but not understood; in binary only
};

/// One entry.  Borrows from the list and from its reader: good until the next entry is read.
struct ImaEntry {
  std::uint64_t number = 0;  ///< from 0
  std::size_t offset = 0;    ///< of the entry in the list
  std::uint32_t pcr = 0;     ///< at most 23; 10 unless the policy says otherwise
  /// H(template_data) as logged: SHA-1, but in the lists of other banks that newer kernels have.
  Bytes template_hash;
  /// The hash is zero: the file changed while it was measured.  PCRs were extended with 0xff.
  bool violation = false;
  ImaTemplate kind = ImaTemplate::other;
  std::string_view template_name;
  Bytes template_data;  ///< what is hashed

  // Out of template_data; empty where the template has none.
  std::string_view digest_type;     ///< "ima" or "verity"
  std::string_view file_algorithm;  ///< "sha256", as the kernel spells it
  Bytes file_digest;
  std::string_view path;  ///< bytes as the kernel has them, spaces perhaps as underscores
  Bytes signature;
  Bytes buffer;
};

/// How far a list was read.
struct ImaPosition {
  std::uint64_t number = 0;
  std::size_t offset = 0;
  std::size_t hash_size = 0;  ///< of the template hashes; 0 before the first entry
  bool operator==(const ImaPosition&) const = default;
};

/// Reads a measurement list, of any size, entry by entry and without allocating for one:
///
///     ImaReader reader(ImaFormat::binary, list);
///     while (reader.next()) use(reader.entry());
///     if (reader.error()) ...
///
/// Refused, naming entry and offset: truncation, a PCR above 23, a template hash of a size that is
/// none or not that of the first entry, template data that is not of its template's form.
/// Little-endian, as on every machine that this project attests.
class ImaReader {
 public:
  /// Begins at `from`, where an earlier reader of the same list, perhaps shorter then, ended.
  ImaReader(ImaFormat format, Bytes list, ImaPosition from = {})
      : format_(format), list_(list), at_(from) {}
  ImaReader(const ImaReader&) = delete;
  ImaReader& operator=(const ImaReader&) = delete;

  /// Reads the next entry; false at the end of the list, and at an error.
  bool next();
  /// Only after next() was true.
  [[nodiscard]] const ImaEntry& entry() const { return entry_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// Behind the last entry that was read.
  [[nodiscard]] ImaPosition position() const { return at_; }

 private:
  bool next_binary();
  bool next_ascii();
  bool refuse(std::string_view field, std::size_t offset, std::string why);
  bool read_fields();
  bool accept_hash(Bytes hash, std::size_t offset);

  ImaFormat format_;
  Bytes list_;
  ImaPosition at_;
  ImaEntry entry_;
  std::optional<Error> error_;
  std::array<std::uint8_t, 64> hash_{};
  Buffer data_;  ///< template data that the list has in another form; reused
};

/// Whether the list begins like one: for recognising logs.
bool begins_ima_binary(Bytes list);
bool begins_ima_ascii(Bytes list);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "boots/change_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/blanks.h"
#include "base/counted.h"
#include "base/hex.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "formats/confidential_technology.h"
#include "formats/uefi.h"
#include "verify/known_certificates.h"
#include "verify/measured_data.h"
#include "verify/printable.h"

namespace assay {

namespace {

constexpr std::size_t kShownHex = 16;

/// The strongest digest of an event, cut: enough to recognise it by.
std::string short_digest(const Event& event) {
  const EventDigest* best = nullptr;
  for (std::size_t i = 0; i < event.digest_count; ++i)
    if (const EventDigest& d = event.digests[i];
        best == nullptr || d.algorithm == HashAlgorithm::sha256)
      best = &d;
  if (best == nullptr) return "no digest";
  return fmt::format("{} {}...", name_of(best->algorithm), hex(best->bytes).substr(0, kShownHex));
}

/// On one line, without NULs at the end.
std::string text_of(Bytes data) {
  while (!data.empty() && data.back() == 0) data = data.first(data.size() - 1);
  std::string out = to_text(data);
  std::replace(out.begin(), out.end(), '\n', ' ');
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

/// Where the same thing is measured more than once, which of these.
std::string_view aspect(const EventLabel& label) {
  if (label.key.starts_with("application/")) return " (EFI image)";
  if (label.key.starts_with("file/")) return " (file)";
  if (label.key.starts_with("section/")) return " (section of the unified image)";
  if (label.key.starts_with("stub/")) return " (as the kernel got it)";
  return "";
}

/// "+added -removed" of the words of two texts, in their order.
std::string word_changes(std::string_view before, std::string_view after) {
  const auto a = words_of(before), b = words_of(after);
  std::string out;
  const auto list = [&out](const std::vector<std::string_view>& all,
                           const std::vector<std::string_view>& but, char sign) {
    std::multiset<std::string_view> left(but.begin(), but.end());
    for (const std::string_view w : all) {
      if (const auto found = left.find(w); found != left.end())
        left.erase(found);
      else
        out += fmt::format("{}{}{}", out.empty() ? "" : " ", sign, w);
    }
  };
  list(b, a, '+');
  list(a, b, '-');
  return out.empty() ? "the same words in another order" : out;
}

/// How people call an entry of a signature database.
std::string entry_words(const SignatureEntry& entry) {
  if (entry.type != kX509Guid) return hex(entry.data).substr(0, kShownHex) + "...";
  const std::string fingerprint = sha256_hex(entry.data);
  if (const auto known = known_certificate_name(fingerprint)) return fmt::format("\"{}\"", *known);
  const auto certificate = Certificate::from_der(entry.data);
  return fmt::format("\"{}\" ({}...)", certificate ? certificate->subject() : "certificate",
                     fingerprint.substr(0, kShownHex));
}

using Entries = std::map<Buffer, SignatureEntry>;

std::optional<Entries> entries_of(Bytes variable_data) {
  const auto list = parse_signature_lists(variable_data);
  if (!list) return std::nullopt;
  Entries out;
  for (const SignatureEntry& e : *list) {
    Buffer key = to_buffer(e.type.bytes);
    key.insert(key.end(), e.data.begin(), e.data.end());
    out.emplace(std::move(key), e);
  }
  return out;
}

/// Entries of `a` that `b` does not have: their names, or how many there are.
std::string missing_in(const Entries& a, const Entries& b, char sign) {
  constexpr std::size_t kNamed = 4;
  std::vector<const SignatureEntry*> missing;
  for (const auto& [key, entry] : a)
    if (!b.contains(key)) missing.push_back(&entry);
  if (missing.empty()) return "";
  if (missing.size() > kNamed)
    return fmt::format(" {}{}", sign, counted(missing.size(), "entry", "entries"));
  std::string out;
  for (const SignatureEntry* e : missing) out += fmt::format(" {}{}", sign, entry_words(*e));
  return out;
}

std::string database_changes(std::string_view name, Bytes before, Bytes after) {
  const auto a = entries_of(before), b = entries_of(after);
  if (!a || !b)
    return fmt::format("{}: {}, were {}", name, counted(after.size(), "byte"), before.size());
  const std::string changes = missing_in(*b, *a, '+') + missing_in(*a, *b, '-');
  return fmt::format("{}: {} {}, before {}:{}", name, b->size(),
                     b->size() == 1 ? "entry" : "entries", a->size(),
                     changes.empty() ? " the same in another order" : changes);
}

std::string on_or_off(Bytes data) { return data.empty() ? "not set" : data[0] == 1 ? "on" : "off"; }

bool is_database(const UefiVariable& v) {
  return (v.vendor == kEfiImageSecurityDatabase && (v.name == "db" || v.name == "dbx")) ||
         (v.vendor == kEfiGlobalVariable && (v.name == "PK" || v.name == "KEK"));
}

std::string variable_changes(const EventLabel& label, const Event& before, const Event& after) {
  const auto a = parse_uefi_variable(before.data), b = parse_uefi_variable(after.data);
  if (!a || !b) return fmt::format("{}: changed", words_for(label.part));
  if (b->name == "SecureBoot")
    return fmt::format("Secure Boot: {}, was {}", on_or_off(b->data), on_or_off(a->data));
  if (is_database(*b)) return database_changes(b->name, a->data, b->data);
  if (b->name == "SbatLevel")
    return fmt::format("SBAT level: {}, was {}", text_of(b->data), text_of(a->data));
  return fmt::format("{}: {}, were {}", b->name, counted(b->data.size(), "byte"), a->data.size());
}

/// The text that an event shows, where it is one: without GRUB's label and without NULs.
std::string shown_text(const Event& event) {
  if (event.type == EventType::s_crtm_version) return utf8_from_utf16le(event.data);
  if (const auto prefix = grub_prefix(event.data))
    return text_of(event.data.subspan(prefix->text.size()));
  return text_of(event.data);
}

std::string_view technology_words(const Event& event) {
  const auto technology = gce_technology(event.data);
  return technology ? words_for(*technology) : "unknown";
}

std::string changed(const EventLabel& label, const Event& before, const Event& after) {
  if (label.key.starts_with("variable/") || label.key.starts_with("authority/"))
    return variable_changes(label, before, after);
  if (label.key == "version")
    return fmt::format("firmware: \"{}\", was \"{}\"", shown_text(after), shown_text(before));
  if (label.part == BootPart::technology)
    return fmt::format("technology: {}, was {}", technology_words(after), technology_words(before));
  if (label.key.starts_with("grub/"))
    return fmt::format("{}: {}", words_for(label.part),
                       word_changes(shown_text(before), shown_text(after)));
  return fmt::format("{}{}: {}, was {}", words_for(label.part), aspect(label), short_digest(after),
                     short_digest(before));
}

/// What one event shows, for one that came or went.
std::string one(const EventLabel& label, const Event& event) {
  if (label.key.starts_with("grub/"))
    return fmt::format("{} \"{}\"", words_for(label.part), shown_text(event));
  if (label.key.starts_with("variable/") || label.key.starts_with("authority/") ||
      label.key.starts_with("file/") || label.key.starts_with("action/") ||
      label.key.starts_with("mok/"))
    return fmt::format("{} \"{}\"", words_for(label.part),
                       label.key.substr(label.key.find('/') + 1));
  return fmt::format("{} ({}, {})", words_for(label.part), name_of(event.type),
                     short_digest(event));
}

/// Of an event whose words are not what was measured, its digests alone.
std::string doubtful(const EventLabel& label, const Event* before, const Event* after) {
  const auto digest = [](const Event* e) { return e == nullptr ? "nothing" : short_digest(*e); };
  return fmt::format("{}: MISMATCH, its words are not what was measured: {}, was {}",
                     words_for(label.part), digest(after), digest(before));
}

/// Whether the words repeat the log's data, and not digests alone.
bool repeats_data(const EventLabel& label, bool pair) {
  for (const std::string_view kind : {"variable/", "authority/", "grub/"})
    if (label.key.starts_with(kind)) return true;
  if (pair) return label.key == "version" || label.part == BootPart::technology;
  return label.key.starts_with("file/") || label.key.starts_with("action/") ||
         label.key.starts_with("mok/");
}

}  // namespace

std::string change_words(const EventLabel& label, const Event* before, const Event* after,
                         DataTrust trust) {
  if (trust == DataTrust::mismatch) return printable(doubtful(label, before, after));
  std::string words;
  if (before != nullptr && after != nullptr)
    words = changed(label, *before, *after);
  else if (after != nullptr)
    words = "new: " + one(label, *after);
  else if (before != nullptr)
    words = "gone: " + one(label, *before);
  if (trust == DataTrust::elsewhere && repeats_data(label, before != nullptr && after != nullptr))
    words += " (not measured)";
  return printable(words);
}

}  // namespace assay

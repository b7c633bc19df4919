// SPDX-License-Identifier: Apache-2.0
#include "formats/enrolment.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/hex.h"
#include "base/json.h"

namespace assay {
namespace {

constexpr const char* kKind = "assay_enrolment";
constexpr std::size_t kIdBytes = 16;

/// Reads the members of one document and remembers its first failure; finish() refuses what was not
/// asked for.
class DocumentReader {
 public:
  DocumentReader(std::string_view kind, Bytes in)
      : kind_(kind), where_(fmt::format("enrolment_{}", kind)) {
    auto object =
        parse_json_object(where_, as_text(in), {.bytes = kMaxEnrolmentDocument, .depth = 2});
    if (!object) {
      error_ = object.error();
      return;
    }
    object_ = std::move(*object);
    if (const std::string found = text(kKind); found != kind_)
      fail_at(kKind, fmt::format("this is a \"{}\", wanted a \"{}\"", found, kind_));
  }

  std::string text(const char* member) {
    ++asked_;
    if (error_) return {};
    const auto value = json_string(object_, member);
    if (!value) return fail_at(member, value.error().why), std::string();
    return std::string(*value);
  }

  Buffer bytes(const char* member) {
    const std::string value = text(member);
    if (error_) return {};
    auto decoded = parse_base64(member, value);
    if (!decoded) return fail_at(member, decoded.error().why), Buffer();
    if (decoded->empty() || decoded->size() > kMaxEnrolmentPart)
      return fail_at(member,
                     fmt::format("{} bytes, wanted 1 to {}", decoded->size(), kMaxEnrolmentPart)),
             Buffer();
    return std::move(*decoded);
  }

  /// Empty where it is not there.
  Buffer optional_bytes(const char* member) {
    return !error_ && object_.contains(member) ? bytes(member) : Buffer();
  }

  std::string hex_text(const char* member, std::size_t size) {
    std::string value = text(member);
    if (error_) return {};
    const auto decoded = parse_hex(member, value);
    if (!decoded || decoded->size() != size || hex(*decoded) != value)
      return fail_at(member, fmt::format("wanted {} lower-case hex digits", 2 * size)),
             std::string();
    return value;
  }

  bool boolean(const char* member) {
    ++asked_;
    if (error_) return false;
    const json::value* const value = object_.if_contains(member);
    if (value == nullptr || !value->is_bool()) return fail_at(member, "not a boolean"), false;
    return value->get_bool();
  }

  Instant time(const char* member) {
    const std::string value = text(member);
    if (error_) return {};
    const auto instant = parse_rfc3339(member, value);
    if (!instant) return fail_at(member, instant.error().why), Instant();
    return *instant;
  }

  void require(const char* member, bool ok, std::string why) {
    if (!ok) fail_at(member, std::move(why));
  }

  template <class T>
  Result<T> finish(T value) {
    if (!error_ && object_.size() != asked_)
      fail_at(kKind, "has a member that this document does not have");
    if (error_) return tl::unexpected(*error_);
    return value;
  }

 private:
  void fail_at(const char* member, std::string why) {
    if (!error_)
      error_ = Error{Fault::malformed, fmt::format("{}.{}", where_, member), std::move(why)};
  }

  std::string kind_, where_;
  json::object object_;
  std::size_t asked_ = 0;
  std::optional<Error> error_;
};

json::object document(std::string_view kind) { return {{kKind, kind}}; }

/// The two keys of a machine, which a request claims and a challenge is for.
template <class T>
void read_keys(DocumentReader& r, T& out) {
  out.ek_public = r.bytes("ek_public");
  out.ak_public = r.bytes("ak_public");
}
template <class T>
void write_keys(const T& keys, json::object& out) {
  out["ek_public"] = base64(keys.ek_public);
  out["ak_public"] = base64(keys.ak_public);
}

EnrolmentSubject read_subject(DocumentReader& r) {
  EnrolmentSubject out;
  out.ak_public = r.bytes("ak_public");
  out.ek_fingerprint = r.hex_text("ek_fingerprint", digest_size(HashAlgorithm::sha256));
  out.ek_voucher = r.text("ek_voucher");
  out.emulated = r.boolean("emulated");
  return out;
}
void write_subject(const EnrolmentSubject& subject, json::object& out) {
  out["ak_public"] = base64(subject.ak_public);
  out["ek_fingerprint"] = subject.ek_fingerprint;
  out["ek_voucher"] = subject.ek_voucher;
  out["emulated"] = subject.emulated;
}

}  // namespace

Result<EnrolmentRequest> parse_enrolment_request(Bytes in) {
  DocumentReader r("request", in);
  EnrolmentRequest out;
  out.ek_certificate = r.optional_bytes("ek_certificate");
  read_keys(r, out);
  return r.finish(std::move(out));
}

Result<EnrolmentChallenge> parse_enrolment_challenge(Bytes in) {
  DocumentReader r("challenge", in);
  EnrolmentChallenge out;
  out.id = r.hex_text("id", kIdBytes);
  read_keys(r, out);
  out.credential = r.bytes("credential");
  out.encrypted_seed = r.bytes("encrypted_seed");
  return r.finish(std::move(out));
}

Result<PendingEnrolment> parse_pending_enrolment(Bytes in) {
  DocumentReader r("pending", in);
  PendingEnrolment out;
  out.id = r.hex_text("id", kIdBytes);
  const auto secret =
      parse_hex("secret_sha256", r.hex_text("secret_sha256", digest_size(HashAlgorithm::sha256)));
  if (secret && secret->size() == digest_size(HashAlgorithm::sha256))
    out.secret = Digest(HashAlgorithm::sha256, *secret);
  out.subject = read_subject(r);
  out.ak_name = r.bytes("ak_name");
  out.created = r.time("created");
  out.expires = r.time("expires");
  r.require("expires", out.created < out.expires, "not after \"created\"");
  return r.finish(std::move(out));
}

Result<EnrolmentAnswer> parse_enrolment_answer(Bytes in) {
  DocumentReader r("answer", in);
  EnrolmentAnswer out;
  out.id = r.hex_text("id", kIdBytes);
  out.secret = Secret(r.bytes("secret"));
  return r.finish(std::move(out));
}

Result<EnrolmentRecord> parse_enrolment_record(Bytes in) {
  DocumentReader r("key", in);
  EnrolmentRecord out;
  out.subject = read_subject(r);
  out.enrolled = r.time("enrolled");
  return r.finish(std::move(out));
}

std::string encode(const EnrolmentRequest& request) {
  json::object out = document("request");
  if (!request.ek_certificate.empty()) out["ek_certificate"] = base64(request.ek_certificate);
  write_keys(request, out);
  return pretty_json(out);
}

std::string encode(const EnrolmentChallenge& challenge) {
  json::object out = document("challenge");
  out["id"] = challenge.id;
  write_keys(challenge, out);
  out["credential"] = base64(challenge.credential);
  out["encrypted_seed"] = base64(challenge.encrypted_seed);
  return pretty_json(out);
}

std::string encode(const PendingEnrolment& pending) {
  json::object out = document("pending");
  out["id"] = pending.id;
  out["secret_sha256"] = hex(pending.secret.bytes());
  write_subject(pending.subject, out);
  out["ak_name"] = base64(pending.ak_name);
  out["created"] = rfc3339(pending.created);
  out["expires"] = rfc3339(pending.expires);
  return pretty_json(out);
}

std::string encode(const EnrolmentAnswer& answer) {
  json::object out = document("answer");
  out["id"] = answer.id;
  out["secret"] = base64(answer.secret.reveal());
  return pretty_json(out);
}

std::string encode(const EnrolmentRecord& record) {
  json::object out = document("key");
  write_subject(record.subject, out);
  out["enrolled"] = rfc3339(record.enrolled);
  return pretty_json(out);
}

}  // namespace assay

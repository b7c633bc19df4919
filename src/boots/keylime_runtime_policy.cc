// SPDX-License-Identifier: Apache-2.0
#include "boots/keylime_runtime_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "verify/ima_replay.h"
#include "verify/printable.h"

namespace assay {

namespace {

void allow(json::object& digests, std::string_view name, Bytes digest) {
  json::array& list = digests.emplace(name, json::array()).first->value().get_array();
  json::value text(hex(digest));
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

/// Reads lists into the parts of one policy.
struct Allowed {
  json::object digests, keyrings, buffers;

  Status read(const ImaList& list) {
    const HashAlgorithm bank[] = {HashAlgorithm::sha1};
    ImaReplay replay(bank);
    ImaReader reader(list.format, list.bytes);
    while (reader.next()) {
      const ImaEntry& entry = reader.entry();
      const std::string where = fmt::format("ima.entry {}", entry.number);
      if (!replay.extend(entry))
        return fail(Fault::untrusted, where, "its hash is not that of its content: edited");
      if (entry.violation) continue;
      if (entry.kind == ImaTemplate::other)
        return fail(Fault::malformed, where, "of a template that Keylime does not know");
      if (!is_printable(entry.path))
        return fail(Fault::malformed, where, "a name that is not printable ASCII");
      add(entry);
    }
    if (const auto& error = reader.error()) return tl::unexpected(*error);
    return {};
  }

 private:
  void add(const ImaEntry& entry) {
    if (entry.kind != ImaTemplate::ima_buf) return allow(digests, entry.path, entry.file_digest);
    const bool key = Certificate::from_der(to_buffer(entry.buffer)).has_value();
    allow(key ? keyrings : buffers, entry.path, entry.file_digest);
  }
};

}  // namespace

Result<json::object> keylime_runtime_policy(std::span<const ImaList> lists) {
  Allowed allowed;
  for (const ImaList& list : lists)
    if (const auto read = allowed.read(list); !read) return pass_on(read);
  return json::object{{"meta", json::object{{"version", 1}, {"generator", 0}}},
                      {"release", 0},
                      {"digests", std::move(allowed.digests)},
                      {"excludes", json::array()},
                      {"keyrings", std::move(allowed.keyrings)},
                      {"ima", json::object{{"ignored_keyrings", json::array()},
                                           {"log_hash_alg", "sha1"},
                                           {"dm_policy", nullptr}}},
                      {"ima-buf", std::move(allowed.buffers)},
                      {"verification-keys", ""}};
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "token/key_ring.h"

#include <fmt/format.h>

#include <system_error>

#include "crypto/jws.h"
#include "host/file.h"
#include "host/state_lock.h"

namespace assay {
namespace {

constexpr const char* kFileName = "signing-key.pem";
constexpr std::size_t kMaxFile = 16 * 1024;

/// A key that others could read has to be taken as known to them.
Status require_private(const std::filesystem::path& path, std::filesystem::perms mode) {
  using std::filesystem::perms;
  if ((mode & (perms::group_all | perms::others_all)) == perms::none) return {};
  return fail(Fault::unavailable, path.string(),
              fmt::format("mode {:o}, others may use it; make it 600, or remove it for a new key",
                          static_cast<unsigned>(mode & perms::mask)));
}

Result<PrivateKey> read_key(const std::filesystem::path& path) {
  auto content = read_file(path, kMaxFile);
  if (!content) return pass_on(content);
  const Secret pem(std::move(*content));
  auto key = PrivateKey::from_pem(as_text(pem.reveal()));
  if (!key) return fail(Fault::unavailable, path.string(), to_string(key.error()));
  if (key->public_key().type() != KeyType::rsa) {
    return fail(Fault::unavailable, path.string(),
                key->public_key().describe() + " key, wanted RSA: tokens are signed with RS256");
  }
  return key;
}

Result<PrivateKey> make_key(const std::filesystem::path& path) {
  PrivateKey key = PrivateKey::generate_rsa();
  const Secret pem = key.pem();
  if (const auto done = write_file(path, pem.reveal(), FileAccess::owner_only); !done) {
    return pass_on(done);
  }
  return key;
}

}  // namespace

KeyRing::KeyRing(PrivateKey key) : key_(std::move(key)) {
  const PublicKey& half = key_.public_key();
  public_ = JwkSet({{jwk_thumbprint(half), JwsAlgorithm::rs256, half}});
}

KeyRing KeyRing::generate() { return KeyRing(PrivateKey::generate_rsa()); }

Result<KeyRing> KeyRing::open(const std::filesystem::path& directory) {
  if (const auto made = make_private_directory(directory); !made) return pass_on(made);
  // Two first starts at once would each make a key, and one would sign with what nobody publishes.
  const auto lock = StateLock::wait(directory);
  if (!lock) return pass_on(lock);
  const std::filesystem::path path = directory / kFileName;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    auto key = make_key(path);
    if (!key) return pass_on(key);
    return KeyRing(std::move(*key));
  }
  if (error) return fail(Fault::unavailable, path.string(), error.message());
  if (const auto closed = require_private(path, status.permissions()); !closed) {
    return pass_on(closed);
  }
  auto key = read_key(path);
  if (!key) return pass_on(key);
  return KeyRing(std::move(*key));
}

std::string KeyRing::sign(const json::object& claims) const {
  return sign_jws(claims, key_, public_.keys().front().kid);
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "emulator/kept_key.h"

#include "host/file.h"

namespace assay {

Result<PrivateKey> load_or_make_key(const std::filesystem::path& file) {
  constexpr std::size_t kMaxKey = 16 * 1024;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    const auto pem = read_file(file, kMaxKey);
    if (!pem) return pass_on(pem);
    return PrivateKey::from_pem(as_text(*pem));
  }
  PrivateKey key = PrivateKey::generate_p256();
  const Status written = write_file(file, key.pem().reveal(), FileAccess::owner_only);
  if (!written) return pass_on(written);
  return key;
}

}  // namespace assay

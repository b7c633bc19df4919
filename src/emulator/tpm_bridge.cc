// SPDX-License-Identifier: Apache-2.0
#include "emulator/tpm_bridge.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace assay {
namespace {

/// Fills `into`; false at the end of the stream before its first byte.
Result<bool> read_whole(int from, std::span<std::uint8_t> into) {
  std::size_t have = 0;
  while (have < into.size()) {
    const ssize_t n = ::read(from, into.data() + have, into.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Fault::unavailable, "standard input", std::strerror(errno));
    if (n == 0 && have == 0) return false;
    if (n == 0)
      return fail(Fault::malformed, "standard input", "ends in the middle of a TPM command");
    have += static_cast<std::size_t>(n);
  }
  return true;
}

Status write_whole(int to, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Fault::unavailable, "standard output", std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Status bridge_tpm(int from, int to, TpmChannel& tpm) {
  for (;;) {
    Buffer command(kTpmHeaderSize);
    const auto begun = read_whole(from, command);
    if (!begun) return pass_on(begun);
    if (!*begun) return {};
    const auto size = declared_size(command);
    if (!size) return pass_on(size);
    command.resize(*size);
    if (*size > kTpmHeaderSize) {
      const auto body = read_whole(from, std::span(command).subspan(kTpmHeaderSize));
      if (!body) return pass_on(body);
      if (!*body)
        return fail(Fault::malformed, "standard input", "ends in the middle of a TPM command");
    }
    const auto response = tpm.execute(command);
    if (!response) return pass_on(response);
    if (const Status written = write_whole(to, *response); !written) return written;
  }
}

}  // namespace assay

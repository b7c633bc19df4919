// SPDX-License-Identifier: Apache-2.0
#include "cli/loopback.h"

#include <fmt/format.h>

namespace assay {

bool is_loopback(std::string_view authority) {
  if (authority == "[::1]" || authority.starts_with("[::1]:")) return true;
  const std::string_view host = authority.substr(0, authority.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

void warn_of_clear_http(const std::string& listen, std::string_view what, Io io) {
  if (is_loopback(listen)) return;
  io.err << fmt::format(
      "assay: --listen {}: plain HTTP beyond this machine, so the network can read {}; listen on "
      "127.0.0.1 behind a TLS terminator\n",
      listen, what);
}

}  // namespace assay

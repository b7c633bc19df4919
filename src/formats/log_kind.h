// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace assay {

/// The kinds of log that this project reads.
enum class LogKind {
  crypto_agile,  ///< a TPM's firmware log
  sha1_legacy,   ///< the same of before TPM 2.0
  ccel,          ///< a confidential VM's firmware log: its registers are CC MRs
  cel_tlv,
  cel_json,
  cel_cbor,
  ima_binary,
  ima_ascii,
  systemd,
};
/// "cel-tlv"; of a CCEL log "crypto-agile", which is its form.
std::string_view name_of(LogKind kind);

/// What kind of log this is, from its content alone.  Fault::malformed where it is of none, or
/// could be of two: nothing is guessed.  That it is recognised does not mean that it is
/// well-formed: its reader says so.
/// A CCEL log has a TPM log's form: read_event_log() says how they are told apart.
Result<LogKind> recognise_log(Bytes log);

}  // namespace assay

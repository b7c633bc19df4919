// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace assay {

/// What kind of failure an Error reports.  One table
/// maps it to an exit code (cli/io.h).
enum class Fault {
  malformed,    ///< the input breaks its own format
  untrusted,    ///< well-formed, but not authentic or not allowed
  unavailable,  ///< a device, file, peer or resource is missing or busy
  internal,     ///< our own state is wrong; nobody outside can mend it
};

/// Why an operation produced no value.  `where` names the input ("snp_report.reported_tcb@0x180",
/// a path, a URL), never the code; `why` says what was wanted and what came, so that a person can
/// act on it without the source.
struct Error {
  Fault fault;
  std::string where;
  std::string why;
  bool operator==(const Error&) const = default;
};

/// "where: why", the form in which an Error is shown.
inline std::string to_string(const Error& error) { return error.where + ": " + error.why; }

/// A value, or the Error that explains its absence.
template <class T>
using Result = tl::expected<T, Error>;

/// Success, or the Error that explains why not.
using Status = Result<void>;

/// Makes the failed Result: `return fail(Fault::malformed, "nonce", "...");`
inline tl::unexpected<Error> fail(Fault fault, std::string where, std::string why) {
  return tl::unexpected(Error{fault, std::move(where), std::move(why)});
}

/// Hands a failed Result's Error on to a Result of another type.
template <class T>
tl::unexpected<Error> pass_on(const Result<T>& failed) {
  return tl::unexpected(failed.error());
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace assay {

/// A question to a LogEntry.
using LogPredicate = std::function<bool(const json::object&)>;

enum class LogOperator {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  has,
  matches,
  not_matches
};

/// "jsonPayload.a.b": the root as LogEntry spells it, then the keys below it.
struct LogField {
  std::string root;
  std::vector<std::string> keys;
};

/// The right side of a comparison, as it was written.
struct LogValue {
  enum class Form { word, quoted } form = Form::word;
  std::string text;
};

/// The field whose root is `root` in any case.  Fault::malformed, with all roots there are,
/// otherwise.
Result<LogField> log_field(const std::string& root, std::vector<std::string> keys);

/// One comparison.  Fault::malformed where the value cannot be compared with the field.
Result<LogPredicate> log_comparison(const LogField& field, LogOperator op, const LogValue& value);

/// Whether `text` is part of any value of the entry, without case.
LogPredicate log_contains(const std::string& text);
/// SEARCH(field, "words"): each word of `words` is a word of some value of the field, or of the
/// entry where `field` is null.  Words are letters and digits; case does not count.
LogPredicate log_search(const LogField* field, const std::string& words);
/// log_id("a/b"): what follows "/logs/" in logName, decoded.
LogPredicate log_id_is(const std::string& id);

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "verify/systemd_state.h"

#include <fmt/format.h>

#include "verify/cel_replay.h"
#include "verify/printable.h"

namespace assay {
namespace {

constexpr CelRegister kPhasePcr{CelRegister::Kind::pcr, 11};
constexpr CelRegister kIdentityPcr{CelRegister::Kind::pcr, 15};

/// systemd measures an HMAC with a volume's key, and logs the volume's name.
bool may_be_secret(const CelRecord& record, const SystemdContent& word) {
  return record.where != kPhasePcr && (!word.text || word.event_type == "volume-key");
}

json::array list(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(printable(text));
  return out;
}

}  // namespace

SystemdState read_systemd(const CelLog& log, Verdict& verdict) {
  SystemdState out;
  std::string edited;
  for (const CelRecord& record : log.records) {
    const auto* word = std::get_if<SystemdContent>(&record.content);
    const bool measured =
        word != nullptr && word->text && content_trust(record) == DataTrust::whole;
    if (measured && record.where == kPhasePcr)
      out.phases.emplace_back(*word->text);
    else if (measured && record.where == kIdentityPcr)
      out.identity.emplace_back(*word->text);
    else if (measured)
      out.others.push_back({record.where, std::string(*word->text)});
    else if (word != nullptr && may_be_secret(record, *word))
      ++out.secret;
    else if (edited.empty())
      edited = printable(describe(record));
  }
  verdict.require(
      "systemd.words.measured", edited.empty(), "every word as its digests say",
      edited.empty() ? fmt::format("{} words", log.records.size() - out.secret) : edited,
      "the log was changed after it was measured: read it again from "
      "/run/log/systemd/tpm2-measure.log");
  return out;
}

json::object to_json(const SystemdState& state) {
  json::array others;
  for (const SystemdState::Word& word : state.others)
    others.push_back({{"register", to_string(word.where)}, {"text", printable(word.text)}});
  return {{"phases", list(state.phases)},
          {"identity", list(state.identity)},
          {"others", std::move(others)},
          {"secret", state.secret}};
}

}  // namespace assay

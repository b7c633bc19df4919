// SPDX-License-Identifier: Apache-2.0
#include "verify/cos_state.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "formats/cos.h"
#include "verify/cel_replay.h"
#include "verify/printable.h"

namespace assay {
namespace {

constexpr std::string_view kEditedHint =
    "the log was changed after it was measured: read it again from the launcher";

/// Reads the events in their order; the first thing wrong of each kind is kept.
class CosReading {
 public:
  explicit CosReading(CelRegister where) : where_(where) {}

  void read(const CelRecord& record) {
    if (record.where != where_) note(misplaced_, record, "");
    const auto* content = std::get_if<CosContent>(&record.content);
    if (content == nullptr) return note(unknown_, record, "not a COS event");
    const auto event = parse_cos_event(content->event);
    if (!event) return note(unknown_, record, to_string(event.error()));
    if (content_trust(record) != DataTrust::whole)
      return note(unmeasured_, record, std::string(name_of(event->type)));
    if (separated_) note(late_, record, std::string(name_of(event->type)));
    apply(*event, record);
  }

  std::optional<CosState> finish(std::size_t records, Verdict& verdict) && {
    const std::string all = fmt::format("{} records", records);
    const auto check = [&](std::string id, const std::string& fault, std::string expected) {
      return verdict.require(std::move(id), fault.empty(), std::move(expected),
                             fault.empty() ? all : fault, kEditedHint);
    };
    // Each is asked, whatever the others say.
    const bool placed =
        check("cel.cos.register", misplaced_, fmt::format("every record in {}", to_string(where_)));
    const bool known = check("cel.cos.events", unknown_, "only COS events of known type and form");
    const bool measured =
        check("cel.cos.measured", unmeasured_, "every event as all its digests say");
    const bool once = check("cel.cos.once", twice_, "no second event of a kind that is single");
    const bool in_order = check("cel.cos.order", late_, "nothing behind the launch separator");
    if (!placed || !known || !measured || !once || !in_order) return std::nullopt;
    return std::move(state_);
  }

 private:
  static void note(std::string& fault, const CelRecord& record, const std::string& why) {
    if (!fault.empty()) return;
    fault = printable(describe(record) + (why.empty() ? "" : ": " + why));
  }

  void apply(const CosEvent& event, const CelRecord& record) {
    const bool repeats = event.type == CosEventType::argument ||
                         event.type == CosEventType::environment ||
                         event.type == CosEventType::override_argument ||
                         event.type == CosEventType::override_environment ||
                         event.type == CosEventType::launch_separator;  // told by cel.cos.order
    const unsigned bit = 1U << static_cast<unsigned>(event.type);
    if (!repeats && (seen_ & bit) != 0) note(twice_, record, std::string(name_of(event.type)));
    seen_ |= bit;
    keep(event);
  }

  void keep(const CosEvent& event) {
    const std::string text = to_text(event.content);
    const auto set = [&](std::map<std::string, std::string>& variables) {
      const std::size_t equals = text.find('=');
      variables[text.substr(0, equals)] = text.substr(equals + 1);
    };
    switch (event.type) {
      case CosEventType::image_reference:
        state_.image_reference = text;
        break;
      case CosEventType::image_digest:
        state_.image_digest = text;
        break;
      case CosEventType::restart_policy:
        state_.restart_policy = text;
        break;
      case CosEventType::image_id:
        state_.image_id = text;
        break;
      case CosEventType::argument:
        state_.args.push_back(text);
        break;
      case CosEventType::environment:
        set(state_.env);
        break;
      case CosEventType::override_argument:
        state_.override_args.push_back(text);
        break;
      case CosEventType::override_environment:
        set(state_.override_env);
        break;
      case CosEventType::launch_separator:
        separated_ = true;
        state_.launched = text.empty();
        state_.launch_error = text;
        break;
      case CosEventType::memory_monitor:
        state_.memory_monitor = event.content[0] == 1;
        break;
      case CosEventType::gpu_cc_mode:
        state_.gpu_cc_mode = text;
        break;
      case CosEventType::gpu_attestation_binding:
        state_.gpu_attestation_binding = to_buffer(event.content);
        break;
    }
  }

  CelRegister where_;
  CosState state_;
  bool separated_ = false;
  unsigned seen_ = 0;
  std::string misplaced_, unknown_, unmeasured_, twice_, late_;
};

json::array list(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(printable(text));
  return out;
}

json::object variables(const std::map<std::string, std::string>& env) {
  json::object out;
  for (const auto& [name, value] : env) out[name] = printable(value);
  return out;
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

std::optional<CosState> read_cos(const CelLog& log, CelRegister where, Verdict& verdict) {
  CosReading reading(where);
  for (const CelRecord& record : log.records) reading.read(record);
  return std::move(reading).finish(log.records.size(), verdict);
}

json::object to_json(const CosState& state) {
  json::object out{{"image_reference", printable(state.image_reference)},
                   {"image_digest", printable(state.image_digest)},
                   {"image_id", printable(state.image_id)},
                   {"restart_policy", or_null(state.restart_policy)},
                   {"args", list(state.args)},
                   {"env", variables(state.env)},
                   {"override_args", list(state.override_args)},
                   {"override_env", variables(state.override_env)},
                   {"launched", state.launched},
                   {"launch_error", printable(state.launch_error)},
                   {"memory_monitor", or_null(state.memory_monitor)},
                   {"gpu_cc_mode", or_null(state.gpu_cc_mode)}};
  if (state.gpu_attestation_binding)
    out["gpu_attestation_binding"] = hex(*state.gpu_attestation_binding);
  return out;
}

}  // namespace assay

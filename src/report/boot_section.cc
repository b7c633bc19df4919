// SPDX-License-Identifier: Apache-2.0
#include "report/boot_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/counted.h"
#include "base/hex.h"
#include "boots/event_label.h"
#include "report/event_sentence.h"
#include "verify/quote_checks.h"
#include "verify/replayed_log.h"

namespace assay {

namespace {

/// A log may have 65,536 events; nobody reads a page of so many.
constexpr std::size_t kShownEvents = 4096;

constexpr std::array kTrusts = {DataTrust::whole, DataTrust::part, DataTrust::elsewhere,
                                DataTrust::unmeasured, DataTrust::mismatch};

std::string_view meaning_of(DataTrust trust) {
  switch (trust) {
    case DataTrust::whole:
      return "The event's digest is that of all its data.";
    case DataTrust::part:
      return "The digest covers what is shown, but not a prefix, a terminator or a name.";
    case DataTrust::elsewhere:
      return "The digest is of something that the log does not hold, as a program or a file. That "
             "digest is in the register; a name shown with it is only the log's word.";
    case DataTrust::unmeasured:
      return "A note that no register records.";
    case DataTrust::mismatch:
      return "The data are not what was measured.";
  }
  return "";
}

/// Where the boot stands; a change is a divider of the table.
enum class BootPhase { firmware, firmware_on, attempt, separators, programs, exit, system };

/// Tells the phases of a log from its separators and actions.
class PhaseTeller {
 public:
  /// The phase that this event begins or goes on with.
  BootPhase next(const Event& event) {
    if (event.type == EventType::separator) return phase_ = BootPhase::separators;
    if (event.type == EventType::efi_action) {
      const std::string_view text = as_text(event.data);
      if (text.starts_with("Calling EFI Application")) {
        ++attempts_;
        return phase_ = BootPhase::attempt;
      }
      if (text.starts_with("Exit Boot Services")) return phase_ = BootPhase::exit;
    }
    if (phase_ == BootPhase::separators)
      return phase_ = attempts_ > 0 ? BootPhase::programs : BootPhase::firmware_on;
    if (phase_ == BootPhase::exit) return phase_ = BootPhase::system;
    return phase_;
  }
  [[nodiscard]] BootPhase phase() const { return phase_; }
  /// Grows with each boot attempt: a second one is a divider of its own.
  [[nodiscard]] std::size_t attempts() const { return attempts_; }
  [[nodiscard]] std::string words() const {
    switch (phase_) {
      case BootPhase::firmware:
        return "The firmware starts";
      case BootPhase::firmware_on:
        return "The firmware goes on";
      case BootPhase::attempt:
        return fmt::format("Boot attempt {}", attempts_);
      case BootPhase::separators:
        return "Separators: the firmware's own part ends";
      case BootPhase::programs:
        return "What the firmware started";
      case BootPhase::exit:
        return "ExitBootServices: the operating system takes over";
      case BootPhase::system:
        return "The operating system";
    }
    return "";
  }

 private:
  BootPhase phase_ = BootPhase::firmware;
  std::size_t attempts_ = 0;
};

std::string register_name(const Event& event) {
  if (event.type == EventType::no_action) return "none";
  return fmt::format("{} {}", event.layout == RegisterLayout::cc ? "MR" : "PCR", event.pcr);
}

/// Type, digest and place: for whoever looks the event up.
HtmlText details_of(const ReplayedLog& replayed, const Event& event) {
  const auto digest = event.digest(replayed.state_bank());
  std::string text = fmt::format("{} | {} at 0x{:x}", name_of(event.type),
                                 counted(event.data.size(), "byte"), event.offset);
  if (event.type != EventType::no_action)
    text += fmt::format(" | {} {}", name_of(replayed.state_bank()),
                        digest ? hex(*digest) : std::string("missing"));
  return element("code", {attr("class", "id"), text});
}

HtmlText row(const ReplayedLog& replayed, const JudgedEvent& judged, const EventLabel& label,
             LogStanding standing) {
  const EventSentence sentence = event_sentence(judged, label);
  HtmlText what = html_escape(sentence.what);
  if (!sentence.unmeasured.empty())
    what += join({" ", element("span", {attr("class", "unmeasured"),
                                        attr("title", "the log's word: no digest covers it"),
                                        sentence.unmeasured})});
  return element(
      "tr", {attr("class", judged.trust == DataTrust::mismatch ? "fail" : ""),
             element("td", {attr("class", "number"), fmt::format("{}", judged.event->number)}),
             element("td", {attr("class", "register"), register_name(*judged.event)}),
             element("th", {attr("scope", "row"), what, " ", details_of(replayed, *judged.event)}),
             element("td", {attr("class", "trust"), trust_mark(judged.trust, standing)})});
}

HtmlText divider(const std::string& words) {
  return element("tr", {attr("class", "anchor"),
                        element("th", {attr("colspan", "4"), attr("scope", "rowgroup"), words})});
}

HtmlText timeline(const ReplayedLog& replayed, LogStanding standing) {
  const std::vector<EventLabel> labels = label_events(replayed);
  PhaseTeller phases;
  HtmlText bodies, rows = divider(phases.words());
  const std::size_t shown = std::min(replayed.events.size(), kShownEvents);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto before = std::pair(phases.phase(), phases.attempts());
    const BootPhase phase = phases.next(*replayed.events[i].event);
    if (std::pair(phase, phases.attempts()) != before) {
      bodies += element("tbody", {rows});
      rows = divider(phases.words());
    }
    rows += row(replayed, replayed.events[i], labels[i], standing);
  }
  bodies += element("tbody", {rows});
  const auto column = [](std::string_view kind, std::string_view title) {
    return element("th", {attr("scope", "col"), attr("class", kind), title});
  };
  HtmlText out = element(
      "table",
      {attr("class", "boot"),
       element("thead",
               {element("tr", {column("number", "No."), column("register", "Register"),
                               column("what", "What was recorded"), column("trust", "Its data")})}),
       bodies});
  if (shown < replayed.events.size())
    out +=
        element("p", {fmt::format("{} more events are not shown here: `assay eventlog` shows them.",
                                  replayed.events.size() - shown)});
  return out;
}

HtmlText legend(const ReplayedLog& replayed, LogStanding standing) {
  HtmlText rows;
  for (const DataTrust trust : kTrusts) {
    const auto n = std::count_if(replayed.events.begin(), replayed.events.end(),
                                 [=](const JudgedEvent& e) { return e.trust == trust; });
    rows += element("tr", {element("th", {attr("scope", "row"), trust_mark(trust, standing)}),
                           element("td", {attr("class", "number"), fmt::format("{}", n)}),
                           element("td", {meaning_of(trust)})});
  }
  return element(
      "table", {attr("class", "legend"),
                element("thead", {element("tr", {element("th", {attr("scope", "col"), "Its data"}),
                                                 element("th", {attr("scope", "col"), "Events"}),
                                                 element("th", {attr("scope", "col"), "Means"})})}),
                element("tbody", {rows})});
}

HtmlText told_by(const ReplayedLog& replayed, LogStanding standing) {
  HtmlText out;
  if (standing == LogStanding::claimed)
    out +=
        element("p", {attr("class", "warning"), element("strong", {"Claimed, not verified. "}),
                      "The evidence was rejected, so this is only what the log in it says. The "
                      "marks say whether an event's data fit the digest beside them, and nothing "
                      "about whether any of it happened."});
  out += legend(replayed, standing);
  out += element("p", {attr("class", "note"), "What stands ",
                       element("span", {attr("class", "unmeasured"), "like this"}),
                       " is the log's word: no digest covers it. The registers prove the order of "
                       "their own events, not the order between registers."});
  out += timeline(replayed, standing);
  return out;
}

HtmlText section(const HtmlText& content) {
  return element("section",
                 {attr("id", "boot"), element("h2", {"The boot, event by event"}), content});
}

}  // namespace

HtmlText boot_section(const Attestation& attestation, LogStanding standing) {
  if (attestation.event_log.empty()) return section(element("p", {"There is no log of the boot."}));
  const EventLogReading reading = read_event_log(attestation.event_log);
  HtmlText out;
  if (reading.fault)
    out += element("p", {attr("class", "warning"), element("strong", {"The log is malformed. "}),
                         fmt::format("Event {} at offset 0x{:x}: {}. Shown is what comes before.",
                                     reading.fault->event, reading.fault->offset,
                                     to_string(reading.fault->error))});
  auto banks = banks_of(attestation.quotes);
  if (banks.empty()) banks = reading.log.algorithms;
  if (banks.empty()) return section(out);
  out += told_by(replay(reading.log, banks), standing);
  return section(out);
}

}  // namespace assay

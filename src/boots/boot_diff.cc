// SPDX-License-Identifier: Apache-2.0
#include "boots/boot_diff.h"

#include <fmt/format.h>

#include <algorithm>

#include "boots/change_words.h"
#include "boots/event_label.h"
#include "boots/kernel_arguments.h"
#include "verify/event_words.h"

namespace assay {

namespace {

/// One event of a register, as it is compared.
struct Step {
  const Event* event;
  const EventLabel* label;
  Bytes digest;  ///< in the bank of the comparison
  DataTrust trust;
};
using Steps = std::vector<Step>;

bool same(const Step& a, const Step& b) { return equal(a.digest, b.digest); }

/// How far the log's word about an event goes: an event at fault says nothing.
DataTrust trust_in(const JudgedEvent& judged, const ReplayedLog& replayed) {
  const auto& faults = replayed.faults;
  return std::any_of(faults.begin(), faults.end(),
                     [&](const EventFault& f) { return f.event == judged.event; })
             ? DataTrust::mismatch
             : judged.trust;
}

/// The events that extend one register.
Steps steps_of(const ReplayedLog& replayed, const std::vector<EventLabel>& labels,
               std::uint32_t pcr, HashAlgorithm bank) {
  Steps out;
  for (std::size_t i = 0; i < replayed.events.size(); ++i) {
    const JudgedEvent& judged = replayed.events[i];
    if (judged.event->pcr != pcr || judged.trust == DataTrust::unmeasured) continue;
    out.push_back({judged.event, &labels[i], judged.event->digest(bank).value_or(Bytes()),
                   trust_in(judged, replayed)});
  }
  return out;
}

const ReplayedLog::Bank* bank_of(const ReplayedLog& replayed, HashAlgorithm algorithm) {
  for (const ReplayedLog::Bank& bank : replayed.banks)
    if (bank.algorithm == algorithm) return &bank;
  return nullptr;
}

/// Lengths of the longest common subsequences of all suffixes: table[i][j] for a[i..] and b[j..].
class CommonLengths {
 public:
  CommonLengths(const Steps& a, const Steps& b) : width_(b.size() + 1) {
    table_.resize((a.size() + 1) * width_);
    for (std::size_t i = a.size(); i-- > 0;)
      for (std::size_t j = b.size(); j-- > 0;)
        at(i, j) = same(a[i], b[j]) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
  }
  [[nodiscard]] std::uint32_t at(std::size_t i, std::size_t j) const {
    return table_[i * width_ + j];
  }

 private:
  std::uint32_t& at(std::size_t i, std::size_t j) { return table_[i * width_ + j]; }
  std::size_t width_;
  std::vector<std::uint32_t> table_;
};

/// The text of GRUB's command or command line without the path of the kernel's image.
std::string arguments_of(const Event& event) {
  const auto prefix = grub_prefix(event.data);
  if (!prefix) return {};
  const std::string_view text = as_text(event.data.subspan(prefix->text.size()));
  return std::string(text.substr(kernel_arguments_at(text, prefix->kind)));
}

/// A linux command that names another image and nothing else is a change of kernel.
BootPart part_of(const EventLabel& label, const Event* before, const Event* after) {
  if (label.part != BootPart::command_line || before == nullptr || after == nullptr ||
      !label.key.starts_with("grub/"))
    return label.part;
  return arguments_of(*before) == arguments_of(*after) ? BootPart::kernel : label.part;
}

/// What lies between two common events: the events of one side are paired with those of the other
/// that speak of the same thing, the rest came or went.
class Gap {
 public:
  Gap(std::uint32_t pcr, std::vector<BootChange>& out) : pcr_(pcr), out_(out) {}
  void before(const Step& step) { before_.push_back(&step); }
  void after(const Step& step) { after_.push_back(&step); }

  void close() {
    for (const Step* b : after_) {
      const auto twin = std::find_if(before_.begin(), before_.end(), [b](const Step* a) {
        return a != nullptr && a->label->key == b->label->key;
      });
      const Step* a = twin == before_.end() ? nullptr : std::exchange(*twin, nullptr);
      add(a, b);
    }
    for (const Step* a : before_)
      if (a != nullptr) add(a, nullptr);
    before_.clear();
    after_.clear();
  }

 private:
  /// The trusts are in the order of their worth.
  static DataTrust least(const Step* a, const Step* b) {
    const DataTrust of_a = a != nullptr ? a->trust : DataTrust::whole;
    const DataTrust of_b = b != nullptr ? b->trust : DataTrust::whole;
    return std::max(of_a, of_b);
  }

  void add(const Step* a, const Step* b) {
    const EventLabel& label = b != nullptr ? *b->label : *a->label;
    const Event* before = a != nullptr ? a->event : nullptr;
    const Event* after = b != nullptr ? b->event : nullptr;
    const DataTrust trust = least(a, b);
    out_.push_back({trust == DataTrust::mismatch ? label.part : part_of(label, before, after), pcr_,
                    before, after, change_words(label, before, after, trust), trust});
  }

  std::uint32_t pcr_;
  std::vector<BootChange>& out_;
  std::vector<const Step*> before_, after_;
};

void compare(std::uint32_t pcr, const Steps& a, const Steps& b, std::vector<BootChange>& out) {
  const CommonLengths common(a, b);
  Gap gap(pcr, out);
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && same(a[i], b[j])) {
      gap.close();
      ++i, ++j;
    } else if (j == b.size() || (i < a.size() && common.at(i + 1, j) >= common.at(i, j + 1))) {
      gap.before(a[i++]);
    } else {
      gap.after(b[j++]);
    }
  }
  gap.close();
}

/// Cuts what two sequences have in common at their ends: most of a boot.
void trim(Steps& a, Steps& b) {
  const auto [first_a, first_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(), same);
  a.erase(a.begin(), first_a);
  b.erase(b.begin(), first_b);
  while (!a.empty() && !b.empty() && same(a.back(), b.back())) a.pop_back(), b.pop_back();
}

}  // namespace

std::vector<BootPart> BootDiff::parts() const {
  std::vector<BootPart> out;
  for (const BootChange& c : changes)
    if (std::find(out.begin(), out.end(), c.part) == out.end()) out.push_back(c.part);
  return out;
}

Result<BootDiff> diff_boots(const ReplayedLog& before, const ReplayedLog& after) {
  constexpr std::size_t kMaxSteps = 4096;
  const ReplayedLog::Bank* bank = nullptr;
  for (const ReplayedLog::Bank& candidate : after.banks)
    if (bank == nullptr) bank = bank_of(before, candidate.algorithm);
  if (bank == nullptr)
    return fail(Fault::malformed, "event log", "the two logs have no hash algorithm in common");
  if (before.log->layout != after.log->layout)
    return fail(Fault::malformed, "event log",
                "one log is of a TPM and the other of CC registers: they cannot be compared");
  const HashAlgorithm algorithm = bank->algorithm;
  const ReplayedLog::Bank& other = *bank_of(after, algorithm);
  const auto labels_before = label_events(before), labels_after = label_events(after);
  BootDiff out;
  out.layout = after.log->layout;
  for (std::uint32_t pcr = 0; pcr < kPcrCount; ++pcr) {
    if (bank->pcrs[pcr] == other.pcrs[pcr]) continue;
    out.pcrs.push_back(pcr);
    Steps a = steps_of(before, labels_before, pcr, algorithm);
    Steps b = steps_of(after, labels_after, pcr, algorithm);
    trim(a, b);
    if (a.size() > kMaxSteps || b.size() > kMaxSteps)
      return fail(Fault::malformed, "event log",
                  fmt::format("more than {} events of register {} differ", kMaxSteps, pcr));
    compare(pcr, a, b, out.changes);
  }
  return out;
}

json::array to_json(const std::vector<BootChange>& changes) {
  const auto number = [](const Event* e) -> json::value {
    return e == nullptr ? json::value(nullptr) : json::value(e->number);
  };
  json::array out;
  for (const BootChange& c : changes)
    out.push_back(json::object{{"kind", name_of(c.part)},
                               {"register", c.pcr},
                               {"before", number(c.before)},
                               {"after", number(c.after)},
                               {"words", c.words},
                               {"data_trust", trust_words(c.trust)}});
  return out;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "cli/log_story.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "cli/eventlog_file.h"
#include "verify/event_words.h"
#include "verify/register_layout.h"

namespace assay {

namespace {

constexpr std::size_t kWidest = 110;

using Lines = std::vector<std::string>;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* v = object.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
}

std::uint64_t number_at(const json::object& object, std::string_view key) {
  return object.at(key).to_number<std::uint64_t>();
}

// --- events

/// What it calls an event's data in `--json`, in the words of every table of events.
std::string_view data_words(std::string_view trust) {
  for (const auto& [in_json, words] :
       {std::pair("whole", DataTrust::whole), std::pair("part", DataTrust::part),
        std::pair("elsewhere", DataTrust::elsewhere),
        std::pair("unmeasured", DataTrust::unmeasured)})
    if (trust == in_json) return trust_words(words);
  return trust_words(DataTrust::mismatch);
}

std::string register_of(const json::object& event) {
  const auto index = static_cast<std::uint32_t>(number_at(event, "register"));
  const std::string kind = text_at(event, "register_kind");
  if (kind == "nv_index") return fmt::format("NV {:#x}", index);
  return register_name(index, kind == "cc_mr" ? RegisterLayout::cc : RegisterLayout::tpm);
}

/// "/usr/bin/id sha256:1f2e..." of an entry of IMA's.
std::string file_words(const json::object& event) {
  if (event.at("violation").get_bool())
    return text_at(event, "path") + ": VIOLATION, it changed while it was measured";
  std::string out = fmt::format("{} {}", text_at(event, "path"), text_at(event, "file_digest"));
  if (event.contains("signature")) out += ", signed";
  if (event.contains("buffer")) out += ", with a buffer";
  return out;
}

/// "image reference: ..." of one of the launcher's; type and text of another.
std::string words_of(const json::object& event) {
  if (event.contains("path")) return file_words(event);
  constexpr std::string_view kLauncher = "cos.";
  std::string type = text_at(event, "type");
  if (type.starts_with(kLauncher)) {
    type.erase(0, kLauncher.size());
    std::replace(type.begin(), type.end(), '_', ' ');
  }
  for (const char* key : {"text", "data"})
    if (const std::string said = text_at(event, key); !said.empty())
      return fmt::format("{}: {}", type, said);
  const json::value* text = event.if_contains("text");
  if (text != nullptr && text->is_null()) return type + ": not said, it is secret";
  return type;
}

void print_events(const json::array& events, Io io) {
  print_event_head(io);
  for (const json::value& value : events) {
    const json::object& event = value.get_object();
    std::string words = words_of(event);
    if (words.size() > kWidest) words = words.substr(0, kWidest) + "...";
    io.out << fmt::format("  {:5}  {:6}  {:8}  {:12}  {}\n", number_at(event, "number"),
                          number_at(event, "offset"), register_of(event),
                          data_words(text_at(event, "trust")), words);
  }
  print_data_legend(io);
}

// --- what they add up to

void print_lines(std::string_view label, const Lines& values, Io io) {
  for (const std::string& value : values)
    io.out << fmt::format("  {:16}  {}\n", &value == values.data() ? label : "", value);
}

void print_line(std::string_view label, const std::string& value, Io io) {
  if (!value.empty()) print_lines(label, {value}, io);
}

Lines texts_at(const json::object& object, std::string_view key) {
  Lines out;
  for (const json::value& v : object.at(key).get_array()) out.emplace_back(v.get_string());
  return out;
}

Lines variables_at(const json::object& object, std::string_view key) {
  Lines out;
  for (const auto& [name, value] : object.at(key).get_object())
    out.push_back(
        fmt::format("{}={}", std::string_view(name), std::string_view(value.get_string())));
  return out;
}

void print_list(const json::object& ima, Io io) {
  print_line("entries",
             fmt::format("{} ({} signed, {} violations)", number_at(ima, "entries"),
                         number_at(ima, "signed"), number_at(ima, "violations")),
             io);
  Lines templates;
  for (const auto& [name, count] : ima.at("templates").get_object())
    templates.push_back(fmt::format("{} ({})", std::string_view(name), json::serialize(count)));
  print_lines("templates", templates, io);
  print_line("template hash", text_at(ima, "template_hash"), io);
  print_line("boot_aggregate", text_at(ima, "boot_aggregate"), io);
}

void print_container(const json::object& cos, Io io) {
  print_line("image", text_at(cos, "image_reference"), io);
  print_line("  digest", text_at(cos, "image_digest"), io);
  print_line("  id", text_at(cos, "image_id"), io);
  print_line("restart", text_at(cos, "restart_policy"), io);
  print_lines("arguments", texts_at(cos, "args"), io);
  print_lines("  put over them", texts_at(cos, "override_args"), io);
  print_lines("environment", variables_at(cos, "env"), io);
  print_lines("  put over it", variables_at(cos, "override_env"), io);
  const std::string error = text_at(cos, "launch_error");
  print_line("started",
             cos.at("launched").get_bool() ? "yes"
             : error.empty()               ? "no"
                                           : "no: " + error,
             io);
  if (const json::value& monitor = cos.at("memory_monitor"); monitor.is_bool())
    print_line("memory monitor", monitor.get_bool() ? "on" : "off", io);
  print_line("GPU", text_at(cos, "gpu_cc_mode"), io);
}

void print_system(const json::object& systemd, Io io) {
  print_lines("phases", texts_at(systemd, "phases"), io);
  print_lines("identity", texts_at(systemd, "identity"), io);
  Lines others;
  for (const json::value& word : systemd.at("others").get_array())
    others.push_back(fmt::format("{} in {}", text_at(word.get_object(), "text"),
                                 text_at(word.get_object(), "register")));
  print_lines("others", others, io);
  if (const std::uint64_t secret = number_at(systemd, "secret"); secret > 0)
    print_line("not said", fmt::format("{} of which the log holds digests alone", secret), io);
}

using StatePrinter = void (*)(const json::object&, Io);
struct Subject {
  std::string_view member, words;
  StatePrinter print;
};
constexpr Subject kSubjects[] = {{"ima", "the files that the kernel measured", print_list},
                                 {"cos", "the container", print_container},
                                 {"systemd", "the running system", print_system}};

std::string_view name_in_words(LogKind kind) {
  switch (kind) {
    case LogKind::ima_binary:
    case LogKind::ima_ascii:
      return "IMA list";
    case LogKind::systemd:
      return "log of systemd's";
    case LogKind::cel_tlv:
    case LogKind::cel_json:
    case LogKind::cel_cbor:
      return "canonical event log";
    case LogKind::crypto_agile:
    case LogKind::sha1_legacy:
    case LogKind::ccel:
      break;
  }
  return "log";
}

}  // namespace

void print_story(LogKind kind, const LogStory& story, Io io) {
  io.out << fmt::format("{} ({}), {}\n\n", name_in_words(kind), name_of(kind),
                        counted(story.events.size(), "event"));
  if (!story.events.empty()) print_events(story.events, io);
  for (const Subject& subject : kSubjects) {
    const json::value* state = story.state.if_contains(subject.member);
    if (state == nullptr) continue;
    io.out << fmt::format("\nWhat the log says of {} ({})\n", subject.words, kNotVerified);
    if (state->is_object())
      subject.print(state->get_object(), io);
    else
      io.out << "  cannot be told: see the failed checks\n";
  }
  io.out << "\n";
  print_failures(story.verdict, io);
}

}  // namespace assay

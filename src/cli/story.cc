// SPDX-License-Identifier: Apache-2.0
#include "cli/story.h"

#include <fmt/format.h>

namespace assay {
namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kDim = "\033[2m";
constexpr std::string_view kRed = "\033[31m";

/// Breaks `text` into lines of at most `width` characters at blanks.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    std::size_t at = text.rfind(' ', width);
    if (at == std::string_view::npos || at == 0) at = text.find(' ', width);
    if (at == std::string_view::npos) break;
    lines.emplace_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  lines.emplace_back(text);
  return lines;
}

void append(json::object& step, std::string_view member, json::value value) {
  json::value& list = step[member];
  if (!list.is_array()) list = json::array();
  list.as_array().push_back(std::move(value));
}

}  // namespace

void Story::line(std::string_view text, std::string_view style) {
  if (form_ == StoryForm::json) return;
  if (io_.colour && !style.empty()) {
    io_.out << style << text << "\033[0m\n";
  } else {
    io_.out << text << "\n";
  }
  io_.out.flush();
}

void Story::step(std::string_view title, std::string_view what_happens) {
  steps_.push_back(json::object{
      {"step", steps_.size() + 1}, {"title", title}, {"what", what_happens}, {"as_told", true}});
  line("");
  line(fmt::format("{}. {}", steps_.size(), title), kBold);
  for (const std::string& part : wrap(what_happens, 92)) line("   " + part);
}

void Story::by_hand(std::string_view command) {
  current()["by_hand"] = command;
  line(fmt::format("   $ {}", command), kDim);
}

void Story::result(std::string_view text) {
  append(current(), "result", json::string(text));
  line(fmt::format("   → {}", text));
}

void Story::block(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    append(current(), "output", json::string(text.substr(0, end)));
    line(fmt::format("     {}", text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

void Story::refusal(std::string_view tried, unsigned status, std::string_view reason,
                    bool as_told) {
  append(
      current(), "refusals",
      json::object{{"tried", tried}, {"status", status}, {"reason", reason}, {"as_told", as_told}});
  line(fmt::format("   → {:<28} {}  {}", tried, status, reason));
  if (!as_told) broken(fmt::format("{} was not refused as it should be", tried));
}

void Story::detail(std::string_view name, json::value value) { current()[name] = std::move(value); }

void Story::broken(std::string_view why) {
  as_told_ = false;
  current()["as_told"] = false;
  append(current(), "broken", json::string(why));
  line(fmt::format("   NOT AS TOLD: {}", why), kRed);
  if (form_ == StoryForm::json) io_.err << "assay: quickstart: " << why << "\n";
}

void Story::end(const json::object& urls) {
  if (form_ == StoryForm::text) return;
  json::object story{{"as_told", as_told_}, {"steps", steps_}};
  for (const auto& [name, value] : urls) story[name] = value;
  io_.out << json::serialize(story) << "\n";
  io_.out.flush();
}

}  // namespace assay

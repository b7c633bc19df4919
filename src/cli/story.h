// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/io.h"

namespace assay {

enum class StoryForm { text, json };

/// Tells a run step by step: what happens, the command that does the same by hand, what came of it.
/// As text each line appears as soon as it is known; as JSON all of it is one object at the end.
class Story {
 public:
  Story(Io io, StoryForm form) : io_(io), form_(form) {}

  /// Begins the next step.
  void step(std::string_view title, std::string_view what_happens);
  /// The command that does the step by hand.
  void by_hand(std::string_view command);
  /// A line of the step's result.
  void result(std::string_view line);
  /// A larger result, indented as it is.
  void block(std::string_view text);
  /// A request that must be refused: what was tried, the status and the reason that came back.
  /// `as_told` is whether it was refused the way it should be.
  void refusal(std::string_view tried, unsigned status, std::string_view reason, bool as_told);
  /// A machine-readable member of the step.
  void detail(std::string_view name, json::value value);
  /// The step did not go as told.
  void broken(std::string_view why);

  /// Whether every step went as told.
  [[nodiscard]] bool as_told() const { return as_told_; }
  /// Ends the story; `urls` are what stays up, if anything does.
  void end(const json::object& urls);

 private:
  json::object& current() { return steps_.back().as_object(); }
  void line(std::string_view text, std::string_view style = {});

  Io io_;
  StoryForm form_;
  json::array steps_;
  bool as_told_ = true;
};

}  // namespace assay

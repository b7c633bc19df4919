// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include "policy/expression/check.h"

namespace assay {

namespace {

class Re2Pattern final : public CelPattern {
 public:
  explicit Re2Pattern(const std::string& pattern) : compiled_(pattern, options()) {}
  [[nodiscard]] bool found_in(std::string_view text) const override {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_);
  }
  [[nodiscard]] std::size_t size() const override {
    return static_cast<std::size_t>(std::max(compiled_.ProgramSize(), 1));
  }
  [[nodiscard]] const re2::RE2& compiled() const { return compiled_; }

 private:
  static re2::RE2::Options options() {
    re2::RE2::Options out;
    out.set_log_errors(false);
    out.set_max_mem(1 << 20);
    return out;
  }
  re2::RE2 compiled_;
};

}  // namespace

std::shared_ptr<const CelPattern> CelPattern::compile(const std::string& pattern,
                                                      std::string& why) {
  auto out = std::make_shared<const Re2Pattern>(pattern);
  if (out->compiled().ok()) return out;
  why = out->compiled().error();
  return nullptr;
}

}  // namespace assay

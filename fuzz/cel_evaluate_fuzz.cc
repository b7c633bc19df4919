// SPDX-License-Identifier: Apache-2.0
#include "fuzz.h"
#include "policy/expression/expression.h"

namespace assay {
namespace {

const CelEnvironment& environment() {
  static const CelEnvironment kNames = {
      {"n", CelType::of(CelKind::integer)},
      {"s", CelType::of(CelKind::string)},
      {"l", CelType::list(CelType::of(CelKind::string))},
      {"m", CelType::map(CelType::of(CelKind::string), CelType::dynamic())},
      {"r", CelType::record("r", {{"x", CelType::of(CelKind::boolean)},
                                  {"y", CelType::of(CelKind::timestamp)}})}};
  return kNames;
}

const CelEntries& input() {
  static const CelValue kInput = *CelValue::map(
      {{CelValue::string("n"), CelValue(std::int64_t{-7})},
       {CelValue::string("s"), CelValue::string("root=/dev/sda1 ro")},
       {CelValue::string("l"), CelValue::list({CelValue::string("a"), CelValue::string("b")})},
       {CelValue::string("m"), *CelValue::map({{CelValue::string("k"), CelValue(2.5)}})},
       {CelValue::string("r"), *CelValue::map({{CelValue::string("x"), CelValue(true)}})}});
  return *kInput.if_map();
}

/// What a value of a type that was known when the expression was loaded may be.
bool fits(const CelType& type, const CelValue& value) {
  return type.is_dynamic() || type.is(value.kind());
}

}  // namespace
}  // namespace assay

/// An expression is refused at a place within it, or has the same answer twice, of the type that
/// it was found to have.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto refused = [&](const CelError& error) {
    ASSAY_CHECK(error.offset <= in.size());
    ASSAY_CHECK(!error.why.empty());
  };
  const auto expression = compile_cel(to_text(in), environment());
  if (!expression) return refused(expression.error());
  constexpr std::uint64_t kSteps = 5000;
  const auto first = evaluate_cel(expression->checked, input(), kSteps);
  const auto second = evaluate_cel(expression->checked, input(), kSteps);
  ASSAY_CHECK(first.has_value() == second.has_value());
  if (!first) {
    ASSAY_CHECK(first.error() == second.error());
    return refused(first.error());
  }
  ASSAY_CHECK(show(*first) == show(*second));
  ASSAY_CHECK(fits(expression->checked.type, *first));
}

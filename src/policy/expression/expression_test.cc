// SPDX-License-Identifier: Apache-2.0
#include "policy/expression/expression.h"

#include <gmock/gmock.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The names that the cases below may use.
CelEnvironment environment() {
  const CelType text = CelType::of(CelKind::string);
  return {{"a", CelType::list(CelType::of(CelKind::integer))},
          {"flag", CelType::of(CelKind::boolean)},
          {"line", text},
          {"number", CelType::of(CelKind::integer)},
          {"words", CelType::map(text, text)},
          {"anything", CelType::dynamic()},
          {"absent", text},
          {"machine", CelType::record("machine", {{"name", text},
                                                  {"size", CelType::of(CelKind::integer)},
                                                  {"missing", text}})}};
}

CelValue text(const char* t) { return CelValue::string(t); }

CelEntries input() {
  return *CelValue::map(
              {{text("a"), CelValue::list({CelValue(std::int64_t{0})})},
               {text("flag"), CelValue(true)},
               {text("line"), text("root=/dev/sda1 ro quiet")},
               {text("number"), CelValue(std::int64_t{15})},
               {text("words"), *CelValue::map({{text("holiday"), text("field")}})},
               {text("anything"), CelValue(std::int64_t{7})},
               {text("machine"), *CelValue::map({{text("name"), text("m")},
                                                 {text("size"), CelValue(std::int64_t{3})}})}})
              ->if_map();
}

std::string_view name_of(CelFault fault) {
  switch (fault) {
    case CelFault::syntax:
      return "syntax";
    case CelFault::type:
      return "type";
    case CelFault::evaluation:
      return "evaluation";
    case CelFault::budget:
      return "budget";
  }
  return "unknown";
}

/// The value as show() writes it, or "! fault: why".
std::string answer(const std::string& source, std::uint64_t steps = kCelSteps) {
  const auto refused = [](const CelError& e) {
    return "! " + std::string(name_of(e.fault)) + ": " + e.why;
  };
  const auto expression = compile_cel(source, environment());
  if (!expression) return refused(expression.error());
  const auto value = evaluate_cel(expression->checked, input(), steps);
  return value ? show(*value) : refused(value.error());
}

struct Case {
  std::string expression;
  /// The value; after "!" a fault and the beginning of why there is none.
  std::string answer;
};

void expect_answers(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.expression);
    if (c.answer.starts_with("!"))
      EXPECT_THAT(answer(c.expression), testing::StartsWith(c.answer));
    else
      EXPECT_EQ(answer(c.expression), c.answer);
  }
}

// The groups are those of CEL's conformance suite; the rows are ours.

TEST(CelBasic, LiteralsAndNames) {
  expect_answers({
      {"0", "0"},
      {"0u", "0u"},
      {"42", "42"},
      {"-1", "-1"},
      {"0x55", "85"},
      {"-0x55", "-85"},
      {"0xFFu", "255u"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615u", "18446744073709551615u"},
      {"0.0", "0.0"},
      {"1.5", "1.5"},
      {".25", "0.25"},
      {"2e3", "2000.0"},
      {"-2.3e+1", "-23.0"},
      {"''", "''"},
      {"\"\"", "''"},
      {"r''", "''"},
      {"b''", "b''"},
      {"b'\xc3\xbf'", "b'c3bf'"},
      {"b'\\377'", "b'ff'"},
      {"false", "false"},
      {"true", "true"},
      {"null", "null"},
      {"[]", "[]"},
      {"[-1, 2]", "[-1, 2]"},
      {"{}", "{}"},
      {"{'k': 'v'}", "{'k': 'v'}"},
      {"{1: 'a', 2u: 'b', true: 'c', 's': 'd'}", "{true: 'c', 1: 'a', 2u: 'b', 's': 'd'}"},
      {"number", "15"},
      {".number", "15"},
      {"flag", "true"},
      {"words", "{'holiday': 'field'}"},
      {"anything", "7"},
      {"absent", "! evaluation: the claim `absent` is missing"},
      {"f_unknown(17)", "! type: no function is called `f_unknown`"},
      {"numbr", "! type: no claim is called `numbr`; did you mean `number`?"},
      {"zzz", "! type: no claim is called `zzz`; there is a, flag, line, number"},
      {"// a remark alone", "! syntax: want an expression, not the end"},
      {"1 // the rest is a remark", "1"},
      {"1 + // one\n 2 // two\n", "3"},
  });
}

TEST(CelComparisons, Equality) {
  expect_answers({
      {"1 == 1", "true"},
      {"-1 == 1", "false"},
      {"1u == 2u", "false"},
      {"1.0 == 1.0", "true"},
      {"-0.0 == 0.0", "true"},
      {"'' == \"\"", "true"},
      {"'abc' == 'ABC'", "false"},
      {"'\\u00f1' == '\\u006e\\u0303'", "false"},
      {"b'a' == b'a'", "true"},
      {"b'a' == b'ab'", "false"},
      {"null == null", "true"},
      {"true == false", "false"},
      {"[] == []", "true"},
      {"[1, 2] == [1, 2]", "true"},
      {"[1, 2] == [2, 1]", "false"},
      {"[1, 2] == [1, 2, 3]", "false"},
      {"{} == {}", "true"},
      {"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
      {"{'a': 1} == {'a': 2}", "false"},
      {"{'a': 1} == {'b': 1}", "false"},
      {"1 != 2", "true"},
      {"'a' != 'a'", "false"},
      {"[1] != [2]", "true"},
      {"1 == 1.0", "! type: `==` does not take int and double"},
      {"1 == 1u", "! type: `==` does not take int and uint"},
      {"1 == '1'", "! type: `==` does not take int and string"},
      {"null == 1", "! type: `==` does not take null and int"},
      {"[1] == ['1']", "! type: `==` does not take list(int) and list(string)"},
      {"dyn(1) == 1u", "true"},
      {"dyn(1) == 1.0", "true"},
      {"dyn(1) == 1.5", "false"},
      {"dyn(1) == '1'", "false"},
      {"dyn(-1) == 18446744073709551615u", "false"},
      {"dyn(9007199254740993) == 9007199254740992.0", "true"},
      {"dyn(null) == 0", "false"},
      {"[1, 2.0, 3u] == [1.0, dyn(2), 3]", "true"},
      {"{1: 'a'} == {dyn(1u): 'a'}", "true"},
      {"double('nan') == double('nan')", "false"},
      {"double('nan') != 1.0", "true"},
  });
}

TEST(CelComparisons, Order) {
  expect_answers({
      {"1 < 2", "true"},
      {"2 < 2", "false"},
      {"2 <= 2", "true"},
      {"3 > 2", "true"},
      {"2 >= 3", "false"},
      {"1u < 2u", "true"},
      {"-1 < 1u", "true"},
      {"1u > -1", "true"},
      {"1 < 1.1", "true"},
      {"2u >= 2.0", "true"},
      {"9223372036854775807 < 9223372036854775808.0", "false"},
      {"9223372036854775807 < 9223372036854777856.0", "true"},
      {"9223372036854775808.0 > 9223372036854775807", "false"},
      {"9223372036854775808.0 <= 9223372036854775807", "true"},
      {"9223372036854775807 >= 9223372036854775808.0", "true"},
      {"18446744073709551615u < 18446744073709551616.0", "false"},
      {"18446744073709551615u < 18446744073709590000.0", "true"},
      {"-9223372036854775808 <= -9223372036854775808.0", "true"},
      {"-2 < -1.5", "true"},
      {"-1 < -1.5", "false"},
      {"-1 > -1.5", "true"},
      {"1.5 > 1", "true"},
      {"double('nan') < 1", "false"},
      {"double('nan') >= 1.0", "false"},
      {"double('inf') > 18446744073709551615u", "true"},
      {"double('-inf') < -9223372036854775808", "true"},
      {"'a' < 'b'", "true"},
      {"'' < 'a'", "true"},
      {"'Z' < 'a'", "true"},
      {"'a' < '\xc3\xa9'", "true"},
      {"'\xef\xbf\xbd' < '\xf0\x9f\x98\x80'", "true"},
      {"b'\\000' < b'\\001'", "true"},
      {"false < true", "true"},
      {"true <= false", "false"},
      {"[1] < [2]", "! type: `<` does not take list(int) and list(int)"},
      {"'1' < 2", "! type: `<` does not take string and int"},
      {"null < null", "! type: `<` does not take null and null"},
      {"dyn('1') < 2", "! evaluation: no such overload: < does not take string and int"},
      {"1 < 2 == true", "true"},
  });
}

TEST(CelComparisons, In) {
  expect_answers({
      {"1 in []", "false"},
      {"1 in [1]", "true"},
      {"4 in [1, 2, 3]", "false"},
      {"'b' in ['a', 'b']", "true"},
      {"[1] in [[1], [2]]", "true"},
      {"dyn(1) in [1u, 2u]", "true"},
      {"1 in ['a']", "! type: `in` does not take int and list(string)"},
      {"'key' in {'key': 1}", "true"},
      {"'no' in {'key': 1}", "false"},
      {"5 in {4: 1, 5: 2}", "true"},
      {"dyn(4.0) in {4: 1}", "true"},
      {"dyn(4.5) in {4: 1}", "false"},
      {"dyn([1]) in {4: 1}", "false"},
      {"'holiday' in words", "true"},
      {"1 in 1", "! type: `in` does not take int and int"},
      {"1 in dyn(1)", "! evaluation: no such overload: in does not take int and int"},
      {"'name' in machine", "! type: `in` does not take string and machine"},
  });
}

TEST(CelFloatingMath, FollowsIeee754) {
  expect_answers({
      {"4.25 + 15.25", "19.5"},
      {"17.75 + (-7.75)", "10.0"},
      {"42.875 - (-22.0)", "64.875"},
      {"40.75 * (-2.25)", "-91.6875"},
      {"-8.875 / (-0.0625)", "142.0"},
      {"-(4.5)", "-4.5"},
      {"--1.25", "1.25"},
      {"15.75 / 0.0", "inf"},
      {"-15.75 / 0.0", "-inf"},
      {"2.0 * 8.988466e+307", "inf"},
      {"0.1 + 0.2 == 0.3", "false"},
      {"1.5 * (23.625 * 0.75) == (1.5 * 23.625) * 0.75", "true"},
      {"47.5 % 5.5", "! type: `%` does not take double and double"},
      {"1.0 + 1", "! type: `+` does not take double and int"},
      {"dyn(47.5) % 5.5", "! type: `%` does not take dyn and double"},
      {"dyn(1.0) + 1", "! evaluation: no such overload: + does not take double and int"},
      {"1e400", "! syntax: this number does not fit a double"},
      {"-1e400", "! syntax: this number does not fit a double"},
      {"1e-324 / 2.0", "0.0"},
      {"1e-400", "0.0"},
  });
}

TEST(CelIntegerMath, OverflowsAreErrors) {
  expect_answers({
      {"42 + 2", "44"},
      {"42 - (-2)", "44"},
      {"-42 * (-2)", "84"},
      {"42 / 2", "21"},
      {"-7 / 2", "-3"},
      {"42 % 5", "2"},
      {"42 % (-5)", "2"},
      {"-42 % 5", "-2"},
      {"-(42)", "-42"},
      {"-(-42)", "42"},
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"7 - 2 - 1", "4"},
      {"100 / 10 / 5", "2"},
      {"15 / 0", "! evaluation: divide by zero"},
      {"42 % 0", "! evaluation: modulus by zero"},
      {"9223372036854775807 + 1", "! evaluation: overflow"},
      {"-9223372036854775808 - 1", "! evaluation: overflow"},
      {"9223372036854775807 * 2", "! evaluation: overflow"},
      {"-9223372036854775808 / -1", "! evaluation: overflow"},
      {"-9223372036854775808 % -1", "! evaluation: overflow"},
      {"-(-9223372036854775808)", "! evaluation: overflow"},
      {"9223372036854775808", "! syntax: this number does not fit 64 bits"},
      {"42u + 2u", "44u"},
      {"42u - 2u", "40u"},
      {"42u * 2u", "84u"},
      {"42u / 4u", "10u"},
      {"42u % 5u", "2u"},
      {"0u - 1u", "! evaluation: overflow"},
      {"18446744073709551615u + 1u", "! evaluation: overflow"},
      {"18446744073709551615u * 2u", "! evaluation: overflow"},
      {"15u / 0u", "! evaluation: divide by zero"},
      {"18446744073709551616u", "! syntax: this number does not fit 64 bits"},
      {"-(5u)", "! type: `-` takes no uint"},
      {"1 + 1u", "! type: `+` does not take int and uint"},
      {"!5", "! type: `!` takes no int"},
      {"-true", "! type: `-` takes no bool"},
  });
}

TEST(CelLists, JoinAndIndex) {
  expect_answers({
      {"[0, 1] + [2]", "[0, 1, 2]"},
      {"[] + []", "[]"},
      {"[1] + []", "[1]"},
      {"[7, 8, 9][0]", "7"},
      {"[7, 8, 9][2]", "9"},
      {"[7, 8, 9][3]", "! evaluation: index out of bounds: 3 of 3"},
      {"[7, 8, 9][-1]", "! evaluation: index out of bounds: -1 of 3"},
      {"[][0]", "! evaluation: index out of bounds: 0 of 0"},
      {"[7, 8][dyn(1u)]", "8"},
      {"[7, 8][dyn(1.0)]", "8"},
      {"[7, 8][dyn(0.5)]", "! evaluation: no such index: 0.5"},
      {"[7, 8]['a']", "! type: list(int) takes no index of type string"},
      {"[7, 8][1u]", "! type: list(int) takes no index of type uint"},
      {"size([1, 2, 3])", "3"},
      {"[1, 2].size()", "2"},
      {"[1] + ['a']", "! type: `+` does not take list(int) and list(string)"},
      {"[1, 'a', null]", "[1, 'a', null]"},
      {"[1, 2,]", "[1, 2]"},
      {"[,]", "! syntax: want an expression, not `,`"},
      {"[[1], [2, 3]][1][1]", "3"},
  });
}

TEST(CelLogic, FailuresGiveWayToWhatDecides) {
  expect_answers({
      {"true && true", "true"},
      {"true && false", "false"},
      {"false || true", "true"},
      {"false || false", "false"},
      {"!true", "false"},
      {"!!true", "true"},
      {"true || 1 / 0 > 0", "true"},
      {"1 / 0 > 0 || true", "true"},
      {"1 / 0 > 0 || false", "! evaluation: divide by zero"},
      {"false && 1 / 0 > 0", "false"},
      {"1 / 0 > 0 && false", "false"},
      {"1 / 0 > 0 && true", "! evaluation: divide by zero"},
      {"1 / 0 > 0 || 1 % 0 > 0", "! evaluation: divide by zero"},
      {"absent == 'x' || number == 15", "true"},
      {"absent == 'x' && number == 15", "! evaluation: the claim `absent` is missing"},
      {"true ? 1 : 2", "1"},
      {"false ? 1 : 2", "2"},
      {"true ? 1 : 1 / 0", "1"},
      {"false ? 1 / 0 : 2", "2"},
      {"1 / 0 > 0 ? 1 : 2", "! evaluation: divide by zero"},
      {"true ? 1 : 'a'", "! type: both answers have one type, not int and string"},
      {"true ? dyn(1) : 'a'", "1"},
      {"1 ? 2 : 3", "! type: what stands before `?` is a bool, not int"},
      {"1 && true", "! type: an operand of `&&` is a bool, not int"},
      {"true || 'x'", "! type: an operand of `||` is a bool, not string"},
      {"dyn(1) && true", "! evaluation: no such overload: want a bool, not int"},
      {"dyn(1) && false", "false"},
      {"dyn(1) ? 2 : 3", "! evaluation: no such overload: want a bool, not int"},
      {"true || false && false", "true"},
      {"(true || false) && false", "false"},
      {"false ? 1 : false ? 2 : 3", "3"},
  });
}

TEST(CelMacros, AllExistsAndExistsOne) {
  expect_answers({
      {"[1, 2, 3].all(e, e > 0)", "true"},
      {"[1, 2, 3].all(e, e == 2)", "false"},
      {"[].all(e, e > 0)", "true"},
      {"[1, 2, 3].all(e, 6 / (2 - e) == 6)", "false"},
      {"[1, 2, 3].all(e, e / 0 != 17)", "! evaluation: divide by zero"},
      {"[1, 'foo', 3].all(e, e == 1)", "false"},
      {"[1, 'foo', 3].all(e, e % 2 == 1)", "! evaluation: no such overload: % does not take"},
      {"{'k1': 1, 'k2': 2}.all(k, k == 'k2')", "false"},
      {"{'k1': 1, 'k2': 2}.all(k, k.startsWith('k'))", "true"},
      {"[1, 2, 3].exists(e, e == 2)", "true"},
      {"[1, 2, 3].exists(e, e > 3)", "false"},
      {"[].exists(e, e == 2)", "false"},
      {"[1, 'foo', 3].exists(e, e == 'foo')", "true"},
      {"[1, 2, 3].exists(e, e / 0 == 17)", "! evaluation: divide by zero"},
      {"[0, 1].exists(e, 1 / e == 1)", "true"},
      {"{'key1': 1}.exists(k, k == 'key1')", "true"},
      {"[7].exists_one(x, x == 7)", "true"},
      {"[].exists_one(x, x == 7)", "false"},
      {"[6, 7, 8].exists_one(x, x % 5 == 2)", "true"},
      {"[0, 1, 2, 3].exists_one(n, n % 2 == 1)", "false"},
      {"[3, 2, 1, 0].exists_one(n, 12 / n > 1)", "! evaluation: divide by zero"},
      {"[1].all(e, e)", "! type: what is asked of each element is a bool, not int"},
      {"[1].all(e, e.size() > 0)", "! type: size does not take (int)"},
      {"[1].all(1, true)", "! syntax: want a name, as in all(x, ...)"},
      {"[1].all(e)", "! syntax: want all(name, expression)"},
      {"number.all(e, true)", "! type: int has no elements"},
      {"machine.all(e, true)", "! type: machine has no elements"},
      {"dyn(1).all(e, true)", "! evaluation: no such overload: a macro takes no int"},
  });
}

TEST(CelMacros, MapFilterAndTheirNames) {
  expect_answers({
      {"[].map(n, n / 2)", "[]"},
      {"[2, 4, 6].map(n, n / 2)", "[1, 2, 3]"},
      {"[2, 1, 0].map(n, 4 / n)", "! evaluation: divide by zero"},
      {"{1: 1, 2: 4, 3: 9}.map(x, x * x)", "[1, 4, 9]"},
      {"[1, 2, 3].map(x, x > 1, x * 10)", "[20, 30]"},
      {"[].filter(n, n % 2 == 0)", "[]"},
      {"[0, 1, 2, 3, 4].filter(x, x % 2 == 1)", "[1, 3]"},
      {"[3, 2, 1, 0].filter(n, 12 / n > 4)", "! evaluation: divide by zero"},
      {"{0: 10, 1: 11, 2: 12}.filter(x, x > 0)", "[1, 2]"},
      {"[1, 2].map(x, [3, 4].map(y, x * y))", "[[3, 4], [6, 8]]"},
      {"[1, 2].map(x, [10].map(x, x))", "[[10], [10]]"},
      {"[1].map(number, number)", "[1]"},
      {"[1, 2].map(x, x + number)", "[16, 17]"},
      {"[1].all(x, true) && x == 1", "! type: no claim is called `x`"},
      {"[1].map(x, y)", "! type: no claim is called `y`"},
      {"[[1, 2], [3]].map(l, l.size())", "[2, 1]"},
      {"[[1, 2], [3]].exists(l, l.all(e, e > 2))", "true"},
      {"['a', 'b'].map(s, s + s)", "['aa', 'bb']"},
      {"[1].map(x, x, x)", "! type: what map filters by is a bool, not int"},
  });
}

TEST(CelString, SearchJoinAndSize) {
  expect_answers({
      {"size('')", "0"},
      {"size('four')", "4"},
      {"size('\xcf\x80\xce\xad\xce\xbd\xcf\x84\xce\xb5')", "5"},
      {"'\xf0\x9f\x98\x80'.size()", "1"},
      {"size(b'\xc3\xbf')", "2"},
      {"'foobar'.startsWith('foo')", "true"},
      {"'foobar'.startsWith('bar')", "false"},
      {"''.startsWith('foo')", "false"},
      {"'foobar'.startsWith('')", "true"},
      {"'foobar'.endsWith('bar')", "true"},
      {"''.endsWith('foo')", "false"},
      {"''.endsWith('')", "true"},
      {"'hello'.contains('ll')", "true"},
      {"'hello'.contains('ol')", "false"},
      {"'hello'.contains('')", "true"},
      {"'he' + 'llo'", "'hello'"},
      {"'' + ''", "''"},
      {"b'a' + b'b'", "b'6162'"},
      {"'a' + b'b'", "! type: `+` does not take string and bytes"},
      {"'hubba'.matches('ubb')", "true"},
      {"''.matches('foo|bar')", "false"},
      {"'cows'.matches('')", "true"},
      {"'grey'.matches('^gr(a|e)y$')", "true"},
      {"matches('banana', 'ba(na)*$')", "true"},
      {"'ma\xc3\xb1"
       "ana'.matches('a+\xc3\xb1+a+')",
       "true"},
      {"'\xc3\xb1'.matches('^.$')", "true"},
      {"'a'.matches('(')", "! type: not a regular expression of RE2: missing ): ("},
      {"'a'.matches('(?=a)')", "! type: not a regular expression of RE2"},
      {"'a'.matches('a' + 'b')", "! type: a pattern is a string literal"},
      {"'a'.matches(line)", "! type: a pattern is a string literal"},
      {"dyn(1).matches('a')", "! evaluation: no such overload: matches takes no int"},
      {"line.matches('(^| )ro( |$)')", "true"},
      {"'a'.startsWith(1)", "! type: startsWith does not take (string, int)"},
      {"startsWith('a', 'b')", "! type: write x.startsWith(...), not startsWith(x, ...)"},
      {"'a'.int()", "! type: write int(x), not x.int()"},
      {"'a'.reverse()", "! type: no function is called `reverse`"},
  });
}

TEST(CelTimestamps, ReadWriteAndParts) {
  expect_answers({
      {"int(timestamp('2009-02-13T23:31:30Z'))", "1234567890"},
      {"string(timestamp('2009-02-13T23:31:30Z'))", "'2009-02-13T23:31:30Z'"},
      {"string(timestamp('9999-12-31T23:59:59.999999999Z'))", "'9999-12-31T23:59:59.999999999Z'"},
      {"string(timestamp('2009-02-13T23:31:30.5+01:00'))", "'2009-02-13T22:31:30.5Z'"},
      {"timestamp(0)", "timestamp('1970-01-01T00:00:00Z')"},
      {"timestamp('1969-12-31T23:59:59.25Z')", "timestamp('1969-12-31T23:59:59.25Z')"},
      {"timestamp('2009-02-13T23:31:30Z').getFullYear()", "2009"},
      {"timestamp('2009-02-13T23:31:30Z').getMonth()", "1"},
      {"timestamp('2009-02-13T23:31:30Z').getDate()", "13"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfMonth()", "12"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfWeek()", "5"},
      {"timestamp('2009-02-13T23:31:30Z').getDayOfYear()", "43"},
      {"timestamp('2008-12-31T00:00:00Z').getDayOfYear()", "365"},
      {"timestamp('2009-02-13T23:31:30Z').getHours()", "23"},
      {"timestamp('2009-02-13T23:31:30Z').getMinutes()", "31"},
      {"timestamp('2009-02-13T23:31:30Z').getSeconds()", "30"},
      {"timestamp('2009-02-13T23:31:20.123456789Z').getMilliseconds()", "123"},
      {"timestamp('1969-12-31T23:59:59Z').getHours()", "23"},
      {"timestamp('0000-01-01T00:00:00Z')", "! evaluation: '0000-01-01T00:00:00Z' is no timestamp"},
      {"timestamp('10000-01-01T00:00:00Z')", "! evaluation: '10000-01-01T00:00:00Z' is no"},
      {"timestamp('0001-01-01T00:00:00+01:00')", "! evaluation: '0001-01-01T00:00:00+01:00' is no"},
      {"timestamp('2009-02-29T00:00:00Z')", "! evaluation: '2009-02-29T00:00:00Z' is no"},
      {"timestamp('2009-02-13')", "! evaluation: '2009-02-13' is no timestamp"},
      {"timestamp('2009-02-13T23:31:30')", "! evaluation: '2009-02-13T23:31:30' is no"},
      {"timestamp('2009-02-13T23:31:30.Z')", "! evaluation: '2009-02-13T23:31:30.Z' is no"},
      {"timestamp('2009-02-13T24:00:00Z')", "! evaluation: '2009-02-13T24:00:00Z' is no"},
      {"timestamp(253402300800)", "! evaluation: 253402300800 is no timestamp"},
      {"timestamp(true)", "! type: timestamp does not take (bool)"},
      {"timestamp(0).getFullYear('UTC')", "! type: getFullYear does not take (timestamp, string)"},
  });
}

TEST(CelTimestamps, Arithmetic) {
  expect_answers({
      {"timestamp('2009-02-13T23:00:00Z') + duration('240s') == timestamp('2009-02-13T23:04:00Z')",
       "true"},
      {"duration('120s') + timestamp('2009-02-13T23:01:00Z') == timestamp('2009-02-13T23:03:00Z')",
       "true"},
      {"timestamp('2009-02-13T23:10:00Z') - duration('600s') == timestamp('2009-02-13T23:00:00Z')",
       "true"},
      {"timestamp('2009-02-13T23:31:00Z') - timestamp('2009-02-13T23:29:00Z')", "duration('120s')"},
      {"timestamp('0001-01-01T00:00:01.000000001Z') + duration('-999999999ns')",
       "timestamp('0001-01-01T00:00:00.000000002Z')"},
      {"timestamp('0001-01-01T00:00:01.999999999Z') + duration('999999999ns')",
       "timestamp('0001-01-01T00:00:02.999999998Z')"},
      {"timestamp('0001-01-01T00:00:00Z') + duration('-1s')",
       "! evaluation: timestamp out of range"},
      {"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
       "! evaluation: timestamp out of range"},
      {"timestamp('9999-12-31T23:59:59.999999999Z') + duration('1ns')",
       "! evaluation: timestamp out of range"},
      {"timestamp('9999-12-31T23:59:59Z') - timestamp('0001-01-01T00:00:00Z')",
       "! evaluation: duration out of range"},
      {"timestamp(0) + timestamp(0)", "! type: `+` does not take timestamp and timestamp"},
      {"duration('1s') - timestamp(0)", "! type: `-` does not take duration and timestamp"},
      {"timestamp('2009-02-13T23:00:00Z') <= timestamp('2009-02-13T22:59:59Z')", "false"},
      {"timestamp('2009-02-13T23:59:00Z') > timestamp('2009-02-13T23:00:00Z')", "true"},
      {"timestamp(1) == timestamp(2)", "false"},
  });
}

TEST(CelTimestamps, Durations) {
  expect_answers({
      {"string(duration('1000000s'))", "'1000000s'"},
      {"duration('1h30m')", "duration('5400s')"},
      {"duration('-1.5s')", "duration('-1.5s')"},
      {"duration('1ms2us3ns')", "duration('0.001002003s')"},
      {"duration('.5h')", "duration('1800s')"},
      {"duration('0')", "duration('0s')"},
      {"duration('+2m')", "duration('120s')"},
      {"duration('600s') + duration('50s')", "duration('650s')"},
      {"duration('900s') - duration('42s')", "duration('858s')"},
      {"duration('60s') == duration('1m')", "true"},
      {"duration('200s') < duration('300s')", "true"},
      {"duration('10000s').getHours()", "2"},
      {"duration('3730s').getMinutes()", "62"},
      {"duration('3730s').getSeconds()", "3730"},
      {"duration('123.321456789s').getMilliseconds()", "321"},
      {"duration('1s').getFullYear()", "! type: getFullYear does not take (duration)"},
      {"dyn(duration('1s')).getFullYear()", "! evaluation: no such overload: getFullYear takes no"},
      {"duration('')", "! evaluation: '' is no duration"},
      {"duration('5')", "! evaluation: '5' is no duration"},
      {"duration('1d')", "! evaluation: '1d' is no duration"},
      {"duration('s')", "! evaluation: 's' is no duration"},
      {"duration('1 s')", "! evaluation: '1 s' is no duration"},
      {"duration('320000000000s')", "! evaluation: '320000000000s' is no duration, or out of"},
      {"duration('-320000000000s')", "! evaluation: '-320000000000s' is no duration, or out of"},
      {"duration('9223372036s') + duration('9223372036s')", "! evaluation: duration out of range"},
      {"duration('-9223372036s') - duration('9223372036s')", "! evaluation: duration out of range"},
  });
}

TEST(CelConversions, BetweenKinds) {
  expect_answers({
      {"bytes('abc')", "b'616263'"},
      {"bytes('\xc3\xbf')", "b'c3bf'"},
      {"bytes('\\377') == b'\\377'", "false"},
      {"double(1)", "1.0"},
      {"double(9223372036854775807) == 9.223372036854775807e18", "true"},
      {"double(123u)", "123.0"},
      {"double('-987.654')", "-987.654"},
      {"double('6.02214e23')", "6.02214e+23"},
      {"double('')", "! evaluation: '' is no double"},
      {"double(' 1')", "! evaluation: ' 1' is no double"},
      {"int(42u)", "42"},
      {"int(18446744073709551615u)", "! evaluation: range error"},
      {"int(1.9)", "1"},
      {"int(-7.9)", "-7"},
      {"int(1e99)", "! evaluation: range error"},
      {"int(9223372036854775807.0)", "! evaluation: range error"},
      {"int(-9223372036854775808.0)", "! evaluation: range error"},
      {"int(double('nan'))", "! evaluation: range error"},
      {"int('987')", "987"},
      {"int('-1')", "-1"},
      {"int('9223372036854775808')", "! evaluation: '9223372036854775808' is no int"},
      {"int('1 ')", "! evaluation: '1 ' is no int"},
      {"int('0x1')", "! evaluation: '0x1' is no int"},
      {"int(true)", "! type: int does not take (bool)"},
      {"uint(1729)", "1729u"},
      {"uint(-1)", "! evaluation: range error"},
      {"uint(3.14159265)", "3u"},
      {"uint(1e19)", "10000000000000000000u"},
      {"uint(6.022e23)", "! evaluation: range error"},
      {"uint(-0.5)", "! evaluation: range error"},
      {"uint('300')", "300u"},
      {"string(-456)", "'-456'"},
      {"string(9876u)", "'9876'"},
      {"string(123.456)", "'123.456'"},
      {"string(-4.5e-3)", "'-0.0045'"},
      {"string(true)", "'true'"},
      {"string(b'abc')", "'abc'"},
      {"string(b'\\303\\277')", "'\xc3\xbf'"},
      {"string(b'\\000\\xff')", "! evaluation: invalid UTF-8"},
      {"string([1])", "! type: string does not take (list(int))"},
      {"bool('true')", "true"},
      {"bool('0')", "false"},
      {"bool('yes')", "! evaluation: 'yes' is no bool"},
      {"int(int('5'))", "5"},
      {"dyn(1)", "1"},
      {"dyn()", "! type: dyn does not take ()"},
  });
}

TEST(CelFields, SelectAndIndexMaps) {
  expect_answers({
      {"{0: 1, 2: 2, 5: true}[5]", "true"},
      {"{0u: 1u, 2u: 'happy'}[2u]", "'happy'"},
      {"{'name': 100u}['name']", "100u"},
      {"{true: 5}[true]", "5"},
      {"{0: 1, 2: 2}[1]", "! evaluation: no such key: 1"},
      {"{'a': 1}.a", "1"},
      {"{'a': {'b': 2}}.a.b", "2"},
      {"{'a': 1}.b", "! evaluation: no such key: `b` is missing"},
      {"{1: 2}.b", "! type: map(int, int) has no members, so no `b`"},
      {"{dyn(1): 2}[1u]", "2"},
      {"{'a': 1}[1]", "! type: map(string, int) takes no index of type int"},
      {"{1: 'a', dyn(1u): 'b'}", "! evaluation: a key is there twice"},
      {"{'a': 1, 'a': 2}", "! evaluation: a key is there twice"},
      {"{1.5: 'a'}", "! type: a key is a bool, int, uint or string, not double"},
      {"{[1]: 'a'}", "! type: a key is a bool, int, uint or string, not list(int)"},
      {"{dyn(1.5): 'a'}", "! evaluation: a key is there twice, or is of a type"},
      {"words.holiday", "'field'"},
      {"words.weekday", "! evaluation: no such key: `weekday` is missing"},
      {"machine.name", "'m'"},
      {"machine.missing", "! evaluation: no such key: `missing` is missing"},
      {"machine.nam", "! type: `machine` has no claim `nam`; did you mean `name`?"},
      {"machine['name']", "! type: name the claim: machine.name, not machine[...]"},
      {"number.pancakes", "! type: int has no members, so no `pancakes`"},
      {"anything.pancakes", "! evaluation: no such overload: .pancakes takes no int"},
      {"has(machine.name)", "true"},
      {"has(machine.missing)", "false"},
      {"has(machine.nam)", "! type: `machine` has no claim `nam`"},
      {"has({'a': 1}.a)", "true"},
      {"has({'a': 1}.b)", "false"},
      {"has(words.holiday)", "true"},
      {"has(number)", "! syntax: want has(claim.name)"},
      {"has(a[0])", "! syntax: want has(claim.name)"},
      {"has(anything.x)", "! evaluation: no such overload: has takes no int"},
      {"{'a': 1,}", "{'a': 1}"},
      {"size({'a': 1})", "1"},
      {"size(machine)", "! type: size does not take (machine)"},
  });
}

TEST(CelParse, NestsAndRepeats) {
  const auto repeated = [](std::string_view part, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
  };
  expect_answers({
      {"a[a[a[a[a[a[a[a[a[a[a[a[0]]]]]]]]]]]]", "0"},
      {"int(uint(int(uint(int(uint(int(uint(int(uint(int(uint(7))))))))))))", "7"},
      {"size([[[[[[[[[[[[0]]]]]]]]]]]])", "1"},
      {repeated("(", 32) + "7" + repeated(")", 32), "7"},
      {repeated("true ? true : ", 24) + "false", "true"},
      {repeated("false || ", 4000) + "true", "true"},
      {repeated("true && ", 4000) + "false", "false"},
      {repeated("3 - 3 + ", 12) + "3", "3"},
      {repeated("!", 32) + "true", "true"},
      {repeated("-", 32) + "19", "19"},
      {repeated("[", 12) + "'foo'" + repeated("]", 12) + repeated("[0]", 12), "'foo'"},
      {repeated("(", 65) + "7" + repeated(")", 65), "! syntax: nested too deeply"},
      {repeated("(", 30000), "! syntax: nested too deeply"},
      {repeated("[", 30000), "! syntax: nested too deeply"},
      {repeated("!", 30000) + "true", "! syntax: nested too deeply"},
      {repeated("1+", 30000) + "1", "! syntax: nested too deeply"},
      {"1" + repeated("[1]", 10000), "! syntax: nested too deeply"},
      {repeated("true ? 1 : ", 5000) + "1", "! syntax: nested too deeply"},
      {"[" + repeated("1,", 20000) + "]", "! syntax: too long"},
      {repeated(" ", 65537), "! syntax: an expression is at most 65536 bytes"},
  });
}

TEST(CelParse, StringLiterals) {
  expect_answers({
      {"'hello' == \"hello\"", "true"},
      {"'''hel'lo'''", "'hel\\'lo'"},
      {"\"\"\"he\"l\nlo\"\"\"", "'he\"l\\nlo'"},
      {"'\\\\ \\? \\\" \\' \\`'", "'\\\\ ? \" \\' `'"},
      {"'\\a\\b\\f\\n\\r\\t\\v' == '\\x07\\x08\\x0c\\x0a\\x0d\\x09\\x0b'", "true"},
      {"'\\x41\\X42\\103'", "'ABC'"},
      {"'\\u00ff' == '\xc3\xbf'", "true"},
      {"'\\U0001F600' == '\xf0\x9f\x98\x80'", "true"},
      {"r'\\d' == '\\\\d'", "true"},
      {"R\"\\x41\" == '\\\\x41'", "true"},
      {"rb'\\x41' == b'\\\\x41'", "true"},
      {"bR'a' == b'a'", "true"},
      {"b'\\x41\\101A'", "b'414141'"},
      {"'\\q'", "! syntax: the language has no such escape"},
      {"'\\x4'", "! syntax: want 2 digits in this escape"},
      {"'\\08'", "! syntax: want 3 digits in this escape"},
      {"'\\ud800'", "! syntax: this escape is no Unicode character"},
      {"'\\U00110000'", "! syntax: this escape is no Unicode character"},
      {"b'\\u0041'", "! syntax: the language has no such escape"},
      {"'open", "! syntax: this string does not end"},
      {"'a\nb'", "! syntax: this string does not end on its line"},
      {"'''open''", "! syntax: this string does not end"},
      {"'\xff'", "! syntax: the text is not UTF-8"},
  });
}

TEST(CelParse, RefusesWhatIsNoExpression) {
  expect_answers({
      {"", "! syntax: want an expression, not the end"},
      {"1 +", "! syntax: want an expression, not the end"},
      {"1 2", "! syntax: want an operator or the end, not `2`"},
      {"(1", "! syntax: want `)`, not the end"},
      {"[1", "! syntax: want `,` or `]`, not the end"},
      {"{1 2}", "! syntax: want `:`, not `2`"},
      {"f(1,)", "! syntax: want an expression, not `)`"},
      {"a.", "! syntax: want a name, not the end"},
      {"a.'x'", "! syntax: want a name, not a string"},
      {"a[0", "! syntax: want `]`, not the end"},
      {"true ? 1", "! syntax: want `:`, not the end"},
      {"if", "! syntax: `if` is a reserved word"},
      {"in", "! syntax: want an expression, not `in`"},
      {"1 & 2", "! syntax: this character is no part of the language"},
      {"a = 1", "! syntax: this character is no part of the language"},
      {"#", "! syntax: this character is no part of the language"},
      {"12abc", "! syntax: a number ends where a letter follows it"},
      {"0x", "! syntax: want hexadecimal digits after 0x"},
      {"1e", "! syntax: want digits in the exponent"},
      {"* 1", "! syntax: want an expression, not `*`"},
  });
}

TEST(CelPlumbing, OneAnswerAndWhatItRead) {
  const auto expression =
      compile_cel("flag && words.holiday == line && [1].all(a, a > 0)", environment());
  ASSERT_TRUE(expression);
  EXPECT_THAT(expression->checked.names, ElementsAre("flag", "line", "words"));
  EXPECT_EQ(expression->checked.type.text(), "bool");
  EXPECT_EQ(answer("flag ? 1 : 2"), answer("flag ? 1 : 2"));
}

TEST(CelPlumbing, TypesAreKnownBeforeEvaluation) {
  const std::pair<const char*, const char*> cases[] = {
      {"1", "int"},
      {"[1, 2]", "list(int)"},
      {"[]", "list(dyn)"},
      {"[1, 'a']", "list(dyn)"},
      {"{'a': 1}", "map(string, int)"},
      {"{'a': 1, 'b': 2u}", "map(string, dyn)"},
      {"[1].map(x, string(x))", "list(string)"},
      {"words", "map(string, string)"},
      {"machine", "machine"},
      {"machine.size", "int"},
      {"timestamp(0) - timestamp(0)", "duration"},
      {"dyn(1) + 1", "int"},
      {"dyn(1) + dyn(1)", "dyn"},
      {"dyn(1) - timestamp(0)", "duration"},
  };
  for (const auto& [source, type] : cases) {
    SCOPED_TRACE(source);
    const auto expression = compile_cel(source, environment());
    ASSERT_TRUE(expression);
    EXPECT_EQ(expression->checked.type.text(), type);
  }
}

TEST(CelError, PointsAtItsPlace) {
  const auto shown = [](const std::string& source) {
    const auto expression = compile_cel(source, environment());
    return expression ? "" : describe(source, expression.error());
  };
  EXPECT_EQ(shown("flag && numbr > 1"),
            "1:9: no claim is called `numbr`; did you mean `number`?\n"
            "  flag && numbr > 1\n"
            "          ^");
  EXPECT_EQ(shown("flag &&\n  '\xc3\xa9' < 1"),
            "2:7: `<` does not take string and int\n"
            "    '\xc3\xa9' < 1\n"
            "        ^");
  EXPECT_EQ(shown("1 +"),
            "1:4: want an expression, not the end\n"
            "  1 +\n"
            "     ^");
  const std::string before(200, ' ');
  EXPECT_EQ(shown(before + "oops"),
            "1:201: no claim is called `oops`; there is a, flag, line, "
            "number, words, anything, absent, machine\n  " +
                std::string(60, ' ') + "oops\n  " + std::string(60, ' ') + "^");
}

/// Expressions that would take an age or a continent, were they not counted.
TEST(CelBudget, BoundsWhatAnEvaluationTakes) {
  const std::string ten = "[0,1,2,3,4,5,6,7,8,9]";
  const auto nested = [&](std::size_t depth) {
    std::string out = "true";
    for (std::size_t i = 0; i < depth; ++i)
      out = ten + ".all(x" + std::to_string(i) + ", " + out + ")";
    return out;
  };
  const std::string kOut = "! budget: this takes more steps than an evaluation may";
  EXPECT_EQ(answer(nested(2)), "true");
  constexpr std::uint64_t kFew = 50'000;
  EXPECT_EQ(answer(nested(20), kFew), kOut);
  // A failure that || would forgive is not what running out of steps is.
  EXPECT_EQ(answer(nested(20) + " || true", kFew), kOut);
  EXPECT_EQ(answer(ten + ".exists(x, " + nested(20) + ")", kFew), kOut);

  std::string doubled = "['0123456789abcdef']";
  std::string shared = "[1]";
  for (std::size_t i = 0; i < 40; ++i) {
    doubled += ".map(x, x + x)";
    shared += ".map(x, [x, x])";
  }
  EXPECT_EQ(answer(doubled, kFew), kOut);
  // 2^40 elements that take no room, until they are looked at one by one.
  EXPECT_EQ(answer(shared + " == " + shared, kFew), kOut);
  EXPECT_EQ(answer("size(" + shared + ")"), "1");
  EXPECT_LT(answer(shared).size(), 1000u);
  EXPECT_EQ(answer("1 + 1", 3), "2");
  EXPECT_EQ(answer("1 + 1", 2), kOut);
}

TEST(CelBudget, CountsTheLettersOfTexts) {
  const std::string letters(60000, 'a');
  EXPECT_EQ(answer("'" + letters + "'.contains('b')", 1000),
            "! budget: this takes more steps than an evaluation may");
  EXPECT_EQ(answer("'" + letters + "'.matches('(a|b)*c')", 5000),
            "! budget: this takes more steps than an evaluation may");
  EXPECT_EQ(answer("'" + letters + "'.size()", 1000),
            "! budget: this takes more steps than an evaluation may");
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "store/log_filter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

const json::object& entry() {
  static const json::object one = *parse_json_object("entry", R"json({
    "logName": "projects/example.com:p/logs/cloudaudit.googleapis.com%2Factivity",
    "insertId": "0001",
    "timestamp": "2026-11-21T10:30:00.5Z",
    "severity": "WARNING",
    "labels": {"compute.googleapis.com/resource_id": "42", "Zone": "us-central1-a"},
    "jsonPayload": {
      "event": "secret.refused", "text": "Unicorn and Phoenix", "count": 5, "ratio": 0.25, "negative": -5,
      "big": 9007199254740993, "on": true, "nothing": null, "empty": "",
      "list": ["red", "Green", 7], "checks": [{"id": "tpm.quote.nonce", "ok": false}, {"id": "tpm.pcr", "ok": true}],
      "nested": {"a": {"b": "deep"}, "with space": "x", "*": "star"}
    }
  })json");
  return one;
}

std::string outcome(std::string_view filter) {
  const auto predicate = compile_log_filter(filter);
  if (!predicate) return to_string(predicate.error());
  return (*predicate)(entry()) ? "true" : "false";
}

struct FilterCase {
  std::string_view filter, outcome;
};

const FilterCase kFilterCases[] = {
    {"", "true"},
    {"  -- only a comment\n ", "true"},

    // comparisons of text: without case, whole for =, part for :
    {"jsonPayload.event=secret.refused", "true"},
    {"jsonPayload.event=\"SECRET.refused\"", "true"},
    {"jsonPayload.event=secret", "false"},
    {"jsonPayload.event:refused", "true"},
    {"jsonPayload.event:granted", "false"},
    {"jsonPayload.event!=secret.released", "true"},
    {"jsonPayload.event!=secret.refused", "false"},
    {"jsonPayload.event>=secret", "true"},
    {"jsonPayload.event<secret", "false"},
    {"jsonPayload.empty=\"\"", "true"},
    // keys keep their case, roots do not
    {"JSONPAYLOAD.event=secret.refused", "true"},
    {"jsonPayload.Event=secret.refused", "false"},
    {"labels.Zone=us-central1-a", "true"},
    {"labels.zone=us-central1-a", "false"},
    {"labels.\"compute.googleapis.com/resource_id\"=42", "true"},
    {"labels.\"compute.googleapis.com/resource_id\"=43", "false"},
    {"jsonPayload.nested.a.b=deep", "true"},
    {"jsonPayload.nested.\"with space\"=x", "true"},
    {"jsonPayload.nested.\"*\":star", "true"},

    // numbers, booleans, null
    {"jsonPayload.count=5", "true"},
    {"jsonPayload.count=5.0", "true"},
    {"jsonPayload.count>4.5", "true"},
    {"jsonPayload.count>5", "false"},
    {"jsonPayload.count>=5 jsonPayload.count<=5", "true"},
    {"jsonPayload.count=five", "false"},
    {"jsonPayload.count!=five", "false"},
    {"jsonPayload.ratio<0.5", "true"},
    {"jsonPayload.negative=-5", "true"},
    {"jsonPayload.negative=(-5 OR 6)", "true"},
    {"jsonPayload.big=9007199254740993", "true"},
    {"jsonPayload.big=9007199254740992", "false"},
    {"jsonPayload.on=TRUE", "true"},
    {"jsonPayload.on=false", "false"},
    {"jsonPayload.on>false", "true"},
    {"jsonPayload.on=1", "false"},
    {"jsonPayload.nothing=NULL_VALUE", "true"},
    {"jsonPayload.nothing=\"NULL_VALUE\"", "false"},
    {"jsonPayload.count=NULL_VALUE", "false"},
    {"jsonPayload.count!=NULL_VALUE", "true"},
    {"jsonPayload.missing=NULL_VALUE", "false"},

    // what is missing
    {"jsonPayload.missing=x", "false"},
    {"jsonPayload.missing!=x", "false"},
    {"NOT jsonPayload.missing=x", "true"},
    {"-jsonPayload.missing=x", "true"},
    {"jsonPayload.missing:*", "false"},
    {"jsonPayload.nothing:*", "true"},
    {"jsonPayload.event:*", "true"},
    {"jsonPayload.event:\"*\"", "false"},
    {"textPayload:*", "false"},
    {"resource.type=gce_instance", "false"},
    {"NOT httpRequest.status>=500", "true"},
    {"jsonPayload.event.deeper=x", "false"},

    // arrays are any of their elements
    {"jsonPayload.list=green", "true"},
    {"jsonPayload.list=7", "true"},
    {"jsonPayload.list=blue", "false"},
    {"jsonPayload.list!=red", "true"},
    {"jsonPayload.checks.id=tpm.quote.nonce", "true"},
    {"jsonPayload.checks.ok=false", "true"},
    {"jsonPayload.checks.id:ima", "false"},
    {"jsonPayload.nested:deep", "true"},
    {"labels:Zone", "true"},
    {"labels:east", "false"},

    // severity by rank
    {"severity=warning", "true"},
    {"severity>=NOTICE", "true"},
    {"severity>=\"ERROR\"", "false"},
    {"severity<critical", "true"},
    {"severity=400", "true"},
    {"severity>300 severity<500", "true"},
    {"severity=(INFO OR WARNING)", "true"},
    {"severity:*", "true"},

    // time
    {"timestamp>=\"2026-11-21\"", "true"},
    {"timestamp>=\"2026-11-22\"", "false"},
    {"timestamp<2026-11-21T10:30:00.6Z", "true"},
    {"timestamp=\"2026-11-21T11:30:00.5+01:00\"", "true"},
    {"timestamp>=\"2026-11-21T10:30:00.400000+0000\"", "true"},
    {"receiveTimestamp>\"2020-01-01\"", "false"},

    // regular expressions: unanchored, with case
    {"jsonPayload.event=~\"^secret\\.(refused|released)$\"", "true"},
    {"jsonPayload.event=~\"ref\"", "true"},
    {"jsonPayload.event=~\"REF\"", "false"},
    {"jsonPayload.event=~\"(?i)REF\"", "true"},
    {"jsonPayload.event!~\"ref\"", "false"},
    {"jsonPayload.event!~\"xyz\"", "true"},
    {"jsonPayload.missing!~\"xyz\"", "false"},
    {"jsonPayload.count=~\"5\"", "false"},
    {"jsonPayload.event=~(\"nope\" OR \"ref\")", "true"},

    // lists of values
    {"jsonPayload.text:(unicorn phoenix)", "true"},
    {"jsonPayload.text:(unicorn dragon)", "false"},
    {"jsonPayload.text:(dragon OR phoenix)", "true"},
    {"jsonPayload.text:(phoenix NOT dragon)", "true"},
    {"jsonPayload.text:(phoenix AND -unicorn)", "false"},
    {"jsonPayload.event=(\"a\" OR (\"secret.refused\" OR \"b\"))", "true"},

    // words anywhere
    {"unicorn", "true"},
    {"\"unicorn and\"", "true"},
    {"dragon", "false"},
    {"us-central1-a deep", "true"},
    {"deep dragon", "false"},
    {"and or not", "false"},
    {"cloudaudit", "true"},
    {"0.25", "true"},

    // functions
    {"log_id(\"cloudaudit.googleapis.com/activity\")", "true"},
    {"log_id(\"activity\")", "false"},
    {"logName=\"projects/example.com:p/logs/cloudaudit.googleapis.com%2Factivity\"", "true"},
    {"logName=projects/example.com:p/logs/cloudaudit.googleapis.com%2Factivity AND "
     "timestamp>=\"2026-11-21\"",
     "true"},
    {"SEARCH(\"phoenix UNICORN\")", "true"},
    {"SEARCH(\"phoen\")", "false"},
    {"SEARCH(jsonPayload.text, \"phoenix\") -SEARCH(labels, \"phoenix\")", "true"},

    // quoting
    {"jsonPayload.text=\"\\x55nicorn and \\120hoen\\u0069x\"", "true"},
    {"jsonPayload.text:\"\\\"\"", "false"},
    {"severity = WARNING -- and a comment\n jsonPayload.on = true", "true"},

    // what is wrong, and where
    {"color=red",
     "filter@0: no field is called 'color'; there are httpRequest, insertId, jsonPayload, labels, "
     "logName, "
     "metadata, operation, protoPayload, receiveTimestamp, resource, severity, sourceLocation, "
     "spanId, "
     "split, textPayload, timestamp, trace, traceSampled"},
    {"severity.x=1", "filter@0: severity has no fields of its own"},
    {"severity>=LOUD",
     "filter@10: 'LOUD' is not a severity: DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, "
     "ALERT, EMERGENCY, or a number"},
    {"timestamp>yesterday",
     "filter@10: 'yesterday' is not a time like 2023-01-01T00:00:00Z, nor a date like 2023-01-01"},
    {"severity=~\"x\"", "filter@10: severity is not text: compare it with = != < <= > >="},
    {"jsonPayload.a=~x", "filter@15: a regular expression is written in quotes"},
    {"jsonPayload.a=~\"(\"", "filter@15: bad regular expression: missing ): ("},
    {"jsonPayload.a=*", "filter@14: '*' asks for presence, and is written jsonPayload:*"},
    {"jsonPayload.a>NULL_VALUE", "filter@14: NULL_VALUE can be compared with = and != only"},
    {"\"quoted\"=x", "filter@0: the left side of a comparison is a field, not text in quotes"},
    {"severity>=", "filter@10: the comparison has no right side"},
    {"(a b", "filter@0: this '(' is not closed"},
    {"a) b", "filter@1: this ')' closes nothing"},
    {"()", "filter@1: something is missing here"},
    {"a AND", "filter@5: AND wants something after it"},
    {"a OR", "filter@4: something is missing here"},
    {"NOT", "filter@3: something is missing here"},
    {"OR a", "filter@0: OR wants something before it"},
    {"a AND AND b", "filter@6: AND wants something before it"},
    {"a = = b", "filter@0: no field is called 'a'"},
    {"\"open", "filter@0: this quote is not closed"},
    {"\"\\xZZ\"", "filter@3: a backslash is followed by \" \\ t n r xHH uXXXX or an octal number"},
    {"ip_in_net(jsonPayload.ip, \"10.0.0.0/8\")",
     "filter@0: there is no function 'ip_in_net'; there are log_id and SEARCH"},
    {"log_id(x)", "filter@0: log_id takes one name in quotes: log_id(\"attestation\")"},
    {"SEARCH(\"a `b c`\")",
     "filter@7: phrases in backticks are not supported: use field:\"the phrase\""},
    {"jsonPayload.a=cast(x)", "filter@14: there is no function 'cast' for a value"},
    {"a <> b", "filter@0: no field is called 'a'"},
    {"!a", "filter@0: '!' is not expected here"},
};

TEST(LogFilter, DoesWhatDocsLogsSays) {
  for (const FilterCase& c : kFilterCases) {
    SCOPED_TRACE(c.filter);
    const std::string got = outcome(c.filter);
    // A long message is compared as far as it is written down here.
    EXPECT_EQ(c.outcome.starts_with("filter@") ? got.substr(0, c.outcome.size()) : got, c.outcome);
  }
}

/// Truth values for a, b, c, d as words that are there ("deep") or not ("dragon").
std::string with_words(std::string_view pattern, unsigned bits) {
  std::string out;
  for (const char c : pattern) {
    if (c >= 'a' && c <= 'd') {
      out += (bits >> (c - 'a')) & 1U ? "deep" : "dragon";
    } else {
      out += c;
    }
  }
  return out;
}

TEST(LogFilter, OrBindsTighterThanAndAndNotTightest) {
  const std::pair<std::string_view, std::string_view> kSame[] = {
      {"a OR NOT b AND NOT c OR d", "(a OR (NOT b)) AND ((NOT c) OR d)"},
      {"a b OR c d", "a AND (b OR c) AND d"},
      {"a OR b c", "(a OR b) AND c"},
      {"NOT a OR b", "(NOT a) OR b"},
      {"-a b", "(NOT a) AND b"},
      {"a\nb\n-c", "a AND b AND (NOT c)"},
      {"NOT (a b)", "NOT a OR NOT b"},
      {"NOT NOT a", "a"},
  };
  for (const auto& [one, other] : kSame) {
    for (unsigned bits = 0; bits < 16; ++bits) {
      EXPECT_EQ(outcome(with_words(one, bits)), outcome(with_words(other, bits)))
          << one << " / " << bits;
    }
  }
  // And the table can tell: AND before OR would make this true.
  EXPECT_EQ(outcome(with_words("a OR b c", 1)), "false");
}

TEST(LogFilter, IsBounded) {
  const auto nested = [](std::size_t n) {
    return std::string(n, '(') + "deep" + std::string(n, ')');
  };
  EXPECT_EQ(outcome(nested(32)), "true");
  EXPECT_EQ(outcome(nested(33)), "filter@32: nested deeper than 32");
  EXPECT_EQ(outcome("jsonPayload.text:" + nested(33)), "filter@49: nested deeper than 32");
  std::string many;
  while (many.size() < 19'990) many += "NOT ";
  EXPECT_EQ(outcome(many + "deep"), many.size() / 4 % 2 == 0 ? "true" : "false");
  EXPECT_EQ(outcome(std::string(20'001, 'x')), "filter@0: 20001 characters, at most 20000 allowed");
  EXPECT_EQ(outcome(std::string(20'000, 'x')), "false");
}

TEST(LogFilter, NeverCrashesOnPieces) {
  // Every prefix of every filter above, and each with one character replaced.
  for (const FilterCase& c : kFilterCases) {
    for (std::size_t n = 0; n <= c.filter.size(); ++n) outcome(c.filter.substr(0, n));
    for (const char put : {'\"', '(', '\\', '\0'}) {
      for (std::size_t n = 0; n < c.filter.size(); ++n) {
        std::string changed(c.filter);
        changed[n] = put;
        outcome(changed);
      }
    }
  }
}

}  // namespace
}  // namespace assay

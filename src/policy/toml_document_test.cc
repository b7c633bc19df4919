// SPDX-License-Identifier: Apache-2.0
#include "policy/toml_document.h"

#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

std::string refusal(std::string_view text) {
  const auto document = parse_toml("p.toml", text);
  return document ? "none" : to_string(document.error());
}

TEST(TomlDocument, IsReadWithStringsOfEveryKindAndLanguage) {
  const auto document = parse_toml("p.toml",
                                   "# Grüße \"\n"
                                   "[ \"ein Schlüssel\" . \"und \\\" noch [ einer\" ]  # ]\n"
                                   "a = \"é\\\\\"\n"
                                   "b = '''\n[o\n''''\n"
                                   "c = \"\"\"\n\\\"\"\" ü \"\"\"\"\"\n"
                                   "d = [\n  [1, 2], # ß\n  [3],\n]\n"
                                   "e = { f = [ \"ä\" ], g = 1979-05-27 }\n"
                                   "[[list]]\n");
  ASSERT_TRUE(document) << to_string(document.error());
  const auto table = (*document)["ein Schlüssel"]["und \" noch [ einer"];
  EXPECT_EQ(table["a"].value<std::string>(), "é\\");
  EXPECT_EQ(table["b"].value<std::string>(), "[o\n'");
  EXPECT_EQ(table["c"].value<std::string>(), "\"\"\" ü \"\"");
  EXPECT_EQ(table["d"][1][0].value<int>(), 3);
  EXPECT_EQ(table["e"]["f"][0].value<std::string>(), "ä");
  EXPECT_TRUE((*document)["list"].is_array());
}

TEST(TomlDocument, IsRefusedWhereTheLibraryWouldEndTheProgram) {
  const std::string misplaced = "p.toml: is not TOML: a bracket, brace or name is out of place";
  EXPECT_EQ(refusal("[\n"), misplaced);
  EXPECT_EQ(refusal("a = 1\n  [ # name\n"), misplaced);
  EXPECT_EQ(refusal("[[[a]]]"), misplaced);
  EXPECT_EQ(refusal("[)a]"), misplaced);
  EXPECT_EQ(refusal("a = [1,}"), misplaced);
  EXPECT_EQ(refusal("a = '''\n\n'''\nr\xEF\xBB\x8A = 1"),
            "p.toml:4: only ASCII stands outside strings and comments");
  EXPECT_EQ(refusal("[aé]"), "p.toml:1: only ASCII stands outside strings and comments");
  EXPECT_EQ(refusal("a = [1,\xC2\xA0"
                    "2]"),
            "p.toml:1: only ASCII stands outside strings and comments");
}

TEST(TomlDocument, IsBoundedInItsDepth) {
  const auto key = [](std::size_t parts) {
    std::string out = "a";
    for (std::size_t i = 1; i < parts; ++i) out += ".a";
    return out;
  };
  EXPECT_EQ(refusal("[" + key(33) + "]\n" + key(33) + " = 1\n"), "none");
  EXPECT_EQ(refusal("\n[" + key(34) + "]"), "p.toml:2: tables are nested too deeply");
  EXPECT_EQ(refusal(key(34) + " = 1"), "p.toml:1: tables are nested too deeply");
  EXPECT_EQ(refusal("[" + key(500'000) + "]"), "p.toml:1: tables are nested too deeply");
  std::string nested = "1";
  for (int i = 0; i < 200; ++i) nested = "[\n{" + key(20) + "=" + nested + "}]";
  EXPECT_EQ(refusal("a = " + nested), "p.toml:3: tables are nested too deeply");
  EXPECT_EQ(refusal("a = " + std::string(300, '[') + std::string(300, ']')).substr(0, 9),
            "p.toml:1:");
}

TEST(TomlDocument, HasEveryCharacterInItsStrings) {
  for (const std::string_view text :
       {"\u00e9", "\u07ff", "\u0800", "\ufeff", "\uffff", "\U00010000", "\U0010ffff", "a\u00a0b"}) {
    const auto document = parse_toml("p.toml", "a = \"" + std::string(text) + "\"\nb = \"\"\"\\\\" +
                                                   std::string(text) + "\"\"\"\n");
    ASSERT_TRUE(document) << to_string(document.error());
    EXPECT_EQ((*document)["a"].value<std::string>(), text);
    EXPECT_EQ((*document)["b"].value<std::string>(), "\\" + std::string(text));
  }
  EXPECT_EQ(refusal("a = 'é'"), "p.toml:1: only ASCII stands in '...': write \"...\"");
  EXPECT_EQ(refusal("\na = \"\\é\""), "p.toml:2: no escape begins like this");
}

TEST(TomlDocument, IsRefusedByTheLibraryOtherwise) {
  EXPECT_EQ(refusal("a = 1\nb = \"é\nc = 2").substr(0, 9), "p.toml:2:");
  EXPECT_EQ(refusal("m= 0\"\"\">\u00bb").substr(0, 9), "p.toml:1:");
  EXPECT_EQ(refusal("d=9.1[\"GM\u03bb\"1").substr(0, 9), "p.toml:1:");
  EXPECT_EQ(refusal("[]").substr(0, 9), "p.toml:1:");
  EXPECT_EQ(refusal("a = 1\na = 2").substr(0, 9), "p.toml:2:");
  EXPECT_EQ(refusal("a = \"\x01\""),
            "p.toml: is not TOML: it has bytes that are not UTF-8, or control characters");
  EXPECT_EQ(refusal("a = \"\xC3\""),
            "p.toml: is not TOML: it has bytes that are not UTF-8, or control characters");
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "verify/grub_arguments.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(GrubArguments, AreComparedWithoutQuotesAndWithOneSpace) {
  EXPECT_TRUE(are_same_arguments("/vmlinuz root=/dev/sda", "/vmlinuz root=/dev/sda"));
  EXPECT_TRUE(are_same_arguments(R"(  /vmlinuz  dm="1 vroot" a\'b )", "/vmlinuz 'dm=1  vroot' ab"));
  EXPECT_TRUE(are_same_arguments("a \" \" b", "a b"));
  EXPECT_TRUE(are_same_arguments("", " \"\" "));
  EXPECT_FALSE(are_same_arguments("/vmlinuz root=/dev/sda", "/vmlinuz root=/dev/sdb"));
  EXPECT_FALSE(are_same_arguments("/vmlinuz a", "vmlinuz a"));
  EXPECT_FALSE(are_same_arguments("vmlinuz a", "/vmlinuz a"));
  EXPECT_FALSE(are_same_arguments("a b", "ab"));
  EXPECT_FALSE(are_same_arguments("ab", "a b"));
  EXPECT_FALSE(are_same_arguments("", "a"));
  EXPECT_FALSE(are_same_arguments("a", ""));
}

TEST(GrubArguments, AreTheLastOfACommandBehindAWord) {
  EXPECT_TRUE(are_last_arguments("/vmlinuz root=a", "linux /vmlinuz root=a"));
  EXPECT_TRUE(are_last_arguments("root=a", "linux /vmlinuz root=a"));
  EXPECT_TRUE(are_last_arguments("\"/vmlinuz\"  root=a", "'linux'  /vmlinuz 'root=a' "));
  EXPECT_FALSE(are_last_arguments("inuz root=a", "linux /vmlinuz root=a")) << "a part of a word";
  EXPECT_FALSE(are_last_arguments("linux /vmlinuz", "linux /vmlinuz")) << "all of it";
  EXPECT_FALSE(are_last_arguments("/vmlinuz", "linux /vmlinuz root=a")) << "not the last";
  EXPECT_FALSE(are_last_arguments("time linux /vmlinuz", "linux /vmlinuz")) << "more than there is";
  EXPECT_FALSE(are_last_arguments("/vmlinuz", "  /vmlinuz")) << "nothing before it";
  EXPECT_FALSE(are_last_arguments("", "linux /vmlinuz"));
  EXPECT_FALSE(are_last_arguments(" '' ", "linux /vmlinuz"));
  EXPECT_FALSE(are_last_arguments("a", ""));
}

TEST(GrubArguments, FollowTheFirstWordOfACommand) {
  EXPECT_EQ(arguments_of("module2 /xen.gz a", "module2"), "/xen.gz a");
  EXPECT_EQ(arguments_of(" 'mod'ule  \"/xen.gz\" a ", "module"), "/xen.gz\" a ");
  EXPECT_EQ(arguments_of("module2 /xen.gz", "module"), std::nullopt);
  EXPECT_EQ(arguments_of("modul /xen.gz", "module"), std::nullopt);
  EXPECT_EQ(arguments_of("module", "module"), std::nullopt);
  EXPECT_EQ(arguments_of("module \" \"", "module"), std::nullopt) << "none but quotes";
  EXPECT_EQ(arguments_of("a module b", "module"), std::nullopt);
  EXPECT_EQ(arguments_of("", "module"), std::nullopt);
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "cli/later_log.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"
#include "formats/recorded.h"

namespace assay {
namespace {

struct Printed {
  int code;
  std::string out, err;
};

template <class Command>
Printed run(Command command, LogKind kind, Bytes log, ReportForm form) {
  std::ostringstream out, err;
  const int code = command(kind, log, form, Io{out, err});
  return {code, out.str(), err.str()};
}

TEST(LaterLog, ReplaysInTheExactShape) {
  const Buffer list = boot_file("sb/ima_binary");
  const Printed p = run(replay_later_log, LogKind::ima_binary, list, ReportForm::json);
  EXPECT_EQ(p.code, kAccepted);
  const auto object = parse_json_object("out", p.out);
  ASSERT_TRUE(object) << p.out;
  ASSERT_EQ(object->size(), 3U);
  EXPECT_EQ(object->at("format"), "ima-binary");
  EXPECT_EQ(object->at("events"), 1);
  // tests/boots/sb/pcrs.yaml, PCR 10
  EXPECT_EQ(object->at("banks").at("sha1").at("10"), "4512d06a14bce390faf1c5f8cd8eb4b312d22e62");
}

TEST(LaterLog, ShowsInTheExactShape) {
  const Buffer list = boot_file("sb/ima_ascii");
  const Printed p = run(show_later_log, LogKind::ima_ascii, list, ReportForm::json);
  EXPECT_EQ(p.code, kAccepted);
  const auto object = parse_json_object("out", p.out);
  ASSERT_TRUE(object) << p.out;
  ASSERT_EQ(object->size(), 3U);
  EXPECT_EQ(object->at("format"), "ima-ascii");
  EXPECT_EQ(object->at("events").as_array().size(), 1U);
  const json::object& state = object->at("state").as_object();
  EXPECT_TRUE(state.at("secure_boot").at("enabled").is_null());
  EXPECT_TRUE(state.at("secure_boot").at("dbx").at("sha256").as_array().empty());
  EXPECT_TRUE(state.at("kernel_command_line").is_null());
  EXPECT_EQ(state.at("ima").at("entries"), 1);
}

TEST(LaterLog, ExitsOneAndSaysWhyForAMalformedLog) {
  Buffer list = boot_file("sb/ima_binary");
  list.pop_back();
  for (const auto command : {show_later_log, replay_later_log}) {
    Printed p = run(command, LogKind::ima_binary, list, ReportForm::json);
    EXPECT_EQ(p.code, kRejected);
    const auto object = parse_json_object("out", p.out).value();
    EXPECT_EQ(object.at("checks").at(0).at("id"), "ima.list.format");
    EXPECT_EQ(object.at("checks").at(0).at("verdict"), "fail");
    p = run(command, LogKind::ima_binary, list, ReportForm::text);
    EXPECT_EQ(p.code, kRejected);
    EXPECT_EQ(p.err.substr(0, 23), "assay: ima.list.format:");
  }
}

TEST(LaterLog, ShowsALineForEachEvent) {
  const Printed p =
      run(show_later_log, LogKind::ima_binary, boot_file("sb/ima_binary"), ReportForm::text);
  EXPECT_EQ(p.code, kAccepted);
  EXPECT_EQ(p.out.substr(0, p.out.find("\n\n")),
            "ima-binary, 1 event\n"
            "     0  @0x000000  PCR 10  ima-sig                      whole      boot_aggregate");
  EXPECT_EQ(p.err, "");
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "cli/later_log.h"

#include <gtest/gtest.h>

#include <sstream>
#include <utility>

#include "base/json.h"
#include "formats/recorded.h"
#include "verify/cel_log_writer.h"

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
    EXPECT_NE((p.out + p.err).find("ima.list.format"), std::string::npos);
  }
}

/// The text without the table's legend and the reminder that no quote vouches for it.
std::string told(LogKind kind, Bytes log, int code) {
  const Printed p = run(show_later_log, kind, log, ReportForm::text);
  EXPECT_EQ(p.code, code);
  EXPECT_EQ(p.err, "");
  std::string out = p.out;
  for (const auto& [from, to] :
       {std::pair("\n  measured      the", "\nWhat"), std::pair(" (not ver", "\n")}) {
    const auto begin = out.find(from);
    EXPECT_NE(begin, std::string::npos) << out;
    out.erase(begin, out.find(to, begin + 1) - begin);
  }
  return out;
}

TEST(LaterLog, TellsAnImaListInWords) {
  EXPECT_EQ(told(LogKind::ima_binary, boot_file("sb/ima_binary"), kAccepted),
            R"(IMA list (ima-binary), 1 event

  event  offset  register  data          what it says
      0       0  PCR 10    measured      boot_aggregate sha256:3a21bb3be7f761883a823a6529d1ff7762c7055a45b355fb16021c99df6acf8a

What the log says of the files that the kernel measured
  entries           1 (0 signed, 0 violations)
  templates         ima-sig (1)
  template hash     sha1
  boot_aggregate    sha256:3a21bb3be7f761883a823a6529d1ff7762c7055a45b355fb16021c99df6acf8a

  2 checks passed
)");
}

TEST(LaterLog, TellsAContainerInWords) {
  const Buffer log = cos_log({{CosEventType::image_reference, "docker.io/library/x:1"},
                              {CosEventType::image_digest, "sha256:77"},
                              {CosEventType::restart_policy, "Never"},
                              {CosEventType::image_id, "sha256:88"},
                              {CosEventType::argument, "/bin/x"},
                              {CosEventType::argument, "-v"},
                              {CosEventType::environment, "HOME=/"},
                              {CosEventType::launch_separator, ""}});
  EXPECT_EQ(told(LogKind::cel_tlv, log, kAccepted),
            R"(canonical event log (cel-tlv), 8 events

  event  offset  register  data          what it says
      0       0  PCR 13    measured      image reference: docker.io/library/x:1
      1     117  PCR 13    measured      image digest: sha256:77
      2     222  PCR 13    measured      restart policy: Never
      3     323  PCR 13    measured      image id: sha256:88
      4     428  PCR 13    measured      argument: /bin/x
      5     530  PCR 13    measured      argument: -v
      6     628  PCR 13    measured      environment: HOME=/
      7     730  PCR 13    measured      launch separator

What the log says of the container
  image             docker.io/library/x:1
    digest          sha256:77
    id              sha256:88
  restart           Never
  arguments         /bin/x
                    -v
  environment       HOME=/
  started           yes

  6 checks passed
)");
}

TEST(LaterLog, TellsNothingOfAnEditedContainer) {
  const Buffer log = cos_log({{CosEventType::image_reference, "x", 13, Forge::all_banks}});
  const std::string text = told(LogKind::cel_tlv, log, kRejected);
  EXPECT_NE(text.find("PCR 13    MISMATCH      image reference: x\n"), std::string::npos) << text;
  EXPECT_NE(text.find("of the container\n  cannot be told: see the failed checks\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  FAIL  cel.cos.measured\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/gce_instance.h"

#include <gtest/gtest.h>

#include "base/hex.h"

namespace assay {
namespace {

Buffer bytes(std::string_view digits) { return parse_hex("test", digits).value(); }

/// The extension of a certificate that Google issued.
constexpr std::string_view kReal =
    "305f0c0a75732d77657374312d62020600907504e5e10c0f6a69616e6b756e2d766d2d7465737402083168e037bcc"
    "fb9b20c0c6a6b6c746573743432313032a020301ea003020100a1030101ffa203010100a303010100a403010100a5"
    "03010100";

TEST(GceInstance, ReadsTheExtensionOfARealCertificate) {
  const auto got = parse_gce_instance_extension(bytes(kReal));
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->instance.zone, "us-west1-b");
  EXPECT_EQ(got->instance.project_number, 620438545889U);
  EXPECT_EQ(got->instance.project_id, "jiankun-vm-test");
  EXPECT_EQ(got->instance.instance_id, 3560342035431930290U);
  EXPECT_EQ(got->instance.instance_name, "jkltest42102");
  EXPECT_EQ(got->security_version, 0U);
  EXPECT_EQ(got->is_production, true);
}

TEST(GceInstance, RefusesItCutAnywhere) {
  const Buffer whole = bytes(kReal);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto got = parse_gce_instance_extension(Bytes(whole).first(size));
    ASSERT_FALSE(got) << size;
    EXPECT_FALSE(got.error().why.empty());
  }
}

struct Case {
  std::string_view name;
  std::string_view der;
  std::string_view error;  ///< empty: accepted
};

// zone "z", project 1 "p", instance 2 "n"
const Case kCases[] = {
    {"no security properties", "300f0c017a0201010c01700201020c016e", ""},
    {"no members in them", "30130c017a0201010c01700201020c016ea0023000", ""},
    {"only isProduction", "30180c017a0201010c01700201020c016ea0073005a103010100", ""},
    {"an instance id of 64 bits", "30170c017a0201010c017002090080000000000000010c016e", ""},
    {"a trailing byte", "300f0c017a0201010c01700201020c016e00",
     "gce_instance.end@0x11: 1 trailing bytes"},
    {"a trailing element inside", "30110c017a0201010c01700201020c016e0500",
     "gce_instance.security_properties@0x11: tag 0x05, wanted 0xa0"},
    {"an element after the security properties", "30150c017a0201010c01700201020c016ea00230000500",
     "gce_instance.end@0x15: 2 trailing bytes"},
    {"a SET instead of the SEQUENCE", "310f0c017a0201010c01700201020c016e",
     "gce_instance.extension@0x0: tag 0x31, wanted 0x30"},
    {"a PrintableString as zone", "300f13017a0201010c01700201020c016e",
     "gce_instance.zone@0x2: tag 0x13, wanted 0x0c"},
    {"a negative project number", "300f0c017a0201ff0c01700201020c016e",
     "gce_instance.project_number@0x8: negative integer"},
    {"a project number with a needless zero", "30100c017a020200010c01700201020c016e",
     "gce_instance.project_number@0x9: integer is not in its shortest form"},
    {"a negative one with needless ones", "30100c017a0202ff800c01700201020c016e",
     "gce_instance.project_number@0x9: integer is not in its shortest form"},
    {"an integer without bytes", "300e0c017a02000c01700201020c016e",
     "gce_instance.project_number@0x7: integer is not in its shortest form"},
    {"an instance id of 65 bits", "30170c017a0201010c017002090100000000000000010c016e",
     "gce_instance.instance_id@0x16: integer of more than 64 bits"},
    {"a zone that is not UTF-8", "300f0c01ff0201010c01700201020c016e",
     "gce_instance.zone@0x5: not UTF-8"},
    {"an indefinite length", "30800c017a0201010c01700201020c016e0000",
     "gce_instance.extension@0x2: indefinite length"},
    {"a length in long form that fits the short one", "30810f0c017a0201010c01700201020c016e",
     "gce_instance.extension@0x3: length is not in its shortest form"},
    {"a length with a leading zero", "3082000f0c017a0201010c01700201020c016e",
     "gce_instance.extension@0x3: length is not in its shortest form"},
    {"a length of five bytes", "3085000000000f0c017a0201010c01700201020c016e",
     "gce_instance.extension@0x2: length of more than 4 bytes"},
    {"a BOOLEAN of 1", "30180c017a0201010c01700201020c016ea0073005a103010101",
     "gce_instance.is_production@0x1a: BOOLEAN is neither 0x00 nor 0xff"},
    {"isProduction twice", "301d0c017a0201010c01700201020c016ea00c300aa103010100a1030101ff",
     "gce_instance.security_properties@0x1a: members are not in the order of their tags"},
    {"securityVersion after isProduction",
     "301d0c017a0201010c01700201020c016ea00c300aa103010100a003020100",
     "gce_instance.security_properties@0x1a: members are not in the order of their tags"},
    {"two values under one tag", "301b0c017a0201010c01700201020c016ea00a3008a106010100010100",
     "gce_instance.end@0x1a: 3 trailing bytes"},
};

TEST(GceInstance, ParsesOrExplains) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto got = parse_gce_instance_extension(bytes(c.der));
    EXPECT_EQ(got ? "" : to_string(got.error()), c.error);
  }
}

TEST(GceInstance, WritesWhatItReads) {
  for (const std::string_view der : {kCases[0].der, kCases[2].der, kCases[3].der}) {
    const auto got = parse_gce_instance_extension(bytes(der));
    ASSERT_TRUE(got);
    EXPECT_EQ(hex(encode_gce_instance_extension(*got)), der);
  }
}

TEST(GceInstance, WritesTheRealExtensionUpToItsUnpublishedMembers) {
  const auto got = parse_gce_instance_extension(bytes(kReal));
  ASSERT_TRUE(got);
  EXPECT_EQ(hex(encode_gce_instance_extension(*got)),
            "304b0c0a75732d77657374312d62020600907504e5e10c0f6a69616e6b756e2d766d2d7465737402083168"
            "e037bccfb9b20c0c6a6b6c746573743432313032a00c300aa003020100a1030101ff");
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/cos.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"

namespace assay {
namespace {

Buffer tlv(std::uint8_t type, std::string_view content) {
  return ByteWriter()
      .u8(type)
      .u32_be(static_cast<std::uint32_t>(content.size()))
      .bytes(as_bytes(content))
      .take();
}

struct Case {
  std::string_view name;
  std::uint8_t type;
  std::string_view content, outcome;
};

// The types and forms are those of go-tpm-tools' launcher, as docs/formats/cel.md lists them.
const Case kCases[] = {
    {"an image reference", 0, "docker.io/library/a:latest", "image_reference"},
    {"an image digest", 1, "sha256:00", "image_digest"},
    {"a restart policy", 2, "OnFailure", "restart_policy"},
    {"a restart policy in lower case", 2, "never",
     "cos_event.restart_policy@0xa: not Always, OnFailure or Never"},
    {"an image id", 3, "sha256:11", "image_id"},
    {"an empty argument", 4, "", "argument"},
    {"a variable", 5, "_A1=x=y", "environment"},
    {"a variable without value", 5, "A=", "environment"},
    {"a variable without equals", 5, "A", "cos_event.environment@0x6: not NAME=value"},
    {"a variable without name", 5, "=x", "cos_event.environment@0x7: not NAME=value"},
    {"a variable whose name begins with a digit", 5, "1A=x",
     "cos_event.environment@0x9: not NAME=value"},
    {"a variable with a blank in its name", 7, "A B=x",
     "cos_event.override_environment@0xa: not NAME=value"},
    {"a variable that is not UTF-8", 5, "A=\xff", "cos_event.environment@0x8: not UTF-8"},
    {"an override argument", 6, "--x", "override_argument"},
    {"a separator", 8, "", "launch_separator"},
    {"a separator with an error", 8, "image not found", "launch_separator"},
    {"a monitor that is on", 9, "\x01", "memory_monitor"},
    {"a monitor that is two", 9, "\x02", "cos_event.memory_monitor@0x6: not one byte, 0 or 1"},
    {"a monitor without value", 9, "", "cos_event.memory_monitor@0x5: not one byte, 0 or 1"},
    {"a mode", 10, "DEVTOOLS", "gpu_cc_mode"},
    {"a mode that is none", 10, "on", "cos_event.gpu_cc_mode@0x7: not UNSET, ON, OFF or DEVTOOLS"},
    {"a binding in any bytes", 11, "\xff", "gpu_attestation_binding"},
    {"an unknown type", 12, "", "cos_event.type@0x1: type 12 is not known"},
};

TEST(CosEvent, IsOfItsTypesForm) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Buffer in = tlv(c.type, c.content);
    const auto event = parse_cos_event(in);
    EXPECT_EQ(event ? std::string(name_of(event->type)) : to_string(event.error()), c.outcome);
    if (event) {
      EXPECT_EQ(as_text(event->content), c.content);
    }
  }
}

TEST(CosEvent, HasOneLength) {
  const Buffer in = tlv(4, "argument");
  EXPECT_TRUE(parse_cos_event(in));
  Buffer longer = in;
  longer.push_back(0);
  EXPECT_EQ(to_string(parse_cos_event(longer).error()), "cos_event.end@0xd: 1 trailing bytes");
  for (std::size_t size = 0; size < in.size(); ++size)
    EXPECT_FALSE(parse_cos_event(Bytes(in).first(size))) << size;
}

}  // namespace
}  // namespace assay

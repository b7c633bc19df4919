// SPDX-License-Identifier: Apache-2.0
#include "boots/kernel_arguments.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(KernelArguments, StandBehindTheCommandAndTheImage) {
  struct Case {
    GrubText kind;
    std::string_view text, arguments;
  };
  for (const Case& c : {
           Case{GrubText::command, "linux /vmlinuz root=/dev/sda ro", "root=/dev/sda ro"},
           Case{GrubText::command, "! time linux /vmlinuz root=/dev/sda", "root=/dev/sda"},
           Case{GrubText::command, "multiboot2 /xen.gz dom0_mem=1G", "dom0_mem=1G"},
           Case{GrubText::command, "linux /vmlinuz", ""},
           Case{GrubText::command, "linux", ""},
           Case{GrubText::kernel_command_line, "/vmlinuz root=/dev/sda", "root=/dev/sda"},
           Case{GrubText::kernel_command_line, "time linux x", "linux x"},
       })
    EXPECT_EQ(c.text.substr(kernel_arguments_at(c.text, c.kind)), c.arguments) << c.text;
}

}  // namespace
}  // namespace assay

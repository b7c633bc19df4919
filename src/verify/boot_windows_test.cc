// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "formats/recorded.h"
#include "verify/looked_log.h"

namespace assay {
namespace {

using ::testing::ElementsAre;

/// Read off the logs' bytes.
TEST(Windows, SaysHowItsVolumesWereOpenedAndWhatStartedEarly) {
  const auto bytes = corpus_file("eventlogs/tpm/windows_gcp_shielded_vm.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const Looked vm(*bytes);
  ASSERT_TRUE(vm.statement.state.windows);
  const WindowsState& windows = *vm.statement.state.windows;
  EXPECT_EQ(windows.bitlocker_unlock, 0U);
  EXPECT_THAT(windows.elam_drivers, ElementsAre("Windows Defender"));
  EXPECT_EQ(windows.vbs_required, std::nullopt);
  EXPECT_EQ(windows.hibernation_disabled, false);

  // A workstation: opened by the TPM, and later by the key in memory.
  const Looked workstation(corpus_file("eventlogs/tpm/option_rom.bin").value());
  ASSERT_TRUE(workstation.statement.state.windows);
  EXPECT_EQ(workstation.statement.state.windows->bitlocker_unlock, 5U);
  EXPECT_THAT(bitlocker_words(5), ElementsAre("cached", "tpm"));
  EXPECT_THAT(bitlocker_words(0x80), ElementsAre("unknown"));
  EXPECT_EQ(workstation.statement.state.windows->vbs_required, true);
}

/// What Windows says of itself could be hidden under another type, and its end moved.
TEST(Windows, IsNotReadWhereAnEventMayBeHidden) {
  const auto bytes = corpus_file("eventlogs/tpm/windows_gcp_shielded_vm.bin");
  if (!bytes) GTEST_SKIP() << "no corpus: set ASSAY_CORPUS";
  const std::pair<EventType, EventType> retyped[] = {
      {EventType::event_tag, EventType::ipl},
      {EventType::event_tag, EventType::compact_hash},
      {EventType::separator, EventType::ipl},
  };
  for (const auto& [from, to] : retyped)
    for (const std::uint32_t pcr : {12U, 13U}) {
      SCOPED_TRACE(fmt::format("{} as {} in PCR {}", name_of(from), name_of(to), pcr));
      Buffer log = *bytes;
      const EventLogReading whole = read_event_log(log);
      const auto event =
          std::find_if(whole.log.events.begin(), whole.log.events.end(),
                       [&](const Event& e) { return e.pcr == pcr && e.type == from; });
      ASSERT_NE(event, whole.log.events.end());
      log[event->offset + 4] = static_cast<std::uint8_t>(to);
      const Looked got(std::move(log));
      EXPECT_FALSE(got.statement.state.windows);
      EXPECT_THAT(findings(got.statement.verdict),
                  ElementsAre(::testing::StartsWith("boot.windows.events: ")));
    }
}

}  // namespace
}  // namespace assay

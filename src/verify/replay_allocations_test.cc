// SPDX-License-Identifier: Apache-2.0

// A program of its own: it counts every `operator new`.

#include <gtest/gtest.h>

#include "base/failing_new.h"
#include "crypto/hash.h"
#include "formats/event_log_writer.h"
#include "formats/recorded.h"
#include "formats/uefi_writer.h"
#include "verify/known_digests.h"
#include "verify/replayed_log.h"

namespace assay {
namespace {

constexpr HashAlgorithm kBanks[] = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                    HashAlgorithm::sha384};

class Log {
 public:
  void add(std::uint32_t pcr, EventType type, Bytes data, Bytes measured) {
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : kBanks) digests.push_back(hash(bank, measured));
    out_.append(pcr, type, digests, data);
  }
  void add(std::uint32_t pcr, EventType type, Bytes data) { add(pcr, type, data, data); }
  Buffer take() { return out_.take(); }

 private:
  EventLogWriter out_{{std::begin(kBanks), std::end(kBanks)}};
};

/// A log that has one event of each usual kind, as many times.
Buffer log_of(std::size_t times) {
  constexpr std::string_view kCommand{"grub_cmd: set default=0\0", 24};
  constexpr std::string_view kFile{"(hd0,gpt12)/efi/boot/grub.cfg\0", 30};
  const Buffer enabled = write_uefi_variable(kEfiGlobalVariable, "SecureBoot", Buffer{1});
  Log out;
  for (std::size_t i = 0; i < times; ++i) {
    out.add(0, EventType::s_crtm_version, as_bytes("1.0"));
    out.add(5, EventType::efi_action, as_bytes(kExitBootServices));
    out.add(6, EventType::separator, Buffer(4));
    out.add(7, EventType::efi_variable_driver_config, enabled);
    out.add(8, EventType::ipl, as_bytes(kCommand), as_bytes("set default=0"));
    out.add(9, EventType::ipl, as_bytes(kFile), as_bytes("a file"));
  }
  return out.take();
}

long allocations_of(Bytes bytes) {
  return FailingNew::count([&] {
    const auto log = parse_event_log(bytes);
    ASSERT_TRUE(log.has_value());
    ASSERT_TRUE(replay(*log, kBanks).faults.empty());
  });
}

TEST(Replay, AllocatesNothingForAnEvent) {
  (void)allocations_of(log_of(1));  // what is made once for all logs
  const long few = allocations_of(log_of(10)), many = allocations_of(log_of(1000));
  EXPECT_GT(few, 0);
  EXPECT_EQ(few, many);
}

TEST(Replay, AllocatesLittleForARealLog) {
  const Buffer log = boot_file("sb/binary_bios_measurements");
  (void)allocations_of(log);
  EXPECT_LT(allocations_of(log), 10);
}

}  // namespace
}  // namespace assay

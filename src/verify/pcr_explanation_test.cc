// SPDX-License-Identifier: Apache-2.0
#include "verify/pcr_explanation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "crypto/hash.h"

namespace assay {
namespace {

constexpr HashAlgorithm kSha256 = HashAlgorithm::sha256;
constexpr std::uint32_t kPcr = 8;

/// A log of EV_IPL events in one PCR, each measured whole, and the values of the PCR on the way.
struct Boot {
  explicit Boot(std::size_t count) {
    ByteWriter w;
    w.u32_le(0).u32_le(3).zeros(20).u32_le(33);
    w.bytes(as_bytes(std::string_view("Spec ID Event03\0", 16)));
    w.u32_le(0).u8(0).u8(2).u8(0).u8(2).u32_le(1).u16_le(0x0B).u16_le(32).u8(0);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string data = fmt::format("event {}", i);
      digests.push_back(hash(kSha256, as_bytes(data)));
      w.u32_le(kPcr).u32_le(static_cast<std::uint32_t>(EventType::ipl)).u32_le(1);
      w.u16_le(0x0B).bytes(digests.back().bytes());
      w.u32_le(static_cast<std::uint32_t>(data.size())).bytes(as_bytes(data));
    }
    bytes = w.take();
    log = *parse_event_log(bytes);
  }
  /// The PCR's value without event `left_out`.
  [[nodiscard]] Digest value(std::size_t left_out) const {
    Digest out(kSha256);
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (i != left_out) extend(out, digests[i]);
    }
    return out;
  }
  [[nodiscard]] std::string explained(const Digest& quoted) const {
    const HashAlgorithm banks[] = {kSha256};
    return explain_mismatch(replay(log, banks), quoted, kPcr);
  }
  Buffer bytes;
  EventLog log;
  std::vector<Digest> digests;
};

constexpr const char* kNone = "no simple change of the log explains it";

TEST(ExplainMismatch, FindsTheEventTooManyAmong64) {
  const Boot boot(64);
  for (const std::size_t extra : {0U, 31U, 62U}) {
    EXPECT_EQ(boot.explained(boot.value(extra)),
              fmt::format("it fits without event {} (PCR 8, EV_IPL)", extra + 1));
  }
}

TEST(ExplainMismatch, DoesNotTryEachOfMoreThan64) {
  // A hostile log of 65,536 events would cost two thousand million hashes.
  const Boot boot(65);
  EXPECT_EQ(boot.explained(boot.value(0)), kNone);
  EXPECT_EQ(boot.explained(boot.value(31)), kNone);
}

TEST(ExplainMismatch, SaysOfALongLogWhatOnePassFinds) {
  const Boot boot(10'000);
  EXPECT_EQ(boot.explained(Digest(kSha256)),
            "the TPM has measured none of them: the log is of another boot or machine");
  Digest early(kSha256);
  extend(early, boot.digests[0]);
  EXPECT_EQ(
      boot.explained(early),
      "it fits after event 1 (PCR 8, EV_IPL): what the log has behind that is not in the TPM");
  EXPECT_EQ(boot.explained(boot.value(0)), kNone);
}

TEST(ExplainMismatch, SaysSoWhereItFindsNothing) {
  const Boot boot(3);
  EXPECT_EQ(boot.explained(hash(kSha256, as_bytes("anything"))), kNone);
}

}  // namespace
}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/log_kind.h"

#include <gtest/gtest.h>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "formats/recorded.h"

namespace assay {
namespace {

std::string outcome(Bytes log) {
  const auto kind = recognise_log(log);
  if (!kind) return to_string(kind.error());
  return std::string(*kind == LogKind::ccel ? "ccel" : name_of(*kind));
}

struct FileCase {
  std::string path, outcome;
};

TEST(LogKind, KnowsTheCorpusByContent) {
  const std::string unknown =
      "log: of no kind that is known: wanted a TCG, CCEL, CEL, IMA or systemd log";
  const FileCase kCases[] = {
      {"tpm/arch-linux-workstation.bin", "crypto-agile"},
      {"tpm/cos-85-amd-sev.bin", "crypto-agile"},
      {"tpm/crypto_agile_eventlog.bin", "crypto-agile"},
      {"tpm/append_extra_log.bin", "crypto-agile"},
      {"tpm/ubuntu-2404-amd-sevsnp.bin", "crypto-agile"},
      {"tpm/debian-10.bin", "sha1-legacy"},
      {"tpm/option_rom.bin", "sha1-legacy"},
      {"tpm/windows_gcp_shielded_vm.bin", "sha1-legacy"},
      {"tpm2-tools/event.bin", "crypto-agile"},
      {"tpm2-tools/event-uefi-sha1-log.bin", "sha1-legacy"},
      {"tpm2-tools/event-sd-boot-fedora37.bin", "crypto-agile"},
      {"tpm2-tools/specid-vendordata.bin", "crypto-agile"},
      {"ccel/cos-113-intel-tdx.bin", "ccel"},
      {"ccel/cos-113-intel-tdx-dupe-separator-unpadded.bin", "ccel"},
      {"ccel/CCEL_unpadded.data.bin", "ccel"},
      {"ccel/event_log.bin", "ccel"},
      {"ccel/trustee_CCEL_data_ovmf.bin", "ccel"},
      {"ccel/trustee_CCEL_data_grub.bin", "ccel"},
      {"ccel/trustee_CCEL_AAEL_alibabacloud.bin", "ccel"},
      {"ccel/trustee_CCEL_data_csv.bin", "ccel"},
      {"cel/go-tpm-tools-agent-cel.bin", "cel-tlv"},
      {"ima/ima-log-sha1", "ima-ascii"},
      {"ima/ima-log-sm3_256", "ima-ascii"},
      {"malformed/cel-fuzz-ec0d95da60958a59.bin", "cel-tlv"},
      {"malformed/sha1_event_size_zero.bin", "sha1-legacy"},
      {"malformed/short_no_action.bin", "sha1-legacy"},
      {"malformed/specid_invalid_version.bin", "crypto-agile"},
      {"malformed/specid_sha1.bin", "crypto-agile"},
      {"malformed/truncated_mid_event.bin", "crypto-agile"},
      {"malformed/trailing_ff_padding.bin", "crypto-agile"},
      {"malformed/trailing_zero_padding.bin", "crypto-agile"},
      {"malformed/keylime_binary_bios_measurements-bogus.bin", unknown},
      {"malformed/keylime_binary_bios_measurements-empty.bin", "log: empty"},
      {"ccel/CCEL.bin", unknown},
  };
  for (const FileCase& c : kCases) {
    SCOPED_TRACE(c.path);
    const auto log = corpus_file("eventlogs/" + c.path);
    if (!log) GTEST_SKIP() << "no corpus";
    EXPECT_EQ(outcome(*log), c.outcome);
  }
}

TEST(LogKind, KnowsTheRecordedBoots) {
  for (const std::string boot : {"nosb", "sb", "sbfull", "uki", "ukisb"}) {
    EXPECT_EQ(outcome(boot_file(boot + "/binary_bios_measurements")), "crypto-agile");
    EXPECT_EQ(outcome(boot_file(boot + "/ima_binary")), "ima-binary");
    EXPECT_EQ(outcome(boot_file(boot + "/ima_ascii")), "ima-ascii");
  }
}

TEST(LogKind, KnowsTheTextsAndCbor) {
  EXPECT_EQ(outcome(as_bytes(" [\n {\"recnum\":0")), "cel-json");
  EXPECT_EQ(outcome(as_bytes("\x1e{\"pcr\":11")), "systemd");
  EXPECT_EQ(outcome(parse_hex("in", "81a400").value()), "cel-cbor");
  EXPECT_EQ(outcome(parse_hex("in", "9903e8a400").value()), "cel-cbor");
  const std::string unknown =
      "log: of no kind that is known: wanted a TCG, CCEL, CEL, IMA or systemd log";
  EXPECT_EQ(outcome(as_bytes("[1]")), unknown);
  EXPECT_EQ(outcome(as_bytes("{\"records\":[]}")), unknown);
  EXPECT_EQ(outcome(as_bytes("hello")), unknown);
}

/// A CEL record whose bytes are also one whole legacy record: PCR 0, EV_S_CRTM_VERSION.
TEST(LogKind, RefusesWhatCouldBeTwo) {
  ByteWriter w;
  w.u8(0).u32_be(8).u64_be(0).u8(1).u32_be(1).u8(0).u8(3).u32_be(25).u8(4).u32_be(20);
  w.bytes(Buffer{1, 0, 0}).bytes(Buffer(17, 7));  // bytes 28 to 31 are the length 0x114: 276
  const Buffer head = w.take();
  Buffer log = head;
  log.resize(32 + 0x114, 7);
  EXPECT_EQ(outcome(log), "log: could be cel-tlv as well as sha1-legacy");
  log.pop_back();  // then it is no legacy log
  EXPECT_EQ(outcome(log), "cel-tlv");
}

}  // namespace
}  // namespace assay

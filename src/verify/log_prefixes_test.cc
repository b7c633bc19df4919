// SPDX-License-Identifier: Apache-2.0

// Cuts every log behind each of its bytes: what is left is a shorter log, or is refused behind the
// whole records that it has, with offset, record and reason.  No byte behind the cut is read.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include <filesystem>

#include "base/byte_writer.h"
#include "formats/cel.h"
#include "formats/ima.h"
#include "formats/pcrlock.h"
#include "formats/recorded.h"
#include "verify/log_report.h"
#include "verify/log_statement.h"

/// Logs are read a million times here: freed memory comes back soon, and where it was allocated is
/// not remembered in depth.
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=4:malloc_context_size=2";
}

namespace assay {
namespace {

/// A log that is cut shorter and shorter.  AddressSanitizer takes what is cut off for freed.
class ShrinkingLog {
 public:
  explicit ShrinkingLog(Bytes log)
      : bytes_(std::make_unique<std::uint8_t[]>(log.size())), whole_(log.size()), size_(whole_) {
    std::copy(log.begin(), log.end(), bytes_.get());
  }
  ~ShrinkingLog() { ASAN_UNPOISON_MEMORY_REGION(bytes_.get(), whole_); }
  ShrinkingLog(const ShrinkingLog&) = delete;
  ShrinkingLog& operator=(const ShrinkingLog&) = delete;

  void cut(std::size_t size) {
    ASAN_POISON_MEMORY_REGION(bytes_.get() + size, size_ - size);
    size_ = size;
  }
  [[nodiscard]] Bytes bytes() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t whole_, size_;
};

struct NamedLog {
  std::string name;
  Buffer bytes;
};

/// The files of a folder of the corpus' logs; none where there is no corpus.
void add_corpus(const char* folder, std::vector<NamedLog>& out) {
  const char* set = std::getenv("ASSAY_CORPUS");
  const auto logs =
      std::filesystem::path(set != nullptr ? set : ASSAY_SOURCE_DIR "/../shared/corpus") /
      "eventlogs" / folder;
  if (!std::filesystem::exists(logs)) return;
  for (const auto& file : std::filesystem::directory_iterator(logs))
    out.push_back({file.path().filename(), recorded_file(file.path()).value()});
}

void add_seeds(const char* folder, std::vector<NamedLog>& out) {
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(ASSAY_SOURCE_DIR "/fuzz/seeds") / folder))
    out.push_back({fmt::format("{}/{}", folder, file.path().filename().string()),
                   recorded_file(file.path()).value()});
}

// --- firmware's logs

const std::vector<NamedLog>& firmware_logs() {
  static const auto kLogs = [] {
    std::vector<NamedLog> out;
    for (const char* boot : {"nosb", "sb", "sbfull", "uki", "ukisb"})
      out.push_back({boot, boot_file(std::string(boot) + "/binary_bios_measurements")});
    for (const char* folder : {"tpm", "ccel", "tpm2-tools", "malformed"}) add_corpus(folder, out);
    return out;
  }();
  return kLogs;
}

/// Of the same bytes of one log.
bool is_same(const Event& a, const Event& b) {
  const auto same = [](Bytes x, Bytes y) { return x.data() == y.data() && x.size() == y.size(); };
  if (a.number != b.number || a.pcr != b.pcr || a.type != b.type || a.offset != b.offset ||
      !same(a.data, b.data) || a.digest_count != b.digest_count)
    return false;
  for (std::size_t i = 0; i < a.digest_count; ++i)
    if (a.digests[i].algorithm != b.digests[i].algorithm ||
        !same(a.digests[i].bytes, b.digests[i].bytes))
      return false;
  return true;
}

/// Where the records of a log end.
std::vector<std::size_t> ends_of(const EventLogReading& reading, Bytes log) {
  std::vector<std::size_t> out;
  for (const Event& event : reading.log.events)
    out.push_back(static_cast<std::size_t>(event.data.data() - log.data()) + event.data.size());
  return out;
}

/// What is wrong with the reading of a cut log, whose first `records` are whole; empty if nothing.
std::string complaint(const EventLogReading& whole, const EventLogReading& cut, std::size_t size,
                      std::size_t records) {
  const std::vector<Event>& events = cut.log.events;
  if (events.size() != records) return fmt::format("{} events, not {}", events.size(), records);
  if (!std::equal(events.begin(), events.end(), whole.log.events.begin(), is_same))
    return "other events";
  if (!cut.fault) return "";
  if (cut.fault->offset > size) return "a fault behind the end";
  if (cut.fault->error.why.empty()) return "a fault without a reason";
  if (!events.empty() &&
      (cut.fault->event != events.back().number + 1 || cut.fault->offset <= events.back().offset))
    return "a fault that is not in the next record";
  return "";
}

/// A share of the cuts each, so that CTest has something to do at once.
constexpr std::size_t kShares = 8;
class EveryPrefixOfAFirmwareLog : public testing::TestWithParam<std::size_t> {};

TEST_P(EveryPrefixOfAFirmwareLog, IsAShorterLogOrRefused) {
  for (const NamedLog& named : firmware_logs()) {
    SCOPED_TRACE(named.name);
    ShrinkingLog log(named.bytes);
    const EventLogReading whole = read_event_log(log.bytes());
    const std::vector<std::size_t> ends = ends_of(whole, log.bytes());
    std::size_t records = ends.size();
    std::size_t shown = records + 1;  // events of the last log of which more was asked
    for (std::size_t size = named.bytes.size() + 1; size-- > 0;) {
      while (records > 0 && ends[records - 1] > size) --records;
      if (size % kShares != GetParam()) continue;
      log.cut(size);
      const EventLogReading cut = read_event_log(log.bytes());
      ASSERT_EQ(complaint(whole, cut, size, records), "") << size;
      // What is said of a log depends on its records: asked once for as many of them.
      if (records % kShares != GetParam() || std::exchange(shown, records) == records) continue;
      ASSERT_EQ(read_statement(cut).replayed.events.size(), records);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Share, EveryPrefixOfAFirmwareLog, testing::Range(std::size_t{0}, kShares));

// --- what runs after the firmware

struct LaterLog {
  LogKind kind;
  NamedLog log;
};

std::vector<LaterLog> later_logs() {
  std::vector<LaterLog> out;
  const auto add = [&](LogKind kind, std::vector<NamedLog> logs) {
    for (NamedLog& log : logs) out.push_back({kind, std::move(log)});
  };
  std::vector<NamedLog> logs;
  for (const char* boot : {"nosb", "nosblegacy", "sb", "sbfull", "uki", "ukisb"}) {
    add(LogKind::ima_ascii, {{boot, boot_file(std::string(boot) + "/ima_ascii")}});
    add(LogKind::ima_binary, {{boot, boot_file(std::string(boot) + "/ima_binary")}});
  }
  const auto corpus = [&](const char* folder, std::string_view prefix = {}) {
    std::vector<NamedLog> files;
    add_corpus(folder, files);
    std::erase_if(files, [&](const NamedLog& file) { return !file.name.starts_with(prefix); });
    return files;
  };
  add(LogKind::ima_ascii, corpus("ima"));
  add(LogKind::cel_tlv, corpus("cel"));
  add(LogKind::cel_tlv, corpus("malformed", "cel-"));
  const auto seeds = [&](const char* folder) {
    std::vector<NamedLog> files;
    add_seeds(folder, files);
    return files;
  };
  add(LogKind::cel_tlv, seeds("cel_log_tlv"));
  add(LogKind::cel_json, seeds("cel_log_json"));
  add(LogKind::cel_cbor, seeds("cel_log_cbor"));
  add(LogKind::systemd, seeds("systemd_log"));
  add(LogKind::ima_ascii, seeds("ima_ascii"));
  add(LogKind::ima_binary, seeds("ima_binary"));
  return out;
}

/// How many records of a log can be read, and what made the next one unreadable.
struct Readable {
  std::size_t records = 0;
  std::optional<Error> error;
};

Readable read_later(LogKind kind, Bytes log) {
  if (kind == LogKind::ima_ascii || kind == LogKind::ima_binary) {
    ImaReader reader(kind == LogKind::ima_ascii ? ImaFormat::ascii : ImaFormat::binary, log);
    Readable out;
    while (reader.next()) ++out.records;
    out.error = reader.error();
    return out;
  }
  const CelReading reading = read_cel(kind == LogKind::cel_tlv    ? CelEncoding::tlv
                                      : kind == LogKind::cel_json ? CelEncoding::json
                                      : kind == LogKind::cel_cbor ? CelEncoding::cbor
                                                                  : CelEncoding::systemd,
                                      log);
  return {reading.log.records.size(), reading.error};
}

/// "cel.record 3.digests@0x1a" or "ima.entry 3.pcr@0x1a": of that record, within the log.
void expect_place(const Error& error, std::size_t record, std::size_t size) {
  ASSERT_FALSE(error.why.empty());
  const std::size_t at = error.where.rfind("@0x");
  ASSERT_NE(at, std::string::npos) << to_string(error);
  ASSERT_LE(std::stoul(error.where.substr(at + 3), nullptr, 16), size) << to_string(error);
  const std::size_t space = error.where.find(' ');
  const bool of_log = space == std::string::npos;  // "cel.log@0x0": its beginning
  ASSERT_EQ(of_log ? 0 : std::stoul(error.where.substr(space + 1)), record) << to_string(error);
}

TEST(EveryPrefixOfALaterLog, IsAShorterLogOrRefused) {
  for (const LaterLog& later : later_logs()) {
    SCOPED_TRACE(fmt::format("{} {}", name_of(later.kind), later.log.name));
    ShrinkingLog log(later.log.bytes);
    const LogStory whole = show_log(later.kind, log.bytes());
    std::size_t shown = whole.events.size() + 1;
    for (std::size_t size = later.log.bytes.size() + 1; size-- > 0;) {
      SCOPED_TRACE(size);
      log.cut(size);
      (void)recognise_log(log.bytes());
      const auto [records, error] = read_later(later.kind, log.bytes());
      ASSERT_LE(records, whole.events.size());
      if (error && size > 0) {
        ASSERT_NO_FATAL_FAILURE(expect_place(*error, records, size));
      }
      if (std::exchange(shown, records) == records) continue;  // of so many more was asked
      const LogStory cut = show_log(later.kind, log.bytes());
      ASSERT_EQ(cut.events.size(), records);
      ASSERT_TRUE(!error || !cut.verdict.accepted());
      for (std::size_t i = 0; i < records; ++i) ASSERT_EQ(cut.events[i], whole.events[i]);
    }
  }
}

/// A measurement list of `size` bytes or a little more, in the corpus' words.
Buffer long_list(Bytes list, std::size_t size) {
  Buffer out;
  while (out.size() < size) out.insert(out.end(), list.begin(), list.end());
  return out;
}

TEST(EveryPrefixOfALongImaList, HasTheEntriesBeforeIt) {
  constexpr std::size_t kSize = 6 * 1024;
  for (const ImaFormat format : {ImaFormat::ascii, ImaFormat::binary}) {
    const Buffer entry =
        boot_file(std::string("sb/ima_") + (format == ImaFormat::ascii ? "ascii" : "binary"));
    ShrinkingLog list(long_list(entry, kSize));
    for (std::size_t size = list.bytes().size() + 1; size-- > 0;) {
      list.cut(size);
      ImaReader reader(format, list.bytes());
      std::size_t entries = 0;
      while (reader.next()) ASSERT_EQ(reader.entry().offset, entries++ * entry.size());
      ASSERT_EQ(entries, size / entry.size()) << size;
      ASSERT_EQ(reader.error().has_value(), size % entry.size() != 0) << size;
      if (reader.error()) {
        ASSERT_NO_FATAL_FAILURE(expect_place(*reader.error(), entries, size));
      }
    }
  }
}

/// Of JSON there is no shorter document that is whole.
TEST(EveryPrefixOfAPcrlockFile, IsRefused) {
  std::vector<NamedLog> files;
  add_seeds("pcrlock", files);
  for (const NamedLog& file : files) {
    SCOPED_TRACE(file.name);
    const std::string_view text = as_text(file.bytes);
    const std::size_t end = text.find_last_not_of(" \t\r\n") + 1;
    ShrinkingLog log(file.bytes);
    for (std::size_t size = end; size-- > 0;) {
      log.cut(size);
      const auto cut = parse_pcrlock(as_text(log.bytes()));
      ASSERT_FALSE(cut) << size;
      ASSERT_FALSE(cut.error().why.empty()) << size;
    }
  }
}

}  // namespace
}  // namespace assay

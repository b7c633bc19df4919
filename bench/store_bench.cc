// SPDX-License-Identifier: Apache-2.0
// The audit log's appends, beside their floor: the same bytes appended to a file with one fdatasync
// for each record.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "host/file.h"
#include "store/log_filter.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

AuditRecord record() {
  return {"attestation",
          "my-project",
          Severity::notice,
          {{"event", "token.issued"},
           {"challenge",
            "projects/my-project/locations/us-central1/challenges/"
            "0b1ff2fc-5cd1-4f24-a9b2-3d9df8b1c2f0"},
           {"evidence_sha256", std::string(64, 'a')},
           {"token_sha256", std::string(64, 'b')},
           {"sub",
            "https://www.googleapis.com/compute/v1/projects/my-project/zones/us-central1-a/"
            "instances/vm"},
           {"principal", "vm@my-project.iam.gserviceaccount.com"},
           {"peer", "127.0.0.1:51234"}},
          {}};
}

std::unique_ptr<TemporaryDirectory> directory;
std::unique_ptr<AuditLog> log;

void open_log(const benchmark::State&) {
  directory = std::make_unique<TemporaryDirectory>(*TemporaryDirectory::make("store-bench"));
  log = std::move(*open_sqlite_audit_log(directory->path() / "audit.db"));
}

void close_log(const benchmark::State&) {
  log.reset();
  directory.reset();
}

void audit_append(benchmark::State& state) {
  const AuditRecord one = record();
  for (auto _ : state) {
    if (!log->append(one, from_unix_seconds(1))) state.SkipWithError("append failed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(audit_append)
    ->Setup(open_log)
    ->Teardown(close_log)
    ->Threads(1)
    ->Threads(8)
    ->Threads(64)
    ->Threads(256)
    ->UseRealTime();

void floor_append_fdatasync(benchmark::State& state) {
  const TemporaryDirectory here = *TemporaryDirectory::make("store-bench");
  const int fd =
      ::open((here.path() / "log").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = json::serialize(record().payload);
  for (auto _ : state) {
    if (::write(fd, text.data(), text.size()) < 0 || ::fdatasync(fd) != 0)
      state.SkipWithError("write failed");
  }
  ::close(fd);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(floor_append_fdatasync)->UseRealTime();

void challenge_add_and_consume(benchmark::State& state) {
  const TemporaryDirectory here = *TemporaryDirectory::make("store-bench");
  const auto store = std::move(*open_sqlite_challenges(here.path() / "challenges.db"));
  std::size_t n = 0;
  for (auto _ : state) {
    const std::string name = std::to_string(n++);
    const bool added =
        bool(store->add({name, Buffer(32), from_unix_seconds(1), from_unix_seconds(9)}));
    const auto got = store->consume(name, from_unix_seconds(2));
    if (!added || !got || got->outcome != ChallengeStore::Outcome::consumed)
      state.SkipWithError("not consumed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(challenge_add_and_consume)->UseRealTime();

void filter_an_entry(benchmark::State& state) {
  const auto memory = make_memory_audit_log();
  if (!memory->append(record(), from_unix_seconds(1))) state.SkipWithError("append failed");
  const json::object entry = memory->read({})->front();
  const auto filter =
      *compile_log_filter("severity>=NOTICE jsonPayload.event=(token.issued OR secret.released)");
  for (auto _ : state) benchmark::DoNotOptimize(filter(entry));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(filter_an_entry);

}  // namespace
}  // namespace assay

BENCHMARK_MAIN();

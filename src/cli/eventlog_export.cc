// SPDX-License-Identifier: Apache-2.0
#include "cli/eventlog_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/json.h"
#include "boots/keylime_refstate.h"
#include "boots/keylime_runtime_policy.h"
#include "boots/pcrlock_component.h"
#include "cli/boot_log.h"
#include "cli/eventlog_file.h"
#include "formats/ima.h"
#include "host/file.h"

namespace assay {

namespace {

using Logs = std::vector<std::unique_ptr<BootLog>>;

Result<Logs> read_logs(const std::vector<std::string>& paths) {
  Logs out;
  for (const std::string& path : paths) {
    auto log = BootLog::read(path);
    if (!log) return pass_on(log);
    if (!(*log)->is_whole()) {
      const Check* failure = (*log)->verdict().first_failure();
      return fail(Fault::malformed, path, failure != nullptr ? failure->got : "not a whole log");
    }
    if (const auto state = (*log)->good_state((*log)->replayed().state_bank()); !state)
      return pass_on(state);
    out.push_back(std::move(*log));
  }
  return out;
}

/// The files of a component, each once: what the part measures in one boot or another.
using Variants = std::vector<std::string>;

/// A part that a boot did not measure has a variant without records.
Result<std::map<std::string, Variants>> pcrlock_variants(const Logs& logs) {
  std::vector<std::map<std::string, std::string>> boots;
  std::map<std::string, Variants> out;
  for (const auto& log : logs) {
    const auto components = pcrlock_components(log->replayed());
    if (!components) return pass_on(components);
    auto& boot = boots.emplace_back();
    for (const PcrlockComponent& component : *components) {
      boot.emplace(component.name, encode_pcrlock(component.records));
      out.try_emplace(component.name);
    }
  }
  for (auto& [name, variants] : out)
    for (const auto& boot : boots) {
      const auto found = boot.find(name);
      std::string text = found == boot.end() ? encode_pcrlock({}) : found->second;
      if (std::find(variants.begin(), variants.end(), text) == variants.end())
        variants.push_back(std::move(text));
    }
  return out;
}

int export_pcrlock(const Logs& logs, const std::filesystem::path& directory, Io io) {
  if (directory.empty()) {
    io.err << "assay: --output: name a directory for the components\n";
    return kUsage;
  }
  const auto components = pcrlock_variants(logs);
  if (!components) return explain(io, components.error());
  for (const auto& [name, variants] : *components) {
    const std::filesystem::path place = directory / (name + ".pcrlock.d");
    std::error_code error;
    std::filesystem::create_directories(place, error);
    if (error) return explain(io, {Fault::unavailable, place.string(), error.message()});
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const auto file =
          place / (variants.size() == 1 ? "generated.pcrlock" : fmt::format("{}.pcrlock", i + 1));
      if (const auto done = write_file(file, as_bytes(variants[i]), FileAccess::everybody); !done)
        return explain(io, done.error());
      io.out << file.string() << "\n";
    }
  }
  return kAccepted;
}

/// The lists of IMA that the files are; empty where they are not all such.
Result<std::vector<Buffer>> read_ima_lists(const std::vector<std::string>& paths) {
  std::vector<Buffer> out;
  for (const std::string& path : paths) {
    auto bytes = read_file(path, kMaxLogFile);
    if (!bytes) return pass_on(bytes);
    if (!begins_ima_binary(*bytes) && !begins_ima_ascii(*bytes)) return std::vector<Buffer>();
    out.push_back(std::move(*bytes));
  }
  return out;
}

Result<json::object> runtime_policy(const std::vector<Buffer>& files) {
  std::vector<ImaList> lists;
  for (const Buffer& file : files)
    lists.push_back({begins_ima_binary(file) ? ImaFormat::binary : ImaFormat::ascii, file});
  return keylime_runtime_policy(lists);
}

Result<json::object> reference_state(const std::vector<std::string>& paths) {
  const auto logs = read_logs(paths);
  if (!logs) return pass_on(logs);
  std::vector<const ReplayedLog*> boots;
  for (const auto& log : *logs) boots.push_back(&log->replayed());
  return keylime_refstate(boots);
}

int export_keylime(const std::vector<std::string>& paths, const std::string& output, Io io) {
  const auto lists = read_ima_lists(paths);
  if (!lists) return explain(io, lists.error());
  const auto policy = lists->empty() ? reference_state(paths) : runtime_policy(*lists);
  if (!policy) return explain(io, policy.error());
  const std::string text = pretty_json(*policy);
  if (output.empty()) {
    io.out << text;
    return kAccepted;
  }
  const auto written = write_file(output, as_bytes(text), FileAccess::everybody);
  return written ? kAccepted : explain(io, written.error());
}

}  // namespace

int run_eventlog_export(const EventLogExportOptions& options, Io io) {
  if (options.format != "pcrlock" && options.format != "keylime") {
    io.err << "assay: --format: want pcrlock or keylime\n";
    return kUsage;
  }
  if (options.format == "keylime") return export_keylime(options.logs, options.output, io);
  const auto logs = read_logs(options.logs);
  if (!logs) return explain(io, logs.error());
  return export_pcrlock(*logs, options.output, io);
}

}  // namespace assay

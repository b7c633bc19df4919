// SPDX-License-Identifier: Apache-2.0
#include "cli/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/counted.h"
#include "base/json.h"
#include "cli/policy_case.h"
#include "cli/policy_file.h"
#include "host/file.h"
#include "policy/keylime_policy.h"
#include "verify/printable.h"

namespace assay {

namespace {

namespace fs = std::filesystem;

/// The cases of a directory by name.
Result<std::vector<fs::path>> cases_in(const fs::path& directory) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") out.push_back(it->path());
  if (error) return fail(Fault::unavailable, directory.string(), error.message());
  if (out.empty())
    return fail(Fault::unavailable, directory.string(), "no case in it: want files NAME.toml");
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

int run_policy_check(const PolicyOptions& options, Io io) {
  const auto policy = load_appraisal_policy(options.file);
  if (options.json) {
    json::object out{{"policy", options.file}, {"understood", policy.has_value()}};
    if (!policy) out["error"] = to_string(policy.error());
    io.out << pretty_json(out);
  }
  if (!policy) return options.json ? exit_code(policy.error().fault) : explain(io, policy.error());
  if (!options.json)
    io.out << fmt::format("{}: understood, {} (assay policy explain prints them)\n",
                          printable(options.file), counted(policy->explain().size(), "sentence"));
  return kAccepted;
}

int run_policy_explain(const PolicyOptions& options, Io io) {
  const auto policy = load_appraisal_policy(options.file);
  if (!policy) return explain_start(io, policy.error());
  const auto sentences = policy->explain();
  if (options.json) {
    json::array out;
    for (const std::string& sentence : sentences) out.emplace_back(printable(sentence));
    io.out << pretty_json(json::object{{"sentences", std::move(out)}});
    return kAccepted;
  }
  io.out << "A machine passes if all of this holds:\n";
  for (const std::string& sentence : sentences) io.out << "  - " << printable(sentence) << "\n";
  return kAccepted;
}

int run_policy_test(const PolicyTestOptions& options, Io io) {
  const auto policy = load_appraisal_policy(options.file);
  if (!policy) return explain_start(io, policy.error());
  const auto files = cases_in(options.cases);
  if (!files) return explain_start(io, files.error());
  json::array results;
  std::size_t wrong = 0;
  for (const fs::path& file : *files) {
    const auto one = load_policy_case(file);
    if (!one) return explain_start(io, one.error());
    const auto result = decide_case(*one, *policy);
    if (!result) return explain_start(io, result.error());
    if (!result->as_wanted) ++wrong;
    if (options.json)
      results.push_back(json::object{{"case", printable(one->name)},
                                     {"as_wanted", result->as_wanted},
                                     {"why", printable(result->words)}});
    else
      io.out << fmt::format("  {:4}  {}{}{}\n", result->as_wanted ? "ok" : "FAIL",
                            printable(one->name), result->as_wanted ? "" : ": ",
                            printable(result->words));
  }
  if (options.json)
    io.out << pretty_json(json::object{{"cases", std::move(results)}, {"wrong", wrong}});
  else
    io.out << fmt::format("{}, {} decided otherwise than {}\n", counted(files->size(), "case"),
                          wrong, files->size() == 1 ? "it says" : "they say");
  return wrong == 0 ? kAccepted : kRejected;
}

int run_policy_import(const PolicyImportOptions& options, Io io) {
  constexpr std::size_t kMaxReference = 4 * 1024 * 1024;
  const auto file = read_file(options.keylime, kMaxReference);
  if (!file) return explain_start(io, file.error());
  const auto toml = policy_from_keylime(options.keylime, as_text(*file));
  if (!toml) return explain_start(io, toml.error());
  io.out << *toml;
  return kAccepted;
}

}  // namespace assay

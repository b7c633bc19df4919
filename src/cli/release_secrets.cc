// SPDX-License-Identifier: Apache-2.0
#include "cli/release_secrets.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/counted.h"
#include "host/file.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

constexpr std::size_t kMaxSecret = 64 * 1024;

Result<std::unique_ptr<SecretStore>> open(const std::filesystem::path& state) {
  if (state.empty())
    return fail(Fault::malformed, "--state", "required: the directory of the release service");
  if (const Status made = make_private_directory(state); !made) return pass_on(made);
  return open_sqlite_secrets(state / "secrets.db");
}

/// To look at what is there: a name that was mistyped must not become an empty store.
Result<std::unique_ptr<SecretStore>> open_existing(const std::filesystem::path& state) {
  std::error_code error;
  if (!state.empty() && !std::filesystem::exists(state / "secrets.db", error))
    return fail(Fault::unavailable, state.string(),
                "has no secrets (give --state the directory of `assay release serve` or `put`)");
  return open(state);
}

}  // namespace

int run_release_put(const std::filesystem::path& state, const std::string& name,
                    const std::filesystem::path& input, Io io) {
  const auto secrets = open(state);
  if (!secrets) return explain_start(io, secrets.error());
  auto content = read_file(input, kMaxSecret);
  if (!content) return explain(io, content.error());
  const Secret secret(std::move(*content));
  if (secret.size() == 0) {
    return explain_start(io, {Fault::malformed, input == "-" ? "standard input" : input.string(),
                              "is empty: a secret has at least one byte"});
  }
  if (const Status put = (*secrets)->put(name, secret); !put) return explain(io, put.error());
  io.err << fmt::format("secret {}: {} stored; a policy decides who may have it\n", name,
                        counted(secret.size(), "byte"));
  return kAccepted;
}

int run_release_list(const std::filesystem::path& state, ReadyForm form, Io io) {
  const auto secrets = open_existing(state);
  if (!secrets) return explain_start(io, secrets.error());
  const auto names = (*secrets)->list();
  if (!names) return explain(io, names.error());
  if (form == ReadyForm::json) {
    io.out << json::serialize(json::object{{"secrets", json::array(names->begin(), names->end())}})
           << "\n";
  } else {
    for (const std::string& name : *names) io.out << name << "\n";
  }
  return kAccepted;
}

int run_release_remove(const std::filesystem::path& state, const std::string& name, Io io) {
  const auto secrets = open_existing(state);
  if (!secrets) return explain_start(io, secrets.error());
  if (const Status removed = (*secrets)->remove(name); !removed)
    return explain(io, removed.error());
  io.err << fmt::format("secret {}: removed\n", name);
  return kAccepted;
}

}  // namespace assay

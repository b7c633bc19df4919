// SPDX-License-Identifier: Apache-2.0
#include "policy/keylime_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hex.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "policy/expression/expression.h"

namespace assay {

namespace {

constexpr JsonLimits kLimits{.bytes = 4 * 1024 * 1024, .depth = 16, .values = 256 * 1024};

/// Hexadecimal after an optional "0x".
Result<Buffer> read_hex(const std::string& where, std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return parse_hex(where, text);
}

std::string toml_list(const std::vector<std::string>& values) {
  if (values.empty()) return "[]";
  std::string out = "[\n";
  for (const std::string& value : values) out += fmt::format("  \"{}\",\n", value);
  return out + "]";
}

/// A text as a TOML basic string.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

/// One reference state on its way to a policy.
class Conversion {
 public:
  Conversion(std::string_view where, const json::object& state) : where_(where), state_(state) {}

  Result<std::string> run() {
    for (const auto& member : state_)
      if (!is_known(member.key()))
        return refuse(std::string(member.key()), "no such member in a reference state");
    if (auto ok = secure_boot(); !ok) return pass_on(ok);
    if (auto ok = kernels(); !ok) return pass_on(ok);
    if (state_.contains("scrtm_and_bios"))
      remark(
          "scrtm_and_bios: digests of firmware volumes are nothing a rule can name; give PCR 0 "
          "its values under [pcrs.sha256]");
    for (const char* key : {"vendor_db", "mokdig", "mokxdig"})
      if (const json::array* list = state_.contains(key) ? state_.at(key).if_array() : nullptr;
          list == nullptr ? state_.contains(key) : !list->empty())
        remark(fmt::format("{}: no rule names it yet; give PCR {} its values under [pcrs.sha256]",
                           key, std::string_view(key) == "vendor_db" ? 7 : 14));
    return assemble();
  }

 private:
  static bool is_known(std::string_view key) {
    for (const char* known : {"scrtm_and_bios", "pk", "kek", "db", "dbx", "vendor_db", "mokdig",
                              "mokxdig", "kernels", "has_secureboot"})
      if (key == known) return true;
    return false;
  }

  [[nodiscard]] tl::unexpected<Error> refuse(const std::string& member, std::string why) const {
    return fail(Fault::malformed, std::string(where_) + "." + member, std::move(why));
  }
  void remark(std::string_view text) { remarks_ += fmt::format("# not taken over: {}\n", text); }

  Status secure_boot() {
    const json::value* has = state_.if_contains("has_secureboot");
    if (has != nullptr && !has->is_bool()) return refuse("has_secureboot", "want true or false");
    if (has != nullptr && has->get_bool()) secure_boot_ += "required = true\n";
    if (has != nullptr && !has->get_bool())
      remark("has_secureboot: false: no rule wants Secure Boot off; here it may be on, too");
    for (const auto& [member, key] :
         {std::pair{"pk", "pk_within"}, {"kek", "kek_within"}, {"db", "db_within"}}) {
      const auto entries = signatures(member);
      if (!entries) return pass_on(entries);
      if (const auto& within = *entries)
        secure_boot_ += fmt::format("{} = {}\n", key, toml_list(*within));
    }
    const auto revoked = signatures("dbx");
    if (!revoked) return pass_on(revoked);
    if (const auto& hashes = *revoked; hashes && !hashes->empty())
      secure_boot_ += fmt::format("dbx_at_least = {}\n", toml_list(*hashes));
    return {};
  }

  /// The entries of a database: {"SignatureOwner","SignatureData"}; nothing where it is not named.
  Result<std::optional<std::vector<std::string>>> signatures(const std::string& member) const {
    const json::value* value = state_.if_contains(member);
    if (value == nullptr) return std::optional<std::vector<std::string>>();
    const json::array* list = value->if_array();
    if (list == nullptr) return refuse(member, "want a list of signatures");
    std::vector<std::string> out;
    for (const json::value& element : *list) {
      const json::object* signature = element.if_object();
      const json::value* data = signature ? signature->if_contains("SignatureData") : nullptr;
      if (data == nullptr || !data->is_string())
        return refuse(member, "want SignatureData in each");
      const auto bytes = read_hex(member, data->get_string());
      if (!bytes) return refuse(member, bytes.error().why);
      // A hash stands for itself; anything longer is a certificate.
      const bool hash = bytes->size() == digest_size(HashAlgorithm::sha256);
      out.push_back(hash ? hex(*bytes) : sha256_hex(*bytes));
    }
    return std::optional(std::move(out));
  }

  Status kernels() {
    const json::value* value = state_.if_contains("kernels");
    if (value == nullptr) return {};
    const json::array* list = value->if_array();
    if (list == nullptr) return refuse("kernels", "want a list");
    for (const json::value& element : *list) {
      const json::object* kernel = element.if_object();
      if (kernel == nullptr) return refuse("kernels", "want objects");
      if (auto ok = one_kernel(*kernel); !ok) return ok;
    }
    return {};
  }

  Status one_kernel(const json::object& kernel) {
    std::vector<std::string> applications;
    for (const char* key :
         {"shim_authcode_sha256", "grub_authcode_sha256", "kernel_authcode_sha256"}) {
      if (!kernel.contains(key)) continue;
      const auto digest = kernel_digest(kernel, key);
      if (!digest) return pass_on(digest);
      applications.push_back("sha256:" + *digest);
    }
    std::vector<std::string> programs;
    const auto add_programs = [&] {
      applications_.push_back(toml_list(applications));
      programs.push_back(started_condition(applications));
    };
    if (!applications.empty()) add_programs();
    // That policy lets a kernel be measured once or twice: shim's verification and the firmware's
    // loading of it may each do it.
    if (kernel.contains("kernel_authcode_sha256")) {
      applications.push_back(applications.back());
      add_programs();
    }
    for (const char* key : {"initrd_plain_sha256", "vmlinuz_plain_sha256"}) {
      if (!kernel.contains(key)) continue;
      const auto digest = kernel_digest(kernel, key);
      if (!digest) return pass_on(digest);
      remark(
          fmt::format("{} {}: a file's name is not measured, so list every file that GRUB reads "
                      "in kernel.grub_files_within",
                      key, *digest));
    }
    const json::value* line = kernel.if_contains("kernel_cmdline");
    if (line != nullptr && !line->is_string())
      return refuse("kernels.kernel_cmdline", "want a string");
    std::string condition;
    if (line != nullptr) {
      auto matches = line_condition(line->get_string());
      if (!matches) return pass_on(matches);
      condition = std::move(*matches);
      any_line_ = true;
    }
    // Each kernel has the line that stands beside it, and no other kernel's.
    kernels_.push_back({fmt::format("{}", fmt::join(programs, " || ")), std::move(condition)});
    return {};
  }

  /// What the firmware started, as claims have it.
  static std::string started_condition(const std::vector<std::string>& applications) {
    std::vector<std::string> quoted;
    for (const std::string& a : applications)
      quoted.push_back(fmt::format("'{}'", a.substr(a.find(':') + 1)));
    return fmt::format("efi.applications == [{}]", fmt::join(quoted, ", "));
  }

  Result<std::string> kernel_digest(const json::object& kernel, const char* key) const {
    const std::string member = fmt::format("kernels.{}", key);
    const auto text = json_string(kernel, key);
    if (!text) return refuse(member, text.error().why);
    const auto bytes = read_hex(member, *text);
    if (!bytes) return refuse(member, bytes.error().why);
    if (bytes->size() != digest_size(HashAlgorithm::sha256))
      return refuse(member, "want a SHA-256");
    return hex(*bytes);
  }

  /// The command line as a whole matches a pattern.
  [[nodiscard]] Result<std::string> line_condition(std::string_view pattern) const {
    const std::string whole = fmt::format("^(?:{})$", pattern);
    std::string why;
    if (CelPattern::compile(whole, why) == nullptr)
      return refuse("kernels.kernel_cmdline", "not a regular expression of RE2: " + why);
    std::string quoted;
    for (const char c : whole) {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return fmt::format("kernel_command_line.matches('{}')", quoted);
  }

  /// One of the kernels, with its own command line.
  [[nodiscard]] std::string kernel_condition() const {
    // applications.exactly asks the rest where there is one kernel.
    if (kernels_.size() == 1) return kernels_.front().line;
    std::vector<std::string> parts;
    for (const Kernel& kernel : kernels_) {
      if (kernel.programs.empty() && kernel.line.empty()) continue;
      if (kernel.programs.empty() || kernel.line.empty())
        parts.push_back(fmt::format("({})", kernel.programs + kernel.line));
      else
        parts.push_back(fmt::format("(({}) && {})", kernel.programs, kernel.line));
    }
    return fmt::format("{}", fmt::join(parts, " || "));
  }

  Result<std::string> assemble() {
    std::vector<std::string> any{"platform", "instance", "drivers"};
    std::string body;
    if (!secure_boot_.empty()) body += "\n[secure_boot]\n" + secure_boot_;
    if (secure_boot_.empty()) any.emplace_back("secure_boot");
    // Its digests are SHA-256, and a machine is read from its strongest bank unless one is named.
    if (!applications_.empty())
      body +=
          fmt::format("\n[evidence]\nonly_bank = \"sha256\"\n\n[applications]\nexactly = [{}]\n",
                      fmt::join(applications_, ", "));
    else
      any.emplace_back("applications");
    if (any_line_) {
      body += fmt::format(
          "\n[[condition]]\nname = \"keylime-command-line\"\nthat = {}\nbecause = \"the kernel's "
          "command line is none of the reference state\"\n",
          toml_string(kernel_condition()));
    } else {
      any.emplace_back("kernel");
    }
    return fmt::format(
        "# From a Keylime reference state.\n{}# What it does not speak about: say what your fleet "
        "needs, and take it from this list.\naccept_any = [\"{}\"]\n{}",
        remarks_, fmt::join(any, "\", \""), body);
  }

  std::string_view where_;
  const json::object& state_;
  std::string remarks_, secure_boot_;
  std::vector<std::string> applications_;
  /// What a kernel of the state asks, each empty where it does not say.
  struct Kernel {
    std::string programs, line;
  };
  std::vector<Kernel> kernels_;
  bool any_line_ = false;
};

}  // namespace

Result<std::string> policy_from_keylime(std::string_view where, std::string_view json) {
  const auto state = parse_json_object(where, json, kLimits);
  if (!state) return pass_on(state);
  return Conversion(where, *state).run();
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "boots/keylime_refstate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "boots/event_label.h"
#include "formats/uefi.h"
#include "verify/measured_data.h"

namespace assay {

namespace {

tl::unexpected<Error> refuse(std::string why) {
  return fail(Fault::malformed, "keylime", std::move(why));
}

std::string with_prefix(Bytes bytes) { return "0x" + hex(bytes); }

void add_once(json::array& list, json::value value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

/// A text as a regular expression that matches it alone, in Python's syntax and in RE2's.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.^$*+?{}[]|()").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

json::value signature(const Guid& owner, Bytes data) {
  return json::object{{"SignatureOwner", to_string(owner)}, {"SignatureData", with_prefix(data)}};
}

/// One boot, event by event.
class Reading {
 public:
  explicit Reading(const ReplayedLog& replayed) : replayed_(replayed) {}

  Status read() {
    if (replayed_.log->layout != RegisterLayout::tpm)
      return refuse("a log of CC registers: Keylime knows the PCRs of a TPM");
    const std::vector<EventLabel> labels = label_events(replayed_);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const Event& event = *replayed_.events[i].event;
      if (event.type == EventType::no_action) continue;
      const auto bytes = event.digest(HashAlgorithm::sha256);
      if (!bytes) return refuse(describe(event) + " has no SHA-256 digest");
      look_at(event, labels[i], with_prefix(*bytes));
    }
    return {};
  }

  /// The entry of "kernels", all of whose members that policy wants.
  [[nodiscard]] Result<json::object> kernel() const {
    const bool twice = applications_.size() == 4 && applications_[2] == applications_[3];
    if (secure_boot && applications_.size() != 3 && !twice)
      return refuse(
          fmt::format("the firmware started {} programs; with Secure Boot that policy "
                      "wants shim, GRUB and the kernel",
                      applications_.size()));
    if (!secure_boot && applications_.size() != 2)
      return refuse(
          fmt::format("the firmware started {} programs; without Secure Boot that policy "
                      "wants shim and GRUB",
                      applications_.size()));
    if (!initrd_) return refuse("GRUB measured no initial RAM disk, which that policy wants");
    if (!secure_boot && !kernel_)
      return refuse("GRUB measured no kernel, which that policy wants without Secure Boot");
    if (!command_line_) return refuse("GRUB measured no command line of the kernel");
    json::object out{{"shim_authcode_sha256", applications_[0]},
                     {"grub_authcode_sha256", applications_[1]}};
    if (secure_boot) out["kernel_authcode_sha256"] = applications_[2];
    if (!secure_boot) out["vmlinuz_plain_sha256"] = *kernel_;
    out["initrd_plain_sha256"] = *initrd_;
    out["kernel_cmdline"] = escaped(*command_line_);
    return out;
  }

  bool secure_boot = false;
  json::object firmware{{"scrtm", json::object{}}, {"platform_firmware", json::array{}}};
  json::array pk, kek, db, dbx, vendor_db, mok, mokx;

 private:
  void look_at(const Event& event, const EventLabel& label, const std::string& digest) {
    using enum EventType;
    if (event.type == s_crtm_version) firmware["scrtm"] = {{"sha256", digest}};
    if (event.type == efi_platform_firmware_blob || event.type == efi_platform_firmware_blob2)
      firmware["platform_firmware"].get_array().emplace_back(json::object{{"sha256", digest}});
    if (event.pcr == 7) look_at_variable(event);
    if (event.pcr == 4 && label.key.starts_with("application/") && label.part != BootPart::driver)
      applications_.push_back(digest);
    if (label.key == "mok/MokList") mok.emplace_back(json::object{{"sha256", digest}});
    if (label.key == "mok/MokListX") mokx.emplace_back(json::object{{"sha256", digest}});
    if (label.key == "file/kernel" && !kernel_) kernel_ = digest;
    if (label.key == "file/initrd" && !initrd_) initrd_ = digest;
    if (label.key == "grub/kernel_cmdline" && !command_line_) {
      if (const auto prefix = grub_prefix(event.data))
        command_line_ = to_text(grub_text(event.data, *prefix));
    }
  }

  void look_at_variable(const Event& event) {
    const auto variable = parse_uefi_variable(event.data);
    if (!variable) return;
    if (event.type == EventType::efi_variable_authority && variable->name == "vendor_db" &&
        variable->data.size() > Guid{}.bytes.size()) {
      Guid owner;
      std::copy_n(variable->data.begin(), owner.bytes.size(), owner.bytes.begin());
      return add_once(vendor_db, signature(owner, variable->data.subspan(owner.bytes.size())));
    }
    if (event.type != EventType::efi_variable_driver_config) return;
    if (variable->name == "SecureBoot")
      secure_boot = variable->data.size() == 1 && variable->data[0] == 1;
    for (const auto& [name, list] : {std::pair{"PK", &pk},
                                     {"KEK", &kek},
                                     {"db", &db},
                                     {"dbx", &dbx},
                                     {"vendor_db", &vendor_db}}) {
      if (variable->name != name) continue;
      const auto entries = parse_signature_lists(variable->data);
      if (!entries) continue;
      for (const SignatureEntry& entry : *entries)
        list->push_back(signature(entry.owner, entry.data));
    }
  }

  const ReplayedLog& replayed_;
  std::vector<std::string> applications_;
  std::optional<std::string> kernel_, initrd_, command_line_;
};

}  // namespace

Result<json::object> keylime_refstate(std::span<const ReplayedLog* const> boots) {
  if (boots.empty()) return refuse("needs at least one boot");
  std::vector<Reading> readings;
  for (const ReplayedLog* boot : boots)
    if (const auto read = readings.emplace_back(*boot).read(); !read) return pass_on(read);
  json::array firmware, kernels, dbx = readings.front().dbx, mok, mokx;
  json::object keys{{"pk", json::array{}}, {"kek", json::array{}}, {"db", json::array{}}};
  json::array vendor_db;
  for (const Reading& one : readings) {
    if (one.secure_boot != readings.front().secure_boot)
      return refuse("boots with and without Secure Boot: that policy describes one of the two");
    auto kernel = one.kernel();
    if (!kernel) return pass_on(kernel);
    add_once(kernels, std::move(*kernel));
    add_once(firmware, one.firmware);
    for (const auto& [name, list] : {std::pair{"pk", &one.pk}, {"kek", &one.kek}, {"db", &one.db}})
      for (const json::value& entry : *list) add_once(keys[name].get_array(), entry);
    for (const json::value& entry : one.vendor_db) add_once(vendor_db, entry);
    for (const json::value& entry : one.mok) add_once(mok, entry);
    for (const json::value& entry : one.mokx) add_once(mokx, entry);
    json::array still;
    for (const json::value& entry : dbx)
      if (std::find(one.dbx.begin(), one.dbx.end(), entry) != one.dbx.end()) still.push_back(entry);
    dbx = std::move(still);
  }
  json::object out{{"has_secureboot", readings.front().secure_boot},
                   {"scrtm_and_bios", std::move(firmware)}};
  for (auto& member : keys) out[member.key()] = std::move(member.value());
  out["dbx"] = std::move(dbx);
  out["vendor_db"] = std::move(vendor_db);
  out["mokdig"] = std::move(mok);
  out["mokxdig"] = std::move(mokx);
  out["kernels"] = std::move(kernels);
  return out;
}

}  // namespace assay

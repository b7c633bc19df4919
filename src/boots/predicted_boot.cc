// SPDX-License-Identifier: Apache-2.0
#include "boots/predicted_boot.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_writer.h"
#include "boots/kernel_arguments.h"
#include "crypto/hash.h"
#include "formats/event_log_writer.h"
#include "formats/pe.h"
#include "formats/uefi_writer.h"
#include "verify/grub_command.h"

namespace assay {

namespace {

/// Whose entries we add; found nowhere else.
const Guid& our_owner() {
  static const Guid owner = guid("6173736a-7900-4d65-8a6f-7468652d766d");
  return owner;
}

tl::unexpected<Error> not_measured(std::string_view what) {
  return fail(Fault::unavailable, std::string(what), "the recorded boot did not measure it");
}

constexpr std::string_view kGceVersion = "GCE Virtual Firmware v";

/// UTF-16LE with its terminator, as the firmware passes a command line on.
Buffer load_options(std::string_view arguments) {
  Buffer out = utf16le(arguments);
  out.insert(out.end(), 2, 0);
  return out;
}

/// Whether an event says which key accepted an image.  The firmware says so of db, shim of its own
/// keys; its other variables it measures whether Secure Boot is on or not.
bool vouches_by_key(std::string_view key) {
  for (const std::string_view name : {"db", "Shim", "vendor_db", "MokList", "MokListRT"})
    if (key == fmt::format("authority/{}", name)) return true;
  return false;
}

}  // namespace

PredictedBoot::PredictedBoot(const ReplayedLog& recorded) {
  for (const ReplayedLog::Bank& bank : recorded.banks) banks_.push_back(bank.algorithm);
  const auto labels = label_events(recorded);
  for (std::size_t i = 0; i < recorded.events.size(); ++i) {
    const Event& e = *recorded.events[i].event;
    Planned planned{e.pcr, e.type, recorded.events[i].trust, to_buffer(e.data), {}, labels[i]};
    for (const HashAlgorithm bank : banks_)
      if (const auto digest = e.digest(bank)) planned.digests.emplace_back(bank, *digest);
    events_.push_back(std::move(planned));
  }
}

std::vector<PredictedBoot::Planned*> PredictedBoot::find(std::string_view key) {
  std::vector<Planned*> out;
  for (Planned& p : events_)
    if (p.label.key == key) out.push_back(&p);
  return out;
}

void PredictedBoot::measure(Planned& event, const std::vector<Bytes>& pieces) const {
  event.digests.clear();
  for (const HashAlgorithm bank : banks_) {
    Hasher hasher(bank);
    for (const Bytes piece : pieces) hasher.update(piece);
    event.digests.push_back(hasher.finish());
  }
}

Status PredictedBoot::measure_images(std::string_view key, Bytes image) {
  const auto images = find(key);
  if (images.empty()) return {};
  const auto pieces = authenticode_pieces(image);
  if (!pieces) return pass_on(pieces);
  for (Planned* p : images) measure(*p, *pieces);
  return {};
}

Status PredictedBoot::file(BootPart part, Bytes content) {
  if (part == BootPart::kernel && !find("application/unified").empty())
    return fail(Fault::unavailable, "kernel",
                "this machine boots a unified kernel image: predict with that whole");
  const std::string application = fmt::format("application/{}", name_of(part));
  const std::string loaded = fmt::format("file/{}", name_of(part));
  const auto files = find(loaded);
  const auto initrds = part == BootPart::initrd ? find("stub/initrd") : std::vector<Planned*>();
  if (files.empty() && initrds.empty() && find(application).empty())
    return not_measured(words_for(part));
  for (Planned* p : files) measure(*p, content);
  for (Planned* p : initrds) measure(*p, content);
  return measure_images(application, content);
}

Status PredictedBoot::unified_kernel(Bytes image) {
  if (find("application/unified").empty()) return not_measured("unified kernel image");
  const auto sections = pe_sections(image);
  if (!sections) return pass_on(sections);
  if (auto done = measure_images("application/unified", image); !done) return done;
  for (const PeSection& s : *sections) {
    for (Planned* p : find("section/" + s.name)) measure(*p, s.data);
    if (s.name == ".linux")
      if (auto done = measure_images("application/kernel", s.data); !done) return done;
    if (s.name == ".initrd")
      for (Planned* p : find("stub/initrd")) measure(*p, s.data);
    if (s.name == ".cmdline")
      for (Planned* p : find("stub/load_options")) measure(*p, load_options(as_text(s.data)));
  }
  return {};
}

Status PredictedBoot::bootloader_file(std::string_view path, Bytes content) {
  bool found = false;
  for (Planned& p : events_) {
    if (!p.label.key.starts_with("file/")) continue;
    const std::string_view logged = as_text(p.data).substr(0, as_text(p.data).find('\0'));
    if (logged != path && without_device(logged) != path) continue;
    measure(p, content);
    found = true;
  }
  if (!found) return not_measured(path);
  return {};
}

/// Keeps what stands before the arguments, and the NUL that the log may end with.
void PredictedBoot::change_text(Planned& event, std::string_view arguments) {
  const auto prefix = grub_prefix(event.data);
  if (!prefix) return;
  const bool terminated = event.data.back() == 0;
  std::string text(as_text(event.data).substr(prefix->text.size()));
  if (terminated) text.pop_back();
  text = text.substr(0, kernel_arguments_at(text, prefix->kind));
  if (!text.empty() && text.back() != ' ' && !arguments.empty()) text.push_back(' ');
  text += arguments;
  // RHEL 8's GRUB measures the NUL behind its commands too; others leave it out.
  const bool measures_nul = prefix->text == "grub_cmd ";
  std::string measured = text;
  if (measures_nul) measured.push_back('\0');
  measure(event, as_bytes(measured));
  std::string data(prefix->text);
  data += text;
  if (terminated) data.push_back('\0');
  event.data = to_buffer(as_bytes(data));
}

Status PredictedBoot::command_line(std::string_view arguments) {
  if (!find("application/unified").empty())
    return fail(Fault::unavailable, "command line",
                "it is inside a unified kernel image: predict with that whole");
  bool found = false;
  for (Planned& p : events_) {
    if (p.label.part != BootPart::command_line) continue;
    found = true;
    if (p.label.key == "stub/load_options") {
      measure(p, load_options(arguments));
    } else if (p.label.key == "loader/command_line") {
      p.data = load_options(arguments);
      measure(p, p.data);
    } else {
      change_text(p, arguments);
    }
  }
  if (!found) return not_measured("kernel command line");
  return {};
}

Status PredictedBoot::edit_variable(std::string_view key,
                                    const std::function<Result<Buffer>(Bytes)>& new_data) {
  const auto events = find(key);
  if (events.empty()) return not_measured(key.substr(key.find('/') + 1));
  for (Planned* p : events) {
    const auto variable = parse_uefi_variable(p->data);
    if (!variable) return pass_on(variable);
    const auto data = new_data(variable->data);
    if (!data) return pass_on(data);
    const bool data_alone = p->trust == DataTrust::part;
    p->data = write_uefi_variable(variable->vendor, variable->name, *data);
    measure(*p, data_alone ? Bytes(*data) : Bytes(p->data));
  }
  return {};
}

Status PredictedBoot::secure_boot(SecureBootSwitch value) {
  const std::uint8_t wanted = value == SecureBootSwitch::on ? 1 : 0;
  bool changes = false;
  const auto edited = edit_variable("variable/SecureBoot", [&](Bytes old) -> Result<Buffer> {
    const bool was_on = !old.empty() && old[0] == 1;
    changes = changes || was_on != (wanted == 1);
    return Buffer{wanted};
  });
  if (!edited || !changes) return edited;
  if (value == SecureBootSwitch::on)
    return fail(Fault::unavailable, "secure_boot",
                "which keys will vouch for what runs cannot be told from a boot with Secure Boot "
                "off: record a boot with it on");
  std::erase_if(events_, [](const Planned& p) { return vouches_by_key(p.label.key); });
  if (!find("application/kernel").empty())
    remarks_.emplace_back(
        "secure_boot: without it a boot loader may start the kernel by itself, and not have it "
        "measured into PCR 4: that cannot be told from this log");
  return {};
}

Status PredictedBoot::add_signature(std::string_view database, const Guid& type, Bytes data) {
  return edit_variable(fmt::format("variable/{}", database), [&](Bytes old) -> Result<Buffer> {
    Buffer out = to_buffer(old);
    const auto there = parse_signature_lists(old);
    if (there && std::any_of(there->begin(), there->end(), [&](const SignatureEntry& e) {
          return e.type == type && equal(e.data, data);
        })) {
      // As firmware appends: it leaves out what is there (UEFI 2.10 section 8.2.2).
      remarks_.push_back(fmt::format("{}: has that entry already, so nothing changes", database));
      return out;
    }
    const SignatureEntry entry{type, our_owner(), data};
    const Buffer list = write_signature_lists({&entry, 1});
    out.insert(out.end(), list.begin(), list.end());
    return out;
  });
}

Status PredictedBoot::remove_signature(std::string_view database, const Guid& type, Bytes data) {
  return edit_variable(fmt::format("variable/{}", database), [&](Bytes old) -> Result<Buffer> {
    auto entries = parse_signature_lists(old);
    if (!entries) return pass_on(entries);
    const auto removed = std::erase_if(
        *entries, [&](const SignatureEntry& e) { return e.type == type && equal(e.data, data); });
    if (removed == 0)
      return fail(Fault::unavailable, std::string(database), "has no such entry to remove");
    return write_signature_lists(*entries);
  });
}

Status PredictedBoot::replace_signatures(std::string_view database, Bytes lists) {
  const auto entries = parse_signature_lists(lists);
  if (!entries) return pass_on(entries);
  return edit_variable(fmt::format("variable/{}", database),
                       [&](Bytes) -> Result<Buffer> { return to_buffer(lists); });
}

Status PredictedBoot::sbat_level(std::string_view text) {
  return edit_variable("authority/SbatLevel",
                       [&](Bytes) -> Result<Buffer> { return to_buffer(as_bytes(text)); });
}

Status PredictedBoot::machine_owner_keys(Bytes content) {
  const auto events = find("mok/MokList");
  if (events.empty()) return not_measured("MokList");
  for (Planned* p : events) measure(*p, content);
  return {};
}

Status PredictedBoot::gce_firmware_version(std::uint32_t version) {
  auto events = find("version");
  std::erase_if(events, [](const Planned* p) {
    return !utf8_from_utf16le(p->data).starts_with(kGceVersion);
  });
  if (events.empty()) return not_measured("version of Google's firmware");
  for (Planned* p : events) {
    p->data = load_options(fmt::format("{}{}", kGceVersion, version));
    measure(*p, p->data);
  }
  return {};
}

Status PredictedBoot::technology(ConfidentialTechnology technology) {
  const auto events = find("nonhost_info");
  if (events.empty()) return not_measured("confidential technology");
  for (Planned* p : events) {
    if (!is_gce_non_host_info(p->data)) return not_measured("confidential technology");
    p->data = to_buffer(gce_non_host_info(technology));
    measure(*p, p->data);
  }
  return {};
}

Status PredictedBoot::boot_order(const std::vector<std::uint16_t>& order) {
  return edit_variable("variable/BootOrder", [&](Bytes) -> Result<Buffer> {
    ByteWriter w;
    for (const std::uint16_t entry : order) w.u16_le(entry);
    return w.take();
  });
}

Buffer PredictedBoot::log() const {
  EventLogWriter writer(banks_);
  for (const Planned& p : events_) {
    std::vector<Digest> digests = p.digests;
    // EV_NO_ACTION is not extended; its digests are zero.
    if (p.type == EventType::no_action) {
      digests.clear();
      for (const HashAlgorithm bank : banks_) digests.emplace_back(bank);
    }
    writer.append(p.pcr, p.type, digests, p.data);
  }
  return writer.take();
}

}  // namespace assay

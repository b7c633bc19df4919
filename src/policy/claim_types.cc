// SPDX-License-Identifier: Apache-2.0
#include "policy/claim_types.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "verify/printable.h"

namespace assay {

namespace {

CelType text() { return CelType::of(CelKind::string); }
CelType flag() { return CelType::of(CelKind::boolean); }
CelType number() { return CelType::of(CelKind::integer); }
CelType texts() { return CelType::list(text()); }

CelType database(const std::string& name) {
  const CelType certificate =
      CelType::record(name + ".certificates[]", {{"sha256", text()}, {"name", text()}});
  return CelType::record(
      name,
      {{"certificates", CelType::list(certificate)}, {"hashes", texts()}, {"others", number()}});
}

CelEnvironment make_claim_types() {
  const CelType platform = CelType::record(
      "platform",
      {{"technology", text()}, {"scrtm_version", text()}, {"gce_firmware_version", number()}});
  const CelType secure_boot =
      CelType::record("secure_boot", {{"enabled", flag()},
                                      {"pk", database("secure_boot.pk")},
                                      {"kek", database("secure_boot.kek")},
                                      {"db", database("secure_boot.db")},
                                      {"dbx", database("secure_boot.dbx")},
                                      {"authority", database("secure_boot.authority")},
                                      {"authorities", texts()},
                                      {"authorities_before_separator", texts()},
                                      {"dbx_generation", text()},
                                      {"dma_protection_disabled", flag()}});
  const CelType efi = CelType::record("efi", {{"applications", texts()},
                                              {"boot_services_drivers", texts()},
                                              {"runtime_services_drivers", texts()},
                                              {"boot_attempts", number()}});
  const CelType grub_file =
      CelType::record("grub.files[]", {{"digest", text()}, {"untrusted_name", text()}});
  const CelType grub =
      CelType::record("grub", {{"files", CelType::list(grub_file)}, {"commands", texts()}});
  const CelType section = CelType::record("uki.sections[]", {{"name", text()}, {"digest", text()}});
  const CelType variables = CelType::map(text(), text());
  const CelType shim_variable =
      CelType::record("shim.variables[]", {{"digest", text()}, {"untrusted_name", text()}});
  const CelType shim = CelType::record(
      "shim", {{"sbat_level", text()}, {"variables", CelType::list(shim_variable)}});
  const CelType windows = CelType::record("windows", {{"code_integrity", flag()},
                                                      {"test_signing", flag()},
                                                      {"boot_debugging", flag()},
                                                      {"kernel_debugging", flag()},
                                                      {"safe_mode", flag()},
                                                      {"winpe", flag()},
                                                      {"data_execution_prevention", flag()},
                                                      {"hypervisor", flag()},
                                                      {"virtual_secure_mode", flag()},
                                                      {"vbs_required", flag()},
                                                      {"hibernation_disabled", flag()},
                                                      {"cold_boot", flag()},
                                                      {"boot_count", number()},
                                                      {"bitlocker_unlock", texts()},
                                                      {"elam_drivers", texts()},
                                                      {"modules", number()}});
  const CelType cos = CelType::record("cos", {{"image_reference", text()},
                                              {"image_digest", text()},
                                              {"image_id", text()},
                                              {"restart_policy", text()},
                                              {"args", texts()},
                                              {"env", variables},
                                              {"override_args", texts()},
                                              {"override_env", variables},
                                              {"launched", flag()},
                                              {"launch_error", text()},
                                              {"memory_monitor", flag()},
                                              {"gpu_cc_mode", text()},
                                              {"gpu_attestation_binding", text()}});
  const CelType ima = CelType::record("ima", {{"entries", number()},
                                              {"behind", number()},
                                              {"violations", number()},
                                              {"banks", texts()},
                                              {"padded", texts()},
                                              {"boot_aggregate", text()}});
  const CelType instance = CelType::record("instance", {{"zone", text()},
                                                        {"project_id", text()},
                                                        {"project_number", text()},
                                                        {"instance_name", text()},
                                                        {"instance_id", text()}});
  const CelType tpm = CelType::record("tpm", {{"ak_fingerprint", text()},
                                              {"ak_issuer", text()},
                                              {"firmware_version", text()},
                                              {"clock_ms", number()},
                                              {"reset_count", number()},
                                              {"restart_count", number()},
                                              {"clock_safe", flag()},
                                              {"nonce_bytes", number()}});
  return {{"bank", text()},
          {"platform", platform},
          {"secure_boot", secure_boot},
          {"efi", efi},
          {"grub", grub},
          {"shim", shim},
          {"uki", CelType::record("uki", {{"sections", CelType::list(section)}})},
          {"initrds", texts()},
          {"kernel_command_line", text()},
          {"kernel_command_line_measured_by", texts()},
          {"load_options", texts()},
          {"windows", windows},
          {"cos", cos},
          {"ima", ima},
          {"instance", instance},
          {"tpm", tpm},
          {"pcrs", CelType::map(text(), CelType::map(text(), text()))},
          {"emulated", flag()},
          {"provenance", text()},
          {"now", CelType::of(CelKind::timestamp)}};
}

CelValue text_value(std::string_view text) { return CelValue::string(std::string(text)); }

/// Of our own names, each once.
CelValue record_of(CelEntries members) {
  auto out = CelValue::map(std::move(members));
  ASSAY_CHECK(out.has_value());
  return *std::move(out);
}

std::optional<CelValue> record_value(const json::object& object, const CelType& type) {
  CelEntries out;
  for (const CelField& field : type.fields()) {
    const json::value* member = object.if_contains(field.name);
    if (member == nullptr || member->is_null()) {
      if (field.type.is_record()) out.emplace_back(text_value(field.name), record_of({}));
      continue;
    }
    auto value = cel_value(*member, field.type);
    if (!value) return std::nullopt;
    out.emplace_back(text_value(field.name), std::move(*value));
  }
  return CelValue::map(std::move(out));
}

std::optional<CelValue> map_value(const json::object& object, const CelType& type) {
  CelEntries out;
  for (const auto& member : object) {
    auto value = cel_value(member.value(), type.element());
    if (!value) return std::nullopt;
    out.emplace_back(text_value(member.key()), std::move(*value));
  }
  return CelValue::map(std::move(out));
}

std::optional<CelValue> list_value(const json::array& array, const CelType& type) {
  CelList out;
  for (const json::value& element : array) {
    auto value = cel_value(element, type.element());
    if (!value) return std::nullopt;
    out.push_back(std::move(*value));
  }
  return CelValue::list(std::move(out));
}

/// JSON knows no int: 64-bit numbers come as either kind, as they fit.
std::optional<CelValue> integer_value(const json::value& value) {
  if (value.is_int64()) return CelValue(std::int64_t{value.get_int64()});
  if (value.is_uint64() && value.get_uint64() <= std::uint64_t{INT64_MAX})
    return CelValue(static_cast<std::int64_t>(value.get_uint64()));
  return std::nullopt;
}

}  // namespace

const CelEnvironment& claim_types() {
  static const CelEnvironment kTypes = make_claim_types();
  return kTypes;
}

std::optional<CelValue> cel_value(const json::value& value, const CelType& type) {
  if (type.is(CelKind::string) && value.is_string()) return text_value(value.get_string());
  if (type.is(CelKind::boolean) && value.is_bool()) return CelValue(value.get_bool());
  if (type.is(CelKind::integer)) return integer_value(value);
  if (type.is(CelKind::list) && value.is_array()) return list_value(value.get_array(), type);
  if (!type.is(CelKind::map) || !value.is_object()) return std::nullopt;
  return type.is_record() ? record_value(value.get_object(), type)
                          : map_value(value.get_object(), type);
}

namespace {

json::array texts_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object texts_of(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [name, text] : texts) out[name] = text;
  return out;
}

/// The launcher's texts are UTF-8, each a value of its own.
void put_measured(const CosState& state, json::object& cos) {
  cos["image_reference"] = state.image_reference;
  cos["image_digest"] = state.image_digest;
  cos["image_id"] = state.image_id;
  cos["launch_error"] = state.launch_error;
  cos["args"] = texts_of(state.args);
  cos["env"] = texts_of(state.env);
  cos["override_args"] = texts_of(state.override_args);
  cos["override_env"] = texts_of(state.override_env);
}

/// Printable ASCII, in lines: GRUB measures the body of a menu entry as one command.
bool is_plain_lines(std::string_view text) {
  std::string flat(text);
  std::replace(flat.begin(), flat.end(), '\n', ' ');
  return is_printable(flat);
}

/// Other bytes can be separators to a kernel or a loader and none to a pattern, so commands and
/// names that hold any are left out, all of their list: who asks for one fails, and none passes
/// over those that are left out.
void put_measured(const GrubState& state, json::object& grub) {
  if (std::all_of(state.commands.begin(), state.commands.end(), is_plain_lines))
    grub["commands"] = texts_of(state.commands);
  else
    grub.erase("commands");
  if (!std::all_of(state.files.begin(), state.files.end(),
                   [](const GrubState::File& f) { return is_printable(f.untrusted_name); }))
    grub.erase("files");
}

/// A condition must judge what was measured and not how we print it: the texts of the claims are
/// put in place of those that were made fit for people.
json::object claims_as_measured(const VtpmClaims& claims) {
  json::object out = to_json(claims);
  const MachineState& machine = claims.machine;
  if (machine.kernel_command_line && !is_printable(*machine.kernel_command_line))
    out.erase("kernel_command_line");
  if (machine.grub) put_measured(*machine.grub, out["grub"].get_object());
  if (machine.cos) put_measured(*machine.cos, out["cos"].get_object());
  if (machine.shim && machine.shim->sbat_level)
    out["shim"].get_object()["sbat_level"] = *machine.shim->sbat_level;
  return out;
}

}  // namespace

CelValue claim_values(const VtpmClaims& claims, Instant now) {
  static const CelType kClaims = CelType::record("claims", claim_types());
  const auto values = cel_value(claims_as_measured(claims), kClaims);
  ASSAY_CHECK(values.has_value());  // both sides are ours
  CelEntries out = *values->if_map();
  const std::int64_t seconds = unix_seconds(now);
  const auto beyond = now - from_unix_seconds(seconds);
  out.emplace_back(
      text_value("now"),
      CelValue(CelTimestamp{seconds, static_cast<std::int32_t>(beyond.count() * 1000)}));
  return record_of(std::move(out));
}

}  // namespace assay

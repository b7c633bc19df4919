// SPDX-License-Identifier: Apache-2.0
#include "emulator/vm_identity.h"

#include <fmt/format.h>

#include "base/byte_reader.h"
#include "base/json.h"
#include "crypto/random.h"
#include "emulator/kept_key.h"
#include "host/file.h"

namespace assay {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024;

json::object to_json(const GceInstance& i) {
  return {{"project", i.project_id},
          {"project_number", i.project_number},
          {"zone", i.zone},
          {"instance_name", i.instance_name},
          {"instance_id", i.instance_id}};
}

Result<GceInstance> parse_instance(const std::string& where, Bytes file) {
  const auto object = parse_json_object(where, as_text(file));
  if (!object) return pass_on(object);
  const auto project = json_string(*object, "project");
  if (!project) return pass_on(project);
  const auto number = json_integer(*object, "project_number");
  if (!number) return pass_on(number);
  const auto zone = json_string(*object, "zone");
  if (!zone) return pass_on(zone);
  const auto name = json_string(*object, "instance_name");
  if (!name) return pass_on(name);
  const auto id = json_integer(*object, "instance_id");
  if (!id) return pass_on(id);
  return GceInstance{.zone = std::string(*zone),
                     .project_id = std::string(*project),
                     .project_number = static_cast<std::uint64_t>(*number),
                     .instance_name = std::string(*name),
                     .instance_id = static_cast<std::uint64_t>(*id)};
}

/// 63 bits, not 0: gotpm reads the certificate's integers as signed.
std::uint64_t random_instance_id() {
  const Buffer bytes = random_bytes(8);
  ByteReader r("random", bytes);
  return (r.u64_be("id") >> 1) | 1;
}

Result<GceInstance> load_or_make_instance(const std::filesystem::path& file, GceInstance wanted) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    const auto kept = read_file(file, kMaxFile);
    if (!kept) return pass_on(kept);
    return parse_instance(file.string(), *kept);
  }
  if (wanted.instance_id == 0) wanted.instance_id = random_instance_id();
  const Status written =
      write_file(file, as_bytes(pretty_json(to_json(wanted))), FileAccess::owner_only);
  if (!written) return pass_on(written);
  return wanted;
}

}  // namespace

std::string VmIdentity::region() const { return instance.zone.substr(0, instance.zone.rfind('-')); }

std::string VmIdentity::service_account() const {
  return fmt::format("default@{}.iam.assay-emulator.invalid", instance.project_id);
}

std::string VmIdentity::token_issuer() const {
  return fmt::format("https://identity.assay-emulator.invalid/{}/{}", instance.project_id,
                     instance.instance_id);
}

Result<VmIdentity> VmIdentity::load_or_make(const std::filesystem::path& directory,
                                            const GceInstance& wanted) {
  auto instance = load_or_make_instance(directory / "vm.json", wanted);
  if (!instance) return pass_on(instance);
  auto key = load_or_make_key(directory / "token.key");
  if (!key) return pass_on(key);
  return VmIdentity{std::move(*instance), std::move(*key)};
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/gce_instance.h"

#include "base/byte_writer.h"
#include "formats/der.h"

namespace assay {
namespace {

std::uint64_t explicit_integer(DerReader& r, std::string_view field, unsigned tag) {
  DerReader inner = r.enter(field, der_tag::context(tag));
  const std::uint64_t value = inner.unsigned_integer(field);
  r.leave(inner);
  return value;
}

bool explicit_boolean(DerReader& r, std::string_view field, unsigned tag) {
  DerReader inner = r.enter(field, der_tag::context(tag));
  const bool value = inner.boolean(field);
  r.leave(inner);
  return value;
}

/// The members after isProduction, whose meaning is not published.  Their tags must ascend, so that
/// no second securityVersion or isProduction can hide among them.
void read_over_further_members(DerReader& r) {
  std::uint8_t last = der_tag::context(1);
  while (r.more()) {
    const std::uint8_t tag = r.peek_tag();
    r.require("security_properties", tag > last && tag < der_tag::context(31),
              "members are not in the order of their tags");
    last = tag;
    (void)r.element("security_properties", tag);
  }
}

/// [0] EXPLICIT SEQUENCE { [0] securityVersion, [1] isProduction, ... }.
void read_security_properties(DerReader& r, GceInstanceExtension& extension) {
  DerReader outer = r.enter("security_properties", der_tag::context(0));
  DerReader inner = outer.enter("security_properties", der_tag::kSequence);
  if (inner.peek_tag() == der_tag::context(0)) {
    extension.security_version = explicit_integer(inner, "security_version", 0);
  }
  if (inner.peek_tag() == der_tag::context(1)) {
    extension.is_production = explicit_boolean(inner, "is_production", 1);
  }
  read_over_further_members(inner);
  outer.leave(inner);
  r.leave(outer);
}

Buffer encode_security_properties(const GceInstanceExtension& extension) {
  ByteWriter members;
  if (extension.security_version) {
    members.bytes(der_element(der_tag::context(0), der_integer(*extension.security_version)));
  }
  if (extension.is_production) {
    const std::uint8_t value = *extension.is_production ? 0xFF : 0x00;
    members.bytes(
        der_element(der_tag::context(1), der_element(der_tag::kBoolean, Bytes(&value, 1))));
  }
  return der_element(der_tag::context(0), der_element(der_tag::kSequence, members.take()));
}

}  // namespace

Result<GceInstanceExtension> parse_gce_instance_extension(Bytes der) {
  DerReader outer("gce_instance", der);
  DerReader r = outer.enter("extension", der_tag::kSequence);
  GceInstanceExtension extension;
  GceInstance& instance = extension.instance;
  instance.zone = r.utf8_string("zone");
  instance.project_number = r.unsigned_integer("project_number");
  instance.project_id = r.utf8_string("project_id");
  instance.instance_id = r.unsigned_integer("instance_id");
  instance.instance_name = r.utf8_string("instance_name");
  if (r.more()) read_security_properties(r, extension);
  outer.leave(r);
  return outer.finish(std::move(extension));
}

Buffer encode_gce_instance_extension(const GceInstanceExtension& extension) {
  const GceInstance& instance = extension.instance;
  ByteWriter members;
  members.bytes(der_utf8_string(instance.zone))
      .bytes(der_integer(instance.project_number))
      .bytes(der_utf8_string(instance.project_id))
      .bytes(der_integer(instance.instance_id))
      .bytes(der_utf8_string(instance.instance_name));
  if (extension.security_version || extension.is_production) {
    members.bytes(encode_security_properties(extension));
  }
  return der_element(der_tag::kSequence, members.take());
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "formats/proto_json.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <charconv>
#include <memory>
#include <set>

#include "base/check.h"

namespace assay {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* field_named(const Descriptor& type, const std::string& name) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->json_name() == name || field->name() == name) return field;
  }
  return nullptr;
}

template <class Number>
bool is_printed(std::string_view key) {
  Number value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  return error == std::errc{} && end == key.data() + key.size() && std::to_string(value) == key;
}

/// Whether the key of a map is spelled as it is printed; text has but one spelling.
bool is_key_as_printed(std::string_view key, const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return is_printed<std::uint64_t>(key);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return is_printed<std::int64_t>(key);
    case FieldDescriptor::CPPTYPE_BOOL:
      return key == "true" || key == "false";
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return true;
}

/// Well-known types have a JSON of their own shape; protobuf alone judges them.
bool is_well_known(const Descriptor& type) { return type.file()->package() == "google.protobuf"; }

/// Walks JSON beside the message type it is to become.  Wrong kinds of values are left for protobuf
/// to refuse.
class Names {
 public:
  /// Each field under one name.
  static Status check(const std::string& where, const json::value& value, const Descriptor& type) {
    if (!value.is_object() || is_well_known(type)) return {};
    std::set<const FieldDescriptor*> seen;
    for (const auto& [key, member] : value.get_object()) {
      const std::string name(key);
      const std::string at = where + "." + name;
      const FieldDescriptor* field = field_named(type, name);
      if (field == nullptr) return fail(Fault::malformed, at, "unknown member");
      if (!seen.insert(field).second) {
        return fail(Fault::malformed, at, "appears twice, under both of its names");
      }
      if (auto status = check_field(at, member, *field); !status) return status;
    }
    return {};
  }

 private:
  /// "The keys of a map are unique": for keys that are numbers that needs one spelling for each.
  static Status check_map(const std::string& where, const json::object& map,
                          const Descriptor& entry) {
    const Descriptor* value_type = entry.map_value()->message_type();
    for (const auto& [key, value] : map) {
      const std::string at = fmt::format("{}[{}]", where, std::string_view(key));
      if (!is_key_as_printed(key, *entry.map_key())) {
        return fail(Fault::malformed, at, "key is not spelled as it is printed");
      }
      if (value_type == nullptr) continue;
      if (auto status = check(at, value, *value_type); !status) return status;
    }
    return {};
  }

  static Status check_field(const std::string& where, const json::value& value,
                            const FieldDescriptor& field) {
    if (field.message_type() == nullptr) return {};
    if (field.is_map()) {
      return value.is_object() ? check_map(where, value.get_object(), *field.message_type())
                               : Status();
    }
    if (!field.is_repeated()) return check(where, value, *field.message_type());
    if (!value.is_array()) return {};
    for (std::size_t i = 0; i < value.get_array().size(); ++i) {
      auto status =
          check(fmt::format("{}[{}]", where, i), value.get_array()[i], *field.message_type());
      if (!status) return status;
    }
    return {};
  }
};

}  // namespace

Status parse_proto_json(std::string_view where, std::string_view text,
                        google::protobuf::Message& out, JsonLimits limits) {
  const auto object = parse_json_object(where, text, limits);
  if (!object) return pass_on(object);
  const auto named = Names::check(std::string(where), *object, *out.GetDescriptor());
  if (!named) return named;
  out.Clear();
  const google::protobuf::LogSilencer silence;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &out);
  if (status.ok()) return {};
  return fail(Fault::malformed, std::string(where), std::string(status.message()));
}

std::string to_proto_json(const google::protobuf::Message& message) {
  // Through binary with its map entries in order: MessageToJsonString prints them in any.
  std::string binary;
  {
    google::protobuf::io::StringOutputStream stream(&binary);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    ASSAY_CHECK(message.SerializeToCodedStream(&coded));
  }
  const std::string prefix = "type.googleapis.com";
  const std::unique_ptr<google::protobuf::util::TypeResolver> resolver(
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          prefix, message.GetDescriptor()->file()->pool()));
  std::string out;
  const auto status = google::protobuf::util::BinaryToJsonString(
      resolver.get(), prefix + "/" + message.GetDescriptor()->full_name(), binary, &out);
  ASSAY_CHECK(status.ok());
  return out;
}

}  // namespace assay

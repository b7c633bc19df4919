// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace google::protobuf {
class Message;
}

namespace assay {

/// Reads proto3 JSON into `out`, strictly: what parse_json refuses, unknown members, a field under
/// both of its names ("akPub" and "ak_pub"), and an integer map key in another spelling than it is
/// printed in ("00").  The protobuf library alone takes the last of such doubles silently. On
/// failure `out` is unspecified.  Fault::malformed names `where`.
Status parse_proto_json(std::string_view where, std::string_view text,
                        google::protobuf::Message& out, JsonLimits limits = {});

/// proto3 JSON in one line: members in lowerCamelCase, map entries in order, default values left
/// out. Strings must be UTF-8.
std::string to_proto_json(const google::protobuf::Message& message);

}  // namespace assay

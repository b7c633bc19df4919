// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace google::protobuf {
class Message;
}

namespace assay {

/// Reads protobuf's binary form into `out`: at most `max` bytes, nesting of 32, nothing left over;
/// unknown fields are read over.  Fault::malformed names `where`.
Status parse_proto_binary(std::string_view where, Bytes in, google::protobuf::Message& out,
                          std::size_t max);
/// Reads protobuf's text form, which refuses unknown fields; the same bounds.
Status parse_proto_text(std::string_view where, Bytes in, google::protobuf::Message& out,
                        std::size_t max);

/// The binary form with map entries in the order of their keys: equal values have equal bytes.
std::string to_proto_binary(const google::protobuf::Message& message);
std::string to_proto_text(const google::protobuf::Message& message);

}  // namespace assay

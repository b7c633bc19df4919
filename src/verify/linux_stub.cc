// SPDX-License-Identifier: Apache-2.0
#include "verify/linux_stub.h"

#include "verify/measured_data.h"
#include "verify/register_layout.h"

namespace assay {

std::optional<StubPart> stub_part(const Event& event) {
  constexpr std::uint32_t kStubPcr = 9;
  constexpr std::uint32_t kInitrdTag = 0x8F3B22EC, kLoadOptionsTag = 0x8F3B22ED;
  if (event.type != EventType::event_tag || !is_in(event, kStubPcr)) return std::nullopt;
  if (is_bare_stub_text(event))
    return as_text(event.data).starts_with("Linux") ? StubPart::initrd : StubPart::load_options;
  const auto tag = tag_of(event.data);
  if (tag == kInitrdTag) return StubPart::initrd;
  return tag == kLoadOptionsTag ? std::optional(StubPart::load_options) : std::nullopt;
}

}  // namespace assay

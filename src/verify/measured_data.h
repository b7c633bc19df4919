// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/event_log.h"

namespace assay {

/// What the digests of one event say about its data.  Neither the type nor the data of an event is
/// measured; only where the digest can be computed from the data do we know the data.
enum class DataTrust : std::uint8_t {
  whole,       ///< the digest is H(data)
  part,        ///< the digest covers a part of the data, or the data and a terminator
  elsewhere,   ///< the digest is of something the log does not hold: an image, a file, a table
  unmeasured,  ///< EV_NO_ACTION: reaches no PCR
  mismatch,    ///< a kind of event whose data must be what was measured, and is not
};

/// Bytes that an event's digest may have been computed from.
struct Preimage {
  Bytes bytes;             ///< a part of the event's data
  bool then_zero = false;  ///< one NUL byte that the log leaves out follows
  DataTrust trust = DataTrust::whole;
};

/// How digest and data of one kind of event hang together.
struct DataRule {
  std::array<Preimage, 3> preimages;  ///< of a correct log, likeliest first
  std::uint8_t count = 0;
  bool may_be_elsewhere = false;  ///< else one of the preimages must fit
  /// H(data) as the digest would be wrong for this kind: the type is not what was measured.
  bool never_own_data = false;
  std::string shape_error;  ///< why the data cannot be of this kind; empty if it can
};

/// The rule for an event, from its (unmeasured) type and its PCR.  TCG PC Client Platform Firmware
/// Profile 1.06, table 14 and section 10.4; GRUB, shim, Linux and systemd as they are.
/// docs/checks.md lists which bytes remain that no digest covers.
DataRule data_rule(const Event& event);

/// Whether an event of this type may extend this register.  A closed list: what is not on it could
/// be a genuine event that was relabelled to hide it.  PFP 1.06 section 3.3.4 and the UAPI group's
/// TPM PCR registry.
bool belongs_in(EventType type, std::uint32_t index, RegisterLayout layout);

/// The kinds of text that GRUB measures into PCR 8, with the prefix that it logs but does not
/// measure.
enum class GrubText { command, kernel_command_line, module_command_line };
struct GrubPrefix {
  std::string_view text;
  GrubText kind;
};
std::optional<GrubPrefix> grub_prefix(Bytes data);
/// What GRUB's text is: what follows its prefix up to its NUL.
Bytes grub_text(Bytes data, const GrubPrefix& prefix);
/// UTF-16LE of ASCII characters, as systemd logs command lines; perhaps without its last byte.
bool is_utf16_ascii(Bytes data);
/// The section of a unified kernel image that systemd-stub names in an event of PCR 11: ".linux".
std::optional<std::string_view> uki_section(Bytes data);
/// The tag of a TCG_PCClientTaggedEvent; nothing if the data is none.
std::optional<std::uint32_t> tag_of(Bytes data);
/// Whether the data is a text without tag that Linux' EFI stub logs into CC registers.
bool is_bare_stub_text(const Event& event);

}  // namespace assay

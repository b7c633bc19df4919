// SPDX-License-Identifier: Apache-2.0
#include "emulator/measured_boot.h"

#include <fmt/format.h>

#include "formats/event_log.h"

namespace assay {
namespace {

tl::unexpected<Error> impossible(std::uint32_t event, std::string why) {
  return fail(Fault::malformed, fmt::format("event_log.event {}", event), std::move(why));
}

/// "StartupLocality" and NUL, then the locality.  PFP 1.06 section 10.4.5.3.
std::optional<std::uint8_t> startup_locality(const Event& event) {
  constexpr std::string_view kSignature("StartupLocality\0", 16);
  if (event.type != EventType::no_action || event.data.size() != kSignature.size() + 1)
    return std::nullopt;
  if (as_text(event.data.first(kSignature.size())) != kSignature) return std::nullopt;
  return event.data.back();
}

}  // namespace

Result<MeasuredBoot> parse_measured_boot(Bytes log) {
  const auto parsed = parse_event_log(log);
  if (!parsed) return pass_on(parsed);
  MeasuredBoot out;
  out.banks = parsed->crypto_agile ? parsed->algorithms : std::vector{HashAlgorithm::sha1};
  for (const HashAlgorithm bank : out.banks) {
    if (bank == HashAlgorithm::sm3_256) {
      return fail(Fault::malformed, "event_log", "has an SM3 bank, which the virtual TPM has not");
    }
  }
  for (const Event& event : parsed->events) {
    if (const auto locality = startup_locality(event)) {
      if (*locality != 0 && *locality != 3) {
        return impossible(event.number,
                          fmt::format("a start at locality {} cannot be lived again", *locality));
      }
      out.startup_locality = *locality;
    }
    if (event.type == EventType::no_action) continue;  // never extended
    if (event.type == EventType::efi_hcrtm_event) {
      return impossible(event.number, "a start by H-CRTM cannot be lived again");
    }
    MeasuredBoot::Extension extension{event.pcr, {}};
    for (const HashAlgorithm bank : out.banks) {
      const auto digest = event.digest(bank);
      if (!digest) return impossible(event.number, fmt::format("has no {} digest", name_of(bank)));
      extension.digests.emplace_back(bank, *digest);
    }
    out.extensions.push_back(std::move(extension));
  }
  return out;
}

Status live_again(const MeasuredBoot& boot, Tpm& tpm) {
  for (const MeasuredBoot::Extension& extension : boot.extensions) {
    if (Status extended = tpm.extend(extension.pcr, extension.digests); !extended) return extended;
  }
  return {};
}

}  // namespace assay

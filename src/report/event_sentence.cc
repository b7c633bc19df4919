// SPDX-License-Identifier: Apache-2.0
#include "report/event_sentence.h"

#include <fmt/format.h>

#include <cctype>

#include "formats/image_load.h"
#include "verify/event_words.h"

namespace assay {

namespace {

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

EventSentence image_sentence(std::string what, const Event& event) {
  const auto load = parse_image_load(event.data);
  if (load && load->file_path.empty() && load->of_firmware_file)
    return {std::move(what), "of the firmware itself"};
  return {std::move(what), load ? load->file_path : ""};
}

}  // namespace

EventSentence event_sentence(const JudgedEvent& judged, const EventLabel& label) {
  using enum EventType;
  const EventType type = judged.event->type;
  if (judged.trust == DataTrust::mismatch)
    return {"Not what was measured.  The log says:", event_words(judged)};
  if (type == efi_boot_services_application)
    return image_sentence(fmt::format("Program started ({})", words_for(label.part)),
                          *judged.event);
  if (type == efi_boot_services_driver || type == efi_runtime_services_driver)
    return image_sentence("Driver loaded", *judged.event);
  // Of a boot variable that was measured without its name, the name is only the log's word.
  const bool nameless = type == efi_variable_boot && judged.trust == DataTrust::part;
  if (judged.trust == DataTrust::elsewhere || nameless)
    return {capitalised(words_for(label.part)), event_words(judged)};
  const std::string words = event_words(judged);
  // "db" and "dbx" are names.
  return {words.starts_with("db") ? words : capitalised(words), {}};
}

}  // namespace assay

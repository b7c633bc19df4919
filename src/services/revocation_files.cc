// SPDX-License-Identifier: Apache-2.0
#include "services/revocation_files.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "host/file.h"
#include "host/regular_file.h"
#include "services/operator_log.h"

namespace assay {

namespace {

constexpr std::size_t kMaxCrlFile = 16 * 1024 * 1024;

/// Of a file that somebody else replaces while the service runs.
Result<std::vector<Crl>> read_lists(const std::filesystem::path& path) {
  const auto file = read_regular_file(path, kMaxCrlFile);
  if (!file) return pass_on(file);
  return parse_crls(path.string(), *file);
}

/// Whether one of the lists is the same issuer's, and no older.  RFC 5280 section 5.2.3: of two
/// lists the one with the higher cRLNumber is the later one.
bool is_replaced(const Crl& known, std::span<const Crl> by) {
  return std::ranges::any_of(by, [&](const Crl& crl) {
    return crl.issuer() == known.issuer() && crl.this_update() >= known.this_update() &&
           !has_lower_number(crl, known);
  });
}

}  // namespace

Result<RevocationLists> RevocationFiles::read(const Settings& settings) {
  RevocationLists out;
  out.missing = settings.missing;
  out.max_age = settings.max_age;
  for (const std::filesystem::path& path : settings.files) {
    const auto file = read_file(path, kMaxCrlFile);
    if (!file) return pass_on(file);
    auto lists = parse_crls(path.string(), *file);
    if (!lists) return pass_on(lists);
    std::ranges::move(*lists, std::back_inserter(out.lists));
  }
  return out;
}

Result<std::unique_ptr<RevocationFiles>> RevocationFiles::open(Settings settings) {
  std::unique_ptr<RevocationFiles> out(new RevocationFiles(std::move(settings)));
  for (const std::filesystem::path& path : out->settings_.files) {
    Source source{path, stamp_of(path), false, {}};
    auto lists = read_lists(path);
    if (!lists) return pass_on(lists);
    source.lists = std::move(*lists);
    out->sources_.push_back(std::move(source));
  }
  out->lists_ = out->together();
  return out;
}

std::shared_ptr<const RevocationLists> RevocationFiles::lists() const {
  const std::lock_guard lock(mutex_);
  return lists_;
}

void RevocationFiles::refresh() {
  bool any = false;
  for (Source& source : sources_) any = refresh(source) || any;
  if (!any) return;
  auto fresh = together();
  const std::lock_guard lock(mutex_);
  lists_ = std::move(fresh);
}

bool RevocationFiles::refresh(Source& source) {
  const FileStamp now = stamp_of(source.path);
  const bool changed = now != source.stamp;
  if (!changed && !source.again) return false;
  source.stamp = now;
  auto lists = read_lists(source.path);
  source.again = !lists && now.there && lists.error().fault == Fault::unavailable;
  if (!lists) {
    if (changed) tell_operator(lists.error());
    return false;
  }
  const std::size_t read = lists->size();
  for (Crl& known : source.lists) {
    if (is_replaced(known, std::span(*lists).first(read))) continue;
    tell_operator({Fault::malformed, source.path.string(),
                   "has no list of " + known.issuer() +
                       " that is as new as the one in use, which stays: give its newest"});
    lists->push_back(std::move(known));
  }
  source.lists = std::move(*lists);
  return true;
}

std::shared_ptr<const RevocationLists> RevocationFiles::together() const {
  RevocationLists out;
  out.missing = settings_.missing;
  out.max_age = settings_.max_age;
  for (const Source& source : sources_)
    std::ranges::copy(source.lists, std::back_inserter(out.lists));
  return std::make_shared<const RevocationLists>(std::move(out));
}

}  // namespace assay

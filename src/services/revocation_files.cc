// SPDX-License-Identifier: Apache-2.0
#include "services/revocation_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "crypto/hash.h"
#include "host/file.h"
#include "host/regular_file.h"
#include "services/operator_log.h"

namespace assay {

namespace {

constexpr std::size_t kMaxCrlFile = 16 * 1024 * 1024;

/// RFC 5280 section 5.2.3: of two lists the one with the higher cRLNumber is the later one.
bool is_no_older(const Crl& crl, const Crl& than) {
  return crl.this_update() >= than.this_update() && !has_lower_number(crl, than);
}

/// Whether it can stand in for another: no delta, and not for some certificates alone.
bool is_complete(const Crl& crl) { return crl.unhandled_extensions().empty(); }

}  // namespace

Result<RevocationLists> RevocationFiles::read(const Settings& settings) {
  RevocationLists out;
  out.terms = settings.terms;
  for (const std::filesystem::path& path : settings.files) {
    const auto file = read_file(path, kMaxCrlFile);
    if (!file) return pass_on(file);
    auto lists = parse_crls(path.string(), *file);
    if (!lists) return pass_on(lists);
    std::ranges::move(*lists, std::back_inserter(out.lists));
  }
  return out;
}

Result<RevocationFiles::Contents> RevocationFiles::contents_of(const std::filesystem::path& path) {
  // Somebody else replaces it while the service runs.
  const auto file = read_regular_file(path, kMaxCrlFile);
  if (!file) return pass_on(file);
  auto lists = parse_crls(path.string(), *file);
  if (!lists) return pass_on(lists);
  Contents out{hash(HashAlgorithm::sha256, *file), {}};
  for (Crl& crl : *lists) out.lists.push_back({std::move(crl)});
  return out;
}

Result<std::unique_ptr<RevocationFiles>> RevocationFiles::open(Settings settings) {
  std::unique_ptr<RevocationFiles> out(new RevocationFiles(std::move(settings)));
  for (const std::filesystem::path& path : out->settings_.files) {
    const FileStamp stamp = stamp_of(path);
    auto now = contents_of(path);
    if (!now) return pass_on(now);
    out->sources_.push_back({.path = path, .stamp = stamp, .now = std::move(*now)});
  }
  out->lists_ = out->together();
  return out;
}

std::shared_ptr<const RevocationLists> RevocationFiles::lists() const {
  const std::lock_guard lock(mutex_);
  return lists_;
}

void RevocationFiles::refresh() {
  std::vector<const Source*> changed;
  for (Source& source : sources_)
    if (refresh(source)) changed.push_back(&source);
  if (changed.empty() && signers_.size() == settled_) return;
  settle();
  for (const Source* source : changed) tell_what_stays(*source);
  auto fresh = together();
  const std::lock_guard lock(mutex_);
  lists_ = std::move(fresh);
}

bool RevocationFiles::refresh(Source& source) const {
  const FileStamp stamp = stamp_of(source.path);
  const bool changed = stamp != source.stamp;
  if (!changed && !source.again) return false;
  source.stamp = stamp;
  auto now = contents_of(source.path);
  source.again = !now && stamp.there && now.error().fault == Fault::unavailable;
  if (!now) {
    if (changed) tell_operator(now.error());
    return false;
  }
  if (now->digest == source.now.digest) return false;
  for (Listed& known : source.now.lists) {
    // The signer may have become known since.
    identify(known);
    if ((source.first || known.signer != nullptr) && is_complete(known.crl))
      source.kept.push_back(std::move(known));
  }
  source.first = false;
  source.now = std::move(*now);
  return true;
}

void RevocationFiles::identify(Listed& listed) const {
  if (listed.signer == nullptr) listed.signer = signers_.find(listed.crl);
}

void RevocationFiles::settle() {
  settled_ = signers_.size();
  for (Source& source : sources_) {
    std::ranges::for_each(source.now.lists, [&](Listed& listed) { identify(listed); });
    std::ranges::for_each(source.kept, [&](Listed& listed) { identify(listed); });
  }
  // One by one: of two that replace each other, one is to stay.
  for (Source& source : sources_)
    for (auto at = source.kept.begin(); at != source.kept.end();)
      at = is_replaced(*at) ? source.kept.erase(at) : std::next(at);
}

bool RevocationFiles::is_replaced(const Listed& known) const {
  const auto replaces = [&](const Listed& other) {
    return &other != &known && other.signer == known.signer && is_complete(other.crl) &&
           is_no_older(other.crl, known.crl);
  };
  return known.signer != nullptr && std::ranges::any_of(sources_, [&](const Source& source) {
           return std::ranges::any_of(source.now.lists, replaces) ||
                  std::ranges::any_of(source.kept, replaces);
         });
}

void RevocationFiles::tell_what_stays(const Source& source) {
  for (const Listed& known : source.kept) {
    const std::string issuer = known.crl.issuer();
    const bool claimed = std::ranges::any_of(source.now.lists, [&](const Listed& other) {
      return other.crl.issuer() == issuer && is_no_older(other.crl, known.crl);
    });
    if (!claimed)
      tell_operator({Fault::malformed, source.path.string(),
                     "has no list of " + issuer +
                         " that is as new as the one in use, which stays: give its newest"});
    else if (known.signer != nullptr)
      tell_operator({Fault::malformed, source.path.string(),
                     "has no newer list of " + issuer +
                         " that is complete and signed by the CA whose list is in use, which "
                         "stays: give that CA's newest"});
  }
}

std::shared_ptr<const RevocationLists> RevocationFiles::together() const {
  RevocationLists out;
  out.terms = settings_.terms;
  for (const Source& source : sources_) {
    for (const Listed& listed : source.now.lists) out.lists.push_back(listed.crl);
    for (const Listed& listed : source.kept) out.lists.push_back(listed.crl);
  }
  return std::make_shared<const RevocationLists>(std::move(out));
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "services/trusted_key_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "host/regular_file.h"
#include "services/operator_log.h"

namespace assay {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyFile = 64 * 1024;

Result<TrustedKey> read_key(const fs::path& path) {
  const auto file = read_regular_file(path, kMaxKeyFile);
  if (!file) return pass_on(file);
  return parse_trusted_key(path.string(), *file);
}

/// The files of what was named, in the order of their names.
Result<TrustedKeyFiles::Paths> files_of(const fs::path& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) return TrustedKeyFiles::Paths{root};
  TrustedKeyFiles::Paths out;
  fs::directory_iterator entry(root, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    if (!entry->path().filename().string().starts_with('.')) out.push_back(entry->path());
  if (error) return fail(Fault::unavailable, root.string(), "cannot list it: " + error.message());
  std::ranges::sort(out);
  return out;
}

Error emulated_without_dev(const fs::path& path) {
  return {Fault::untrusted, path.string(),
          "is the key of an emulated machine, which proves nothing about hardware; add --dev to "
          "believe it all the same"};
}

}  // namespace

Result<TrustedKeys> TrustedKeyFiles::read(const Paths& paths) {
  TrustedKeys out;
  for (const fs::path& root : paths) {
    const auto files = files_of(root);
    if (!files) return pass_on(files);
    for (const fs::path& path : *files) {
      auto key = read_key(path);
      if (!key) return pass_on(key);
      if (const auto added = out.add(path.string(), std::move(*key)); !added) return pass_on(added);
    }
  }
  return out;
}

Result<std::unique_ptr<TrustedKeyFiles>> TrustedKeyFiles::open(Settings settings) {
  std::unique_ptr<TrustedKeyFiles> out(new TrustedKeyFiles(std::move(settings)));
  TrustedKeys named;
  for (const fs::path& root : out->settings_.paths) {
    if (const auto files = files_of(root); !files) return pass_on(files);
    std::error_code error;
    if (fs::is_directory(root, error)) continue;
    auto key = read_key(root);
    if (!key) return pass_on(key);
    if (key->provenance == Provenance::emulated && out->settings_.emulated == Emulated::refused)
      return tl::unexpected(emulated_without_dev(root));
    if (const auto added = named.add(root.string(), std::move(*key)); !added) return pass_on(added);
  }
  out->refresh();
  return out;
}

TrustedKeyFiles::Found TrustedKeyFiles::find_signer(const Attestation& attestation) {
  const auto is_current = [](const Origin& origin) { return origin.is_current(); };
  // A second look sees what the first one read again.
  for (int look = 0; look < 2; ++look) {
    auto now = snapshot();
    const TrustedKey* const key = now->keys.find_signer(attestation).key;
    if (key == nullptr) {
      if (std::ranges::all_of(now->roots, is_current)) return {};
    } else {
      const auto place = static_cast<std::size_t>(key - now->keys.keys().data());
      if (std::ranges::all_of(now->origins[place], is_current))
        return {std::shared_ptr<const TrustedKeys>(now, &now->keys), key};
    }
    refresh();
  }
  return {};
}

std::size_t TrustedKeyFiles::size() const { return snapshot()->keys.keys().size(); }

void TrustedKeyFiles::refresh() {
  const std::lock_guard one_at_a_time(refreshing_);
  const auto before = snapshot();
  std::vector<Origin> roots;
  std::map<fs::path, Source> sources;
  bool changed = false;
  for (const fs::path& root : settings_.paths) {
    const FileStamp stamp = stamp_of(root);
    const bool is_told = before && before->roots[roots.size()].stamp == stamp;
    roots.push_back({root, stamp});
    const auto files = files_of(root);
    if (!files) {
      if (!is_told) tell_operator(files.error());
      continue;
    }
    for (const fs::path& path : *files) {
      if (sources.contains(path)) continue;
      const auto known = sources_.find(path);
      Source source = known == sources_.end() ? Source() : std::move(known->second);
      if (known != sources_.end()) sources_.erase(known);
      changed = look(path, source) || changed;
      sources.emplace(path, std::move(source));
    }
  }
  changed = changed || !sources_.empty();  // what is left is gone
  sources_ = std::move(sources);
  const auto same = [](const Origin& a, const Origin& b) { return a.stamp == b.stamp; };
  if (before && !changed && std::ranges::equal(before->roots, roots, same)) return;
  auto fresh = together(std::move(roots));
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(fresh);
}

bool TrustedKeyFiles::look(const fs::path& path, Source& source) const {
  const FileStamp now = stamp_of(path);
  const bool changed = now != source.stamp;
  if (!changed && !source.again) return false;
  source.stamp = now;
  auto key = read_key(path);
  source.again = !key && now.there && key.error().fault == Fault::unavailable;
  if (!key) {
    if (changed) tell_operator(key.error());
    return std::exchange(source.key, std::nullopt).has_value();
  }
  if (key->provenance == Provenance::emulated && settings_.emulated == Emulated::refused)
    tell_operator(emulated_without_dev(path));
  source.key = std::move(*key);
  return true;
}

std::shared_ptr<const TrustedKeyFiles::Snapshot> TrustedKeyFiles::together(
    std::vector<Origin> roots) const {
  // That one file calls a machine emulated is not mended by another that does not.
  std::set<std::string> refused;
  if (settings_.emulated == Emulated::refused) {
    for (const auto& [path, source] : sources_)
      if (source.key && source.key->provenance == Provenance::emulated)
        refused.insert(source.key->key.fingerprint());
  }
  Snapshot out;
  out.roots = std::move(roots);
  for (const auto& [path, source] : sources_) {
    if (!source.key || !source.stamp || refused.contains(source.key->key.fingerprint())) continue;
    const auto place = out.keys.add(path.string(), *source.key);
    if (!place) {
      tell_operator(place.error());
      continue;
    }
    out.origins.resize(std::max(out.origins.size(), *place + 1));
    out.origins[*place].push_back({path, *source.stamp});
  }
  const auto bare = std::ranges::count_if(
      out.keys.keys(), [](const TrustedKey& key) { return !key.area.has_value(); });
  if (std::cmp_greater(bare, TrustedKeys::kMaxTried))
    tell_operator({Fault::malformed, "--trust-ak",
                   fmt::format("{} keys have no public area, and only {} of them are tried for a "
                               "quote: enroll the machines, or give the keys as TPMT_PUBLIC",
                               bare, TrustedKeys::kMaxTried)});
  return std::make_shared<const Snapshot>(std::move(out));
}

std::shared_ptr<const TrustedKeyFiles::Snapshot> TrustedKeyFiles::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "services/revocation_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/file.h"
#include "services/operator_log.h"

namespace assay {

namespace {

constexpr std::size_t kMaxCrlFile = 16 * 1024 * 1024;

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
  out->read_ = out->stamps();
  auto lists = read(out->settings_);
  if (!lists) return pass_on(lists);
  out->lists_ = std::make_shared<const RevocationLists>(std::move(*lists));
  return out;
}

std::shared_ptr<const RevocationLists> RevocationFiles::lists() const {
  const std::lock_guard lock(mutex_);
  return lists_;
}

void RevocationFiles::refresh() {
  const std::vector<Stamp> now = stamps();
  if (now == read_) return;
  auto lists = read(settings_);
  if (!lists) {
    if (now != told_) tell_operator(lists.error());
    told_ = now;
    return;
  }
  auto fresh = std::make_shared<const RevocationLists>(std::move(*lists));
  read_ = now;
  const std::lock_guard lock(mutex_);
  lists_ = std::move(fresh);
}

std::vector<RevocationFiles::Stamp> RevocationFiles::stamps() const {
  std::vector<Stamp> out;
  for (const std::filesystem::path& path : settings_.files) {
    struct stat found = {};
    if (::stat(path.c_str(), &found) != 0)
      out.emplace_back();
    else
      out.push_back(
          {true, found.st_ino, found.st_size, found.st_ctim.tv_sec, found.st_ctim.tv_nsec});
  }
  return out;
}

}  // namespace assay

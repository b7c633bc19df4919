// SPDX-License-Identifier: Apache-2.0
#include "services/revocation_refresher.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>

#include "services/operator_log.h"

namespace assay {
namespace {

/// How often the files are looked at.
constexpr std::chrono::seconds kLook{1};

void keep_current(RevocationFiles& files, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    try {
      files.refresh();
    } catch (const std::exception& e) {  // out of memory; the next look may do better
      tell_operator({Fault::internal, "revocation lists", e.what()});
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kLook, [] { return false; });
  }
}

}  // namespace

RevocationRefresher::RevocationRefresher(RevocationFiles& files)
    : thread_([&files](const std::stop_token& stop) { keep_current(files, stop); }) {}

}  // namespace assay

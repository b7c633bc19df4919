// SPDX-License-Identifier: Apache-2.0
#include "services/file_refresher.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

#include "services/operator_log.h"

namespace assay {
namespace {

/// How often the files are looked at.
constexpr std::chrono::seconds kLook{1};

void keep_current(const std::function<void()>& look, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    try {
      look();
    } catch (const std::exception& e) {  // out of memory; the next look may do better
      tell_operator({Fault::internal, "files that are followed", e.what()});
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kLook, [] { return false; });
  }
}

}  // namespace

FileRefresher::FileRefresher(std::function<void()> look)
    : thread_([look = std::move(look)](const std::stop_token& stop) { keep_current(look, stop); }) {
}

}  // namespace assay

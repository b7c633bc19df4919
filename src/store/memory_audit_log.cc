// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <mutex>

#include "store/log_entry.h"
#include "store/sqlite_stores.h"

namespace assay {
namespace {

class MemoryAuditLog final : public AuditLog {
 public:
  Result<std::string> append(const AuditRecord& record, Instant now) override {
    auto row = to_row(record);
    if (!row) return pass_on(row);
    const std::lock_guard lock(mutex_);
    row->time =
        rows_.empty() ? now : std::max(now, rows_.back().time + std::chrono::microseconds(1));
    row->insert_id = insert_id(row->time, store_id_);
    rows_.push_back(std::move(*row));
    return rows_.back().insert_id;
  }

  Result<std::vector<json::object>> read(const Query& query) const override {
    const std::lock_guard lock(mutex_);
    std::vector<json::object> out;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (query.limit != 0 && out.size() == query.limit) break;
      auto entry = to_entry(query.newest_first ? rows_[rows_.size() - 1 - i] : rows_[i]);
      if (!entry) return pass_on(entry);
      if (!query.filter || query.filter(*entry)) out.push_back(std::move(*entry));
    }
    return out;
  }

 private:
  const std::string store_id_ = new_store_id();
  mutable std::mutex mutex_;
  std::vector<LogRow> rows_;
};

}  // namespace

std::unique_ptr<AuditLog> make_memory_audit_log() { return std::make_unique<MemoryAuditLog>(); }

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "store/audit_log.h"
#include "store/challenges.h"
#include "store/secrets.h"

namespace assay {

/// SQLite files in a state directory: WAL, synchronous=FULL, mode 0600.  Fault::unavailable says
/// what is wrong with the directory and what to do.
Result<std::unique_ptr<ChallengeStore>> open_sqlite_challenges(const std::filesystem::path& file);
Result<std::unique_ptr<AuditLog>> open_sqlite_audit_log(const std::filesystem::path& file);
Result<std::unique_ptr<SecretStore>> open_sqlite_secrets(const std::filesystem::path& file);

/// AuditLog::read() of a file that services may be writing meanwhile.  Nothing is written: it needs
/// no permission for that, neither to the file nor to its directory.
Result<std::vector<json::object>> read_sqlite_audit_log(const std::filesystem::path& file,
                                                        const AuditLog::Query& query);

/// The same in memory, for tests and `quickstart` without a state directory.
std::unique_ptr<ChallengeStore> make_memory_challenges();
std::unique_ptr<AuditLog> make_memory_audit_log();
std::unique_ptr<SecretStore> make_memory_secrets();

}  // namespace assay

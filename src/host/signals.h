// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace assay {

/// Blocks SIGINT and SIGTERM in this thread and all it starts from now on, so that one place waits
/// for them.  Call before the first thread; also ignores SIGPIPE.
void block_stop_signals();

/// Blocks until SIGINT or SIGTERM arrives; its number.  After block_stop_signals().
int wait_for_stop_signal();

}  // namespace assay

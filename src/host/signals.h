// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace assay {

/// Blocks SIGINT, SIGTERM and SIGHUP in this thread and all it starts from now on, so that one
/// place waits for them.  Call before the first thread; also ignores SIGPIPE.  A SIGHUP that
/// whoever started us ignores, as nohup(1) does, stays ignored.
void block_stop_signals();

/// Blocks until one of them arrives; its number.  After block_stop_signals().
int wait_for_stop_signal();

}  // namespace assay

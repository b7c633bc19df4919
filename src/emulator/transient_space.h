// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "collect/tpm_channel.h"

namespace assay {

/// A TPM with many more slots for transient objects than it has: objects that do not fit are saved
/// out of it and loaded back when a command names them, as an operating system's resource manager
/// does (TPM 2.0 Part 1, 30), but in one handle space for all clients and all connections, which
/// gotpm needs: it makes a key on one connection and uses it on another.
///
/// Clients that forget their keys cost nothing until there are kMaxObjects of them; then the one
/// that was used longest ago goes.  Thread-safe.
class TransientSpace final : public TpmChannel {
 public:
  static constexpr std::size_t kMaxObjects = 128;

  explicit TransientSpace(std::shared_ptr<TpmChannel> tpm) : tpm_(std::move(tpm)) {}
  Result<Buffer> execute(Bytes command) override;

 private:
  using Handle = std::uint32_t;
  /// One object of a client: loaded in the TPM under `real`, or saved in `context` (TPMS_CONTEXT).
  struct Object {
    std::optional<Handle> real;
    Buffer context;
    std::uint64_t last_use = 0;
  };
  /// TPMA_CC of a command: how many handles it takes, and whether it answers with one.
  struct CommandShape {
    std::size_t handles = 0;
    bool answers_handle = false;
  };

  Result<CommandShape> shape_of(std::uint32_t code);
  Status learn_shapes();
  Result<Buffer> flush(Bytes command);
  Result<Buffer> list_handles(Bytes command);
  Result<Buffer> forward(Bytes command, const CommandShape& shape);
  /// Executes, making room in the TPM as long as it says that it has none.
  Result<Buffer> execute_with_room(Bytes command, const std::vector<Handle>& in_use);
  /// Saves the loaded object that was used longest ago, but none of `in_use`.  False: there is
  /// none.
  Result<bool> save_one(const std::vector<Handle>& in_use);
  /// The object's handle in the TPM, loading it if need be.
  Result<Handle> load(Object& object, const std::vector<Handle>& in_use);
  /// The handle clients know a new object by.
  Result<Handle> adopt(Handle real);
  Status flush_real(Handle real);

  std::mutex mutex_;
  std::shared_ptr<TpmChannel> tpm_;
  std::map<std::uint32_t, CommandShape> shapes_;
  std::map<Handle, Object> objects_;  ///< by the handle clients use
  std::uint64_t uses_ = 0;
};

}  // namespace assay

// SPDX-License-Identifier: Apache-2.0
#include "emulator/transient_space.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace assay {
namespace {

constexpr std::uint16_t kNoSessions = 0x8001;  // TPM_ST_NO_SESSIONS
constexpr std::uint32_t kGetCapability = 0x17A, kContextSave = 0x162, kContextLoad = 0x161,
                        kFlushContext = 0x165;
constexpr std::uint32_t kCapHandles = 1, kCapCommands = 2;
constexpr std::uint32_t kFirstTransient = 0x80000000;
constexpr std::uint32_t kRcObjectMemory = 0x902;
// TPM_RC_HANDLE for the first parameter (Part 2, 6.6.2).
constexpr std::uint32_t kRcFirstParameter = 0x1CB;

bool is_transient(std::uint32_t handle) { return handle >> 24 == 0x80; }

Buffer message(std::uint16_t tag, std::uint32_t code, Bytes body) {
  ByteWriter w;
  w.u16_be(tag).u32_be(static_cast<std::uint32_t>(kTpmHeaderSize + body.size())).u32_be(code);
  return w.bytes(body).take();
}

Buffer refusal(std::uint32_t code) { return message(kNoSessions, code, {}); }

std::uint32_t command_code(Bytes command) { return response_code(command); }  // at the same place

std::uint32_t u32_at(Bytes in, std::size_t offset) {
  ByteReader r("handle", in.subspan(offset));
  return r.u32_be("handle");
}

void put_u32(Buffer& out, std::size_t offset, std::uint32_t value) {
  const Buffer bytes = ByteWriter().u32_be(value).take();
  std::copy(bytes.begin(), bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

Result<Buffer> TransientSpace::execute(Bytes command) {
  const std::lock_guard guard(mutex_);
  const auto size = declared_size(command);
  // Too short or inconsistent: the TPM itself knows best how to refuse that.
  if (!size || *size != command.size()) return tpm_->execute(command);
  const std::uint32_t code = command_code(command);
  if (code == kFlushContext && command.size() == kTpmHeaderSize + 4) return flush(command);
  if (code == kGetCapability && command.size() == kTpmHeaderSize + 12 &&
      u32_at(command, kTpmHeaderSize) == kCapHandles &&
      is_transient(u32_at(command, kTpmHeaderSize + 4))) {
    return list_handles(command);
  }
  const auto shape = shape_of(code);
  if (!shape) return pass_on(shape);
  return forward(command, *shape);
}

Result<TransientSpace::CommandShape> TransientSpace::shape_of(std::uint32_t code) {
  // Before TPM2_Startup the TPM does not tell its commands; those allowed then have no handles.
  if (shapes_.empty()) {
    if (const Status learned = learn_shapes(); !learned) return pass_on(learned);
  }
  const auto found = shapes_.find(code);
  return found == shapes_.end() ? CommandShape{} : found->second;
}

Status TransientSpace::learn_shapes() {
  constexpr std::uint32_t kFirst = 0x11F, kMany = 256;
  const Buffer body = ByteWriter().u32_be(kCapCommands).u32_be(kFirst).u32_be(kMany).take();
  const auto response = tpm_->execute(message(kNoSessions, kGetCapability, body));
  if (!response) return pass_on(response);
  if (response_code(*response) != 0) return {};
  ByteReader r("commands", Bytes(*response).subspan(kTpmHeaderSize));
  static_cast<void>(r.u8("more"));
  static_cast<void>(r.u32_be("capability"));
  const std::uint32_t count = r.u32_be("count");
  for (std::uint32_t i = 0; i < count && r.more(); ++i) {
    const std::uint32_t attributes = r.u32_be("attributes");  // TPMA_CC, Part 2, 8.9
    shapes_[attributes & 0xFFFF] = {.handles = (attributes >> 25) & 7,
                                    .answers_handle = ((attributes >> 28) & 1) != 0};
  }
  return r.ok() ? Status{} : tl::unexpected(r.error());
}

Status TransientSpace::flush_real(Handle real) {
  const auto response =
      tpm_->execute(message(kNoSessions, kFlushContext, ByteWriter().u32_be(real).take()));
  return response ? Status{} : pass_on(response);
}

/// TPM2_FlushContext takes its handle as a parameter.
Result<Buffer> TransientSpace::flush(Bytes command) {
  const Handle handle = u32_at(command, kTpmHeaderSize);
  if (!is_transient(handle)) return tpm_->execute(command);
  const auto found = objects_.find(handle);
  if (found == objects_.end()) return refusal(kRcFirstParameter);
  if (const auto& real = found->second.real) {
    if (const Status flushed = flush_real(*real); !flushed) return pass_on(flushed);
  }
  objects_.erase(found);
  return refusal(0);
}

/// TPM2_GetCapability(TPM_CAP_HANDLES) of the transient handles: ours, as clients know them.
Result<Buffer> TransientSpace::list_handles(Bytes command) {
  const Handle first = u32_at(command, kTpmHeaderSize + 4);
  constexpr std::uint32_t kMost = 254;  // MAX_CAP_HANDLES
  const std::size_t wanted = std::min(u32_at(command, kTpmHeaderSize + 8), kMost);
  std::vector<Handle> handles;
  for (auto it = objects_.lower_bound(first); it != objects_.end(); ++it)
    handles.push_back(it->first);
  const bool more = handles.size() > wanted;
  if (more) handles.resize(wanted);
  ByteWriter w;
  w.u8(more ? 1 : 0).u32_be(kCapHandles).u32_be(static_cast<std::uint32_t>(handles.size()));
  for (const Handle handle : handles) w.u32_be(handle);
  return message(kNoSessions, 0, w.take());
}

Result<Buffer> TransientSpace::forward(Bytes command, const CommandShape& shape) {
  Buffer translated = to_buffer(command);
  std::vector<Handle> in_use;
  for (std::size_t i = 0; i < shape.handles; ++i) {
    const std::size_t offset = kTpmHeaderSize + 4 * i;
    if (offset + 4 > command.size()) break;  // the TPM refuses it
    const Handle handle = u32_at(command, offset);
    if (!is_transient(handle)) continue;
    const auto found = objects_.find(handle);
    // Part 3, 5.4: a handle that names nothing loaded is TPM_RC_REFERENCE_H0 + its position.
    constexpr std::uint32_t kRcReferenceH0 = 0x910;
    if (found == objects_.end()) return refusal(kRcReferenceH0 + static_cast<std::uint32_t>(i));
    const auto real = load(found->second, in_use);
    if (!real) return pass_on(real);
    in_use.push_back(*real);
    put_u32(translated, offset, *real);
  }
  auto response = execute_with_room(translated, in_use);
  if (!response || response_code(*response) != 0 || !shape.answers_handle) return response;
  if (response->size() < kTpmHeaderSize + 4) return response;
  const Handle real = u32_at(*response, kTpmHeaderSize);
  if (!is_transient(real)) return response;  // a session
  const auto handle = adopt(real);
  if (!handle) return pass_on(handle);
  put_u32(*response, kTpmHeaderSize, *handle);
  return response;
}

Result<Buffer> TransientSpace::execute_with_room(Bytes command, const std::vector<Handle>& in_use) {
  for (;;) {
    auto response = tpm_->execute(command);
    if (!response || response_code(*response) != kRcObjectMemory) return response;
    const auto saved = save_one(in_use);
    if (!saved) return pass_on(saved);
    if (!*saved) return response;
  }
}

Result<bool> TransientSpace::save_one(const std::vector<Handle>& in_use) {
  Object* oldest = nullptr;
  Handle real = 0;
  for (auto& [handle, object] : objects_) {
    if (!object.real || std::find(in_use.begin(), in_use.end(), *object.real) != in_use.end())
      continue;
    if (oldest == nullptr || object.last_use < oldest->last_use)
      oldest = &object, real = *object.real;
  }
  if (oldest == nullptr) return false;
  const auto response =
      tpm_->execute(message(kNoSessions, kContextSave, ByteWriter().u32_be(real).take()));
  if (!response) return pass_on(response);
  if (response_code(*response) != 0) return false;
  if (const Status flushed = flush_real(real); !flushed) return pass_on(flushed);
  oldest->context = to_buffer(Bytes(*response).subspan(kTpmHeaderSize));
  oldest->real.reset();
  return true;
}

Result<TransientSpace::Handle> TransientSpace::load(Object& object,
                                                    const std::vector<Handle>& in_use) {
  object.last_use = ++uses_;
  if (object.real) return *object.real;
  const auto response =
      execute_with_room(message(kNoSessions, kContextLoad, object.context), in_use);
  if (!response) return pass_on(response);
  if (response_code(*response) != 0 || response->size() < kTpmHeaderSize + 4) {
    return fail(Fault::internal, "virtual TPM", "does not take back an object it saved");
  }
  object.real = u32_at(*response, kTpmHeaderSize);
  object.context.clear();
  return *object.real;
}

Result<TransientSpace::Handle> TransientSpace::adopt(Handle real) {
  if (objects_.size() >= kMaxObjects) {
    const auto oldest = std::min_element(
        objects_.begin(), objects_.end(),
        [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; });
    if (const auto& unwanted = oldest->second.real) {
      if (const Status flushed = flush_real(*unwanted); !flushed) return pass_on(flushed);
    }
    objects_.erase(oldest);
  }
  Handle handle = kFirstTransient;
  while (objects_.contains(handle)) ++handle;
  objects_[handle] = {.real = real, .context = {}, .last_use = ++uses_};
  return handle;
}

}  // namespace assay

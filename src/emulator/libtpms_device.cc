// SPDX-License-Identifier: Apache-2.0
#include "emulator/libtpms_device.h"

#include <fmt/format.h>
#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_nvfilename.h>
#include <libtpms/tpm_types.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/byte_writer.h"

namespace assay {
namespace {

// libtpms has one TPM per process and gives its callbacks no context.
std::mutex power_mutex;
LibtpmsDevice* powered = nullptr;

constexpr std::uint16_t kNoSessions = 0x8001;  // TPM_ST_NO_SESSIONS
constexpr std::uint16_t kSessions = 0x8002;    // TPM_ST_SESSIONS
constexpr std::uint32_t kStartup = 0x144, kShutdown = 0x145, kPcrAllocate = 0x12B;
constexpr std::uint32_t kPlatform = 0x4000000C;  // TPM_RH_PLATFORM
constexpr std::uint32_t kPassword = 0x40000009;  // TPM_RS_PW

Buffer command_of(std::uint16_t tag, std::uint32_t code, const Buffer& body) {
  ByteWriter w;
  w.u16_be(tag).u32_be(static_cast<std::uint32_t>(kTpmHeaderSize + body.size())).u32_be(code);
  return w.bytes(body).take();
}

Buffer startup_type_clear() { return ByteWriter().u16_be(0).take(); }

}  // namespace

/// libtpms keeps three pieces of state by name.  Only the permanent one survives a power cycle
/// here: a TPM that is switched off forgets the rest.
struct LibtpmsDevice::Callbacks {
  static bool permanent(const char* name) {
    return std::string_view(name) == TPM_PERMANENT_ALL_NAME;
  }

  static TPM_RESULT init() { return TPM_SUCCESS; }

  static TPM_RESULT load(unsigned char** data, std::uint32_t* size, std::uint32_t,
                         const char* name) {
    if (!permanent(name) || powered->state_.empty()) return TPM_RETRY;
    const Buffer& state = powered->state_;
    void* copy = std::malloc(state.size());  // libtpms frees it
    if (copy == nullptr) return TPM_FAIL;
    std::memcpy(copy, state.data(), state.size());
    *data = static_cast<unsigned char*>(copy);
    *size = static_cast<std::uint32_t>(state.size());
    return TPM_SUCCESS;
  }

  static TPM_RESULT store(const unsigned char* data, std::uint32_t size, std::uint32_t,
                          const char* name) {
    if (!permanent(name)) return TPM_SUCCESS;
    powered->state_.assign(data, data + size);
    powered->changed_ = true;
    return TPM_SUCCESS;
  }

  static TPM_RESULT remove(std::uint32_t, const char*, TPM_BOOL) { return TPM_SUCCESS; }

  static TPM_RESULT locality(TPM_MODIFIER_INDICATOR* out, std::uint32_t) {
    *out = powered->locality_;
    return TPM_SUCCESS;
  }

  static TPM_RESULT physical_presence(TPM_BOOL* out, std::uint32_t) {
    *out = 0;
    return TPM_SUCCESS;
  }
};

Result<std::unique_ptr<LibtpmsDevice>> LibtpmsDevice::power_on(Buffer state, Keep keep) {
  std::unique_ptr<LibtpmsDevice> device(new LibtpmsDevice(std::move(state), std::move(keep)));
  {
    const std::lock_guard guard(power_mutex);
    if (powered != nullptr) {
      return fail(Fault::internal, "virtual TPM", "there can be one in a program at a time");
    }
    powered = device.get();
  }
  if (const Status on = device->main_init(); !on) return pass_on(on);
  return device;
}

Status LibtpmsDevice::main_init() {
  libtpms_callbacks callbacks{};
  callbacks.sizeOfStruct = sizeof callbacks;
  callbacks.tpm_nvram_init = Callbacks::init;
  callbacks.tpm_nvram_loaddata = Callbacks::load;
  callbacks.tpm_nvram_storedata = Callbacks::store;
  callbacks.tpm_nvram_deletename = Callbacks::remove;
  callbacks.tpm_io_init = Callbacks::init;
  callbacks.tpm_io_getlocality = Callbacks::locality;
  callbacks.tpm_io_getphysicalpresence = Callbacks::physical_presence;
  if (TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS ||
      TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS) {
    return fail(Fault::internal, "virtual TPM", "libtpms has no TPM 2.0");
  }
  if (const TPM_RESULT result = TPMLIB_MainInit(); result != TPM_SUCCESS) {
    TPMLIB_Terminate();  // a TPM in failure mode counts as running
    return fail(state_.empty() ? Fault::internal : Fault::malformed, "virtual TPM",
                fmt::format("libtpms does not start (0x{:x}){}", result,
                            state_.empty() ? "" : ": its saved state is damaged or not a TPM's"));
  }
  on_ = true;
  return {};
}

LibtpmsDevice::~LibtpmsDevice() {
  if (on_) {
    // An orderly shutdown, so that the next start may trust the TPM's clock (Part 1, 36.3); without
    // it the TPM is as sound as after a power cut.
    static_cast<void>(execute(command_of(kNoSessions, kShutdown, startup_type_clear())));
    TPMLIB_Terminate();
  }
  std::free(response_);
  const std::lock_guard guard(power_mutex);
  if (powered == this) powered = nullptr;
}

Status LibtpmsDevice::require_success(const char* name, const Buffer& command) {
  const auto response = execute_locked(command);
  if (!response) return pass_on(response);
  if (const std::uint32_t code = response_code(*response); code != 0) {
    return fail(Fault::internal, "virtual TPM", fmt::format("{} failed with 0x{:x}", name, code));
  }
  return {};
}

Status LibtpmsDevice::startup(std::uint8_t locality) {
  const std::lock_guard guard(mutex_);
  locality_ = locality;
  const Status started =
      require_success("TPM2_Startup", command_of(kNoSessions, kStartup, startup_type_clear()));
  locality_ = 0;
  return started;
}

Status LibtpmsDevice::allocate_banks(const std::vector<HashAlgorithm>& banks) {
  const std::lock_guard guard(mutex_);
  // Every bank libtpms can have must be named: one that is not keeps its PCRs (Part 3, 22.5).
  constexpr std::array kAll = {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha384,
                               HashAlgorithm::sha512};
  ByteWriter w;
  w.u32_be(kPlatform);
  w.u32_be(9).u32_be(kPassword).u16_be(0).u8(0).u16_be(0);  // authorisation: the empty password
  w.u32_be(static_cast<std::uint32_t>(kAll.size()));
  for (const HashAlgorithm bank : kAll) {
    const bool wanted = std::find(banks.begin(), banks.end(), bank) != banks.end();
    const std::uint8_t select = wanted ? 0xFF : 0;
    w.u16_be(static_cast<std::uint16_t>(bank)).u8(3).u8(select).u8(select).u8(select);
  }
  if (Status set =
          require_success("TPM2_PCR_Allocate", command_of(kSessions, kPcrAllocate, w.take()));
      !set) {
    return set;
  }
  TPMLIB_Terminate();
  on_ = false;
  return main_init();
}

Result<Buffer> LibtpmsDevice::execute(Bytes command) {
  const std::lock_guard guard(mutex_);
  return execute_locked(command);
}

Result<Buffer> LibtpmsDevice::execute_locked(Bytes command) {
  if (!on_) return fail(Fault::internal, "virtual TPM", "is off");
  Buffer copy = to_buffer(command);  // libtpms takes it as writable
  std::uint32_t size = 0;
  const TPM_RESULT result = TPMLIB_Process(&response_, &size, &response_capacity_, copy.data(),
                                           static_cast<std::uint32_t>(copy.size()));
  if (result != TPM_SUCCESS || response_ == nullptr) {
    return fail(Fault::internal, "virtual TPM", fmt::format("libtpms failed (0x{:x})", result));
  }
  if (changed_) {
    if (const Status kept = keep_ ? keep_(state_) : Status{}; !kept) return pass_on(kept);
    changed_ = false;
  }
  return Buffer(response_, response_ + size);
}

}  // namespace assay

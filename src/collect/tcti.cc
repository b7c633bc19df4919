// SPDX-License-Identifier: Apache-2.0
#include "collect/tcti.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "collect/socket_channel.h"

namespace assay {
namespace {

// tpm2-tss writes a line to stderr for every TPM error, also for those that are answers to a
// question ("is this handle there?").  We report errors ourselves; a user's own TSS2_LOG wins.
// Set before main, as getenv and setenv do not agree with threads.
[[maybe_unused]] const int kQuiet = ::setenv("TSS2_LOG", "all+NONE", 0);

/// A TCTI whose transmit and receive are a TpmChannel's execute.  The common part must come first:
/// tpm2-tss sees nothing else.
struct ChannelTcti {
  TSS2_TCTI_CONTEXT_COMMON_V2 common{};
  std::shared_ptr<TpmChannel> channel;
  std::optional<Buffer> response;
  std::optional<Error> error;
};
constexpr std::uint64_t kChannelMagic = 0x6173736179746D31;  // "assaytm1"

ChannelTcti* self(TSS2_TCTI_CONTEXT* context) {
  void* any = context;
  return static_cast<ChannelTcti*>(any);
}

TSS2_RC transmit(TSS2_TCTI_CONTEXT* context, std::size_t size, const std::uint8_t* command) {
  ChannelTcti& tcti = *self(context);
  auto response = tcti.channel->execute({command, size});
  if (!response) {
    tcti.error = response.error();
    return TSS2_TCTI_RC_IO_ERROR;
  }
  tcti.error.reset();
  tcti.response = std::move(*response);
  return TSS2_RC_SUCCESS;
}

TSS2_RC receive(TSS2_TCTI_CONTEXT* context, std::size_t* size, std::uint8_t* out, std::int32_t) {
  ChannelTcti& tcti = *self(context);
  if (!tcti.response) return TSS2_TCTI_RC_BAD_SEQUENCE;
  if (out == nullptr) {
    *size = tcti.response->size();
    return TSS2_RC_SUCCESS;
  }
  if (*size < tcti.response->size()) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
  std::copy(tcti.response->begin(), tcti.response->end(), out);
  *size = tcti.response->size();
  tcti.response.reset();
  return TSS2_RC_SUCCESS;
}

TSS2_RC cancel(TSS2_TCTI_CONTEXT*) { return TSS2_TCTI_RC_NOT_IMPLEMENTED; }
TSS2_RC poll_handles(TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, std::size_t*) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}
TSS2_RC set_locality(TSS2_TCTI_CONTEXT*, std::uint8_t) { return TSS2_TCTI_RC_NOT_IMPLEMENTED; }
TSS2_RC make_sticky(TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, std::uint8_t) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

/// What to do when a TPM device cannot be opened.
std::string device_advice(int code) {
  if (code == EACCES || code == EPERM) {
    return fmt::format(
        "cannot open: {} (run as root, or join the group that owns it: `sudo usermod -aG tss "
        "$USER`)",
        std::strerror(code));
  }
  if (code == EBUSY) {
    return "cannot be opened: another program holds it (use /dev/tpmrm0, which is shared), or it "
           "is "
           "no TPM";
  }
  if (code == ENOENT || code == ENODEV || code == ENXIO) {
    return "is not there: this machine has no TPM, or its vTPM is switched off "
           "(name another with --tpm-path or --tcti, or try `assay emulate`)";
  }
  return fmt::format("cannot open: {}", std::strerror(code));
}

}  // namespace

void Tcti::Finalize::operator()(TSS2_TCTI_OPAQUE_CONTEXT_BLOB* context) const {
  if (loaded) {
    Tss2_TctiLdr_Finalize(&context);
  } else {
    delete self(context);
  }
}

Result<Tcti> Tcti::load(const std::string& configuration) {
  TSS2_TCTI_CONTEXT* context = nullptr;
  const TSS2_RC rc = Tss2_TctiLdr_Initialize(configuration.c_str(), &context);
  if (rc != TSS2_RC_SUCCESS) {
    return fail(Fault::unavailable, "--tcti " + configuration,
                fmt::format("{} (is that TPM running, and is the TCTI's library installed?)",
                            Tss2_RC_Decode(rc)));
  }
  return Tcti({context, Finalize{.loaded = true}}, configuration);
}

Result<Tcti> Tcti::open_path(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(Fault::unavailable, path.string(), device_advice(errno));
  }
  if (S_ISSOCK(status.st_mode)) {
    Tcti tcti = over(std::make_shared<SocketChannel>(path));
    tcti.name_ = path.string();
    return tcti;
  }
  if (!S_ISCHR(status.st_mode)) {
    return fail(Fault::unavailable, path.string(),
                "is neither a TPM device nor a Unix socket that speaks TPM commands");
  }
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return fail(Fault::unavailable, path.string(), device_advice(errno));
  }
  auto loaded = load("device:" + path.string());
  if (!loaded) return fail(Fault::unavailable, path.string(), device_advice(EBUSY));
  loaded->name_ = path.string();
  return loaded;
}

Tcti Tcti::over(std::shared_ptr<TpmChannel> channel) {
  auto tcti = std::make_unique<ChannelTcti>();
  tcti->channel = std::move(channel);
  tcti->common.v1.magic = kChannelMagic;
  tcti->common.v1.version = 2;
  tcti->common.v1.transmit = transmit;
  tcti->common.v1.receive = receive;
  tcti->common.v1.cancel = cancel;
  tcti->common.v1.getPollHandles = poll_handles;
  tcti->common.v1.setLocality = set_locality;
  tcti->common.makeSticky = make_sticky;
  void* any = tcti.release();
  return Tcti({static_cast<TSS2_TCTI_CONTEXT*>(any), Finalize{}}, "tpm");
}

std::optional<Error> Tcti::channel_error() const {
  return context_.get_deleter().loaded ? std::nullopt : self(context_.get())->error;
}

}  // namespace assay

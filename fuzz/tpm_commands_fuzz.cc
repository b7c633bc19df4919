// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "emulator/tpm_bridge.h"
#include "emulator/transient_space.h"
#include "fuzz.h"

namespace assay {
namespace {

/// A TPM that answers what the input says, whatever it was asked, until that is used up.
class HostileTpm final : public TpmChannel {
 public:
  explicit HostileTpm(Bytes answers) : answers_("answers", answers) {}
  Result<Buffer> execute(Bytes command) override {
    // Whatever it answered before, it gets whole commands only.
    const auto size = declared_size(command);
    ASSAY_CHECK(size && *size == command.size());
    const std::size_t answer = answers_.u16_be("size");
    const Bytes bytes = answers_.take("answer", answer);
    if (!answers_.ok()) return fail(Fault::unavailable, "tpm", "has no more answers");
    return to_buffer(bytes);
  }

 private:
  ByteReader answers_;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) { ASSAY_CHECK(fd >= 0); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// TPM2_GetCapability(TPM_CAP_HANDLES) of the transient ones.
std::size_t transient_handles(TransientSpace& space) {
  ByteWriter w;
  w.u16_be(0x8001).u32_be(22).u32_be(0x17A).u32_be(1).u32_be(0x80000000).u32_be(254);
  const auto listed = space.execute(w.take());
  ASSAY_CHECK(listed && *declared_size(*listed) == listed->size() && response_code(*listed) == 0);
  return (listed->size() - 19) / 4;
}

}  // namespace
}  // namespace assay

/// The input is a size, commands of so many bytes as they come out of a socket, and the answers of
/// the TPM, each with its size.  Every command reaches the TPM whole or is refused with a reason,
/// and the clients' keys stay within their bound.
void fuzz(assay::Bytes in) {
  using namespace assay;
  ByteReader r("input", in);
  const std::size_t size = r.u16_be("size");
  const Bytes commands = r.take("commands", size);
  if (!r.ok()) return;
  const Descriptor from(::memfd_create("commands", MFD_CLOEXEC));
  ASSAY_CHECK(::write(from.get(), commands.data(), commands.size()) ==
              static_cast<ssize_t>(commands.size()));
  ASSAY_CHECK(::lseek(from.get(), 0, SEEK_SET) == 0);
  const Descriptor to(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  TransientSpace space(std::make_shared<HostileTpm>(r.rest()));
  if (const Status done = bridge_tpm(from.get(), to.get(), space); !done) {
    ASSAY_CHECK(!done.error().where.empty() && !done.error().why.empty());
  }
  ASSAY_CHECK(transient_handles(space) <= TransientSpace::kMaxObjects);
}

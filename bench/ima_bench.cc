// SPDX-License-Identifier: Apache-2.0

// Replaying a million IMA entries, beside what no implementation can leave out: hashing the same
// template data in the same banks, and as many extends.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/byte_writer.h"
#include "base/hex.h"
#include "crypto/hash.h"
#include "verify/ima_replay.h"

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* out = std::malloc(size)) return out;
  std::abort();
}
void operator delete(void* what) noexcept { std::free(what); }
void operator delete(void* what, std::size_t) noexcept { std::free(what); }

namespace assay {
namespace {

constexpr std::size_t kEntries = 1'000'000;
constexpr HashAlgorithm kBanks[] = {HashAlgorithm::sha1, HashAlgorithm::sha256};

struct Lists {
  Buffer binary, ascii;
  std::vector<Buffer> data;
};

/// Entries of ima-ng with SHA-256 digests and paths of a usual length.
Lists make_lists() {
  Lists out;
  ByteWriter binary;
  std::string ascii;
  for (std::size_t i = 0; i < kEntries; ++i) {
    const std::string path = fmt::format("/usr/lib/x86_64-linux-gnu/libexample-{:07}.so.1.2", i);
    const Digest file = hash(HashAlgorithm::sha256, as_bytes(path));
    ByteWriter data;
    data.u32_le(40).bytes(as_bytes("sha256:")).u8(0).bytes(file.bytes());
    data.u32_le(static_cast<std::uint32_t>(path.size() + 1)).bytes(as_bytes(path)).u8(0);
    out.data.push_back(data.take());
    const Digest sha1 = hash(HashAlgorithm::sha1, out.data.back());
    binary.u32_le(10).bytes(sha1.bytes()).u32_le(6).bytes(as_bytes("ima-ng"));
    binary.u32_le(static_cast<std::uint32_t>(out.data.back().size())).bytes(out.data.back());
    ascii += fmt::format("10 {} ima-ng sha256:{} {}\n", hex(sha1.bytes()), hex(file.bytes()), path);
  }
  out.binary = binary.take();
  out.ascii = to_buffer(as_bytes(ascii));
  return out;
}

Digest replay_list(ImaFormat format, Bytes list) {
  ImaReader reader(format, list);
  ImaReplay replay(kBanks);
  while (reader.next())
    if (!replay.extend(reader.entry())) std::abort();
  if (reader.error()) std::abort();
  return replay.banks()[1].pcrs[10];
}

Digest hash_data(const std::vector<Buffer>& data) {
  Digest sha1(HashAlgorithm::sha1), sha256(HashAlgorithm::sha256);
  for (const Buffer& entry : data) {
    extend(sha1, hash(HashAlgorithm::sha1, entry));
    extend(sha256, hash(HashAlgorithm::sha256, entry));
  }
  return sha256;
}

/// The least of three runs, in seconds, and what they found.
template <class Work>
std::pair<double, Digest> least(Work work) {
  double best = 1e9;
  Digest found(HashAlgorithm::sha256);
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    found = work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return {best, found};
}

}  // namespace
}  // namespace assay

int main() {
  using namespace assay;
  const Lists lists = make_lists();
  const auto [floor, expected] = least([&] { return hash_data(lists.data); });
  for (const auto& [format, list] :
       {std::pair(ImaFormat::binary, &lists.binary), std::pair(ImaFormat::ascii, &lists.ascii)}) {
    const std::size_t before = allocations;
    const auto [took, found] = least([&, f = format, l = list] { return replay_list(f, *l); });
    if (found != expected) std::abort();
    std::printf(
        "%-11s %zu entries, SHA-1 and SHA-256: %.2f s, floor %.2f s, ratio %.2f "
        "(hold < 1.50 s), %zu allocations\n",
        std::string(name_of(format)).c_str(), kEntries, took, floor, took / floor,
        (allocations - before) / 3);
  }
  return 0;
}

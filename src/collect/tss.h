// SPDX-License-Identifier: Apache-2.0
// What tpm2-tss hands out, owned, and its structures as bytes.  For src/collect only.
#pragma once

#include <tss2/tss2_esys.h>

#include <memory>

#include "base/bytes.h"
#include "base/check.h"

namespace assay {

/// Frees what ESYS allocated.
struct EsysFree {
  void operator()(void* p) const { Esys_Free(p); }
};
template <class T>
using EsysOwned = std::unique_ptr<T, EsysFree>;

/// The bytes of a TPMT_ or TPMS_ structure, by its Tss2_MU_..._Marshal.
template <class T, class Marshal>
Buffer marshal_tss(const T& value, Marshal with) {
  Buffer out(sizeof(T));
  std::size_t offset = 0;
  ASSAY_CHECK(with(&value, out.data(), out.size(), &offset) == TSS2_RC_SUCCESS);
  out.resize(offset);
  return out;
}

/// The same structure from all of `in`; false where it is not one.
template <class T, class Unmarshal>
bool unmarshal_tss(Bytes in, T& out, Unmarshal with) {
  std::size_t offset = 0;
  return with(in.data(), in.size(), &offset, &out) == TSS2_RC_SUCCESS && offset == in.size();
}

}  // namespace assay

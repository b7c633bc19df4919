// SPDX-License-Identifier: Apache-2.0
#include "fuzz.h"
#include "policy/expression/syntax.h"

/// An expression is refused at a place within it, or becomes a tree whose nodes stand below the
/// nodes that use them, within its bounds.
void fuzz(assay::Bytes in) {
  using namespace assay;
  const auto syntax = parse_cel(as_text(in));
  if (!syntax) {
    ASSAY_CHECK(syntax.error().fault == CelFault::syntax);
    ASSAY_CHECK(syntax.error().offset <= in.size());
    ASSAY_CHECK(!describe(as_text(in), syntax.error()).empty());
    return;
  }
  ASSAY_CHECK(syntax->nodes.size() <= CelLimits{}.nodes);
  ASSAY_CHECK(syntax->root < syntax->nodes.size());
  for (const CelNode& node : syntax->nodes) ASSAY_CHECK(node.offset <= in.size());
}

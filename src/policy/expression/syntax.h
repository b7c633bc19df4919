// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "policy/expression/error.h"
#include "policy/expression/value.h"

namespace assay {

/// Index of a node in its CelSyntax.
using CelNodeId = std::uint32_t;

enum class CelOperator {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  in,
  negate,
  invert,  ///< of a bool
};
/// "+", "in", "!".
std::string_view name_of(CelOperator op);

struct CelLiteral {
  CelValue value;
};
struct CelName {
  std::string name;
};
/// operand.field
struct CelSelect {
  CelNodeId operand;
  std::string field;
};
/// has(operand.field)
struct CelHas {
  CelNodeId operand;
  std::string field;
};
/// operand[index]
struct CelIndex {
  CelNodeId operand, index;
};
struct CelUnary {
  CelOperator op;
  CelNodeId operand;
};
struct CelBinary {
  CelOperator op;
  CelNodeId left, right;
};
/// a && b && c, or a || b || c: decided by one operand that decides it, even if others fail.
struct CelLogic {
  enum class Joint { all, any } joint;
  std::vector<CelNodeId> operands;
};
struct CelConditional {
  CelNodeId condition, yes, no;
};
/// function(arguments), or receiver.function(arguments)
struct CelCall {
  std::string function;
  std::optional<CelNodeId> receiver;
  std::vector<CelNodeId> arguments;
};
struct CelListLiteral {
  std::vector<CelNodeId> elements;
};
struct CelMapLiteral {
  std::vector<std::pair<CelNodeId, CelNodeId>> entries;
};
/// range.all(variable, body) and its kin; of a map the keys are the elements.
struct CelMacro {
  enum class What { all, exists, exists_one, filter, map } what;
  CelNodeId range;
  std::string variable;
  std::optional<CelNodeId> filter;  ///< of map(variable, filter, body)
  CelNodeId body;
};

struct CelNode {
  std::size_t offset;  ///< of its operator or first character
  std::variant<CelLiteral, CelName, CelSelect, CelHas, CelIndex, CelUnary, CelBinary, CelLogic,
               CelConditional, CelCall, CelListLiteral, CelMapLiteral, CelMacro>
      is;
};

/// An expression as it was written: nothing in it is checked yet.
struct CelSyntax {
  std::vector<CelNode> nodes;
  CelNodeId root = 0;
};

/// Bounds of parse_cel.
struct CelLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t nodes = 16 * 1024;
  std::size_t depth = 64;  ///< of parentheses, and of the tree
};

/// Parses an expression (docs/expressions.md, "Grammar").  CelFault::syntax.
CelResult<CelSyntax> parse_cel(std::string_view source, CelLimits limits = {});

}  // namespace assay

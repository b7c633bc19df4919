// SPDX-License-Identifier: Apache-2.0

// Prints CEL's conformance cases, one a line as JSON, for tests/interop/cel_cases.py: it takes them from
// the folder tests/simple/testdata of the module cel.dev/expr, and nothing of them is kept here.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cel.dev/expr"
	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// conformanceCase is what src/policy/expression/answer_cases.cc reads, and what it should answer.
type conformanceCase struct {
	Name      string   `json:"name"` // file/section/case
	Expr      string   `json:"expr"`
	Container string   `json:"container,omitempty"`
	Unchecked bool     `json:"unchecked,omitempty"` // for evaluation without a check of types
	Names     []member `json:"names,omitempty"`
	Value     any      `json:"value,omitempty"`
	Fails     bool     `json:"fails,omitempty"`
}

// member is a name of the environment.
type member struct {
	Name  string `json:"name"`
	Type  any    `json:"type,omitempty"`
	Value any    `json:"value,omitempty"`
}

// must ends the program where the cases are not as they were.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cel:", err)
		os.Exit(2)
	}
}

type tagged map[string]any

// typeOf writes a type: "int64", ["list", T], ["map", K, V], {"message": NAME}.
func typeOf(t *expr.Type) any {
	switch kind := t.GetTypeKind().(type) {
	case *expr.Type_Dyn:
		return "dyn"
	case *expr.Type_Null:
		return "null_type"
	case *expr.Type_Primitive:
		return strings.ToLower(kind.Primitive.String())
	case *expr.Type_WellKnown:
		return strings.ToLower(kind.WellKnown.String())
	case *expr.Type_ListType_:
		return []any{"list", typeOf(kind.ListType.ElemType)}
	case *expr.Type_MapType_:
		return []any{"map", typeOf(kind.MapType.KeyType), typeOf(kind.MapType.ValueType)}
	case *expr.Type_MessageType:
		switch kind.MessageType {
		case "google.protobuf.Duration":
			return "duration"
		case "google.protobuf.Timestamp":
			return "timestamp"
		}
		return tagged{"message": kind.MessageType}
	}
	must(fmt.Errorf("a type that this program does not know: %v", t))
	return nil
}

// message writes what is in an Any: a time, or the name of a message.
func message(v *expr.Value_ObjectValue) any {
	inner, err := v.ObjectValue.UnmarshalNew()
	must(err)
	switch m := inner.(type) {
	case *timestamppb.Timestamp:
		return tagged{"timestamp": []string{strconv.FormatInt(m.Seconds, 10), strconv.Itoa(int(m.Nanos))}}
	case *durationpb.Duration:
		return tagged{"duration": strconv.FormatInt(m.Seconds*1_000_000_000+int64(m.Nanos), 10)}
	}
	return tagged{"message": string(inner.ProtoReflect().Descriptor().FullName())}
}

// valueOf writes a value under the name of its kind; numbers are texts, so that no reader rounds them.
func valueOf(v *expr.Value) any {
	switch kind := v.GetKind().(type) {
	case *expr.Value_NullValue:
		return tagged{"null_type": ""}
	case *expr.Value_BoolValue:
		return tagged{"bool": kind.BoolValue}
	case *expr.Value_Int64Value:
		return tagged{"int": strconv.FormatInt(kind.Int64Value, 10)}
	case *expr.Value_Uint64Value:
		return tagged{"uint": strconv.FormatUint(kind.Uint64Value, 10)}
	case *expr.Value_DoubleValue:
		return tagged{"double": strconv.FormatFloat(kind.DoubleValue, 'g', -1, 64)}
	case *expr.Value_StringValue:
		return tagged{"string": kind.StringValue}
	case *expr.Value_BytesValue:
		return tagged{"bytes": hex.EncodeToString(kind.BytesValue)}
	case *expr.Value_ListValue:
		elements := []any{}
		for _, e := range kind.ListValue.Values {
			elements = append(elements, valueOf(e))
		}
		return tagged{"list": elements}
	case *expr.Value_MapValue:
		entries := []any{}
		for _, e := range kind.MapValue.Entries {
			entries = append(entries, []any{valueOf(e.Key), valueOf(e.Value)})
		}
		return tagged{"map": entries}
	case *expr.Value_TypeValue:
		return tagged{"type": kind.TypeValue}
	case *expr.Value_EnumValue:
		return tagged{"enum": kind.EnumValue.Type}
	case *expr.Value_ObjectValue:
		return message(kind)
	}
	must(fmt.Errorf("a value that this program does not know: %v", v))
	return nil
}

// written is a case of theirs in our words.
func written(name string, t *test.SimpleTest) conformanceCase {
	out := conformanceCase{Name: name, Expr: t.Expr, Container: t.Container, Unchecked: t.DisableCheck}
	for _, d := range t.TypeEnv {
		if d.GetIdent() == nil {
			must(fmt.Errorf("%s declares a function", name))
		}
		out.Names = append(out.Names, member{Name: d.Name, Type: typeOf(d.GetIdent().Type)})
	}
	for bound, v := range t.Bindings {
		at := -1
		for i := range out.Names {
			if out.Names[i].Name == bound {
				at = i
			}
		}
		if at < 0 {
			out.Names, at = append(out.Names, member{Name: bound, Type: "dyn"}), len(out.Names)
		}
		out.Names[at].Value = valueOf(v.GetValue())
	}
	switch result := t.ResultMatcher.(type) {
	case nil:
		out.Value = tagged{"bool": true}
	case *test.SimpleTest_Value:
		out.Value = valueOf(result.Value)
	case *test.SimpleTest_TypedResult:
		out.Value = valueOf(result.TypedResult.Result)
	case *test.SimpleTest_EvalError, *test.SimpleTest_AnyEvalErrors:
		out.Fails = true
	default:
		must(fmt.Errorf("%s wants %T", name, result))
	}
	if t.DisableMacros || t.CheckOnly || t.Locale != "" {
		must(fmt.Errorf("%s is to run in a way that this program does not know", name))
	}
	return out
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: cel MODULE_FOLDER FILE...")
		os.Exit(2)
	}
	lines := json.NewEncoder(os.Stdout)
	lines.SetEscapeHTML(false)
	for _, name := range os.Args[2:] {
		text, err := os.ReadFile(filepath.Join(os.Args[1], "tests", "simple", "testdata", name+".textproto"))
		must(err)
		var file test.SimpleTestFile
		must(prototext.Unmarshal(text, &file))
		for _, section := range file.Section {
			for _, t := range section.Test {
				must(lines.Encode(written(name+"/"+section.Name+"/"+t.Name, t)))
			}
		}
	}
}

"""How LLVM writes types, constants and operations: the table behind llvmtext.py."""

from __future__ import annotations

import struct

from codegen.loopir.operations import MATH, OPERATIONS

__all__ = [
    "CASTS_TO_HALF", "COMPARISONS", "STRAIGHT", "TYPES", "VECTORS", "WIDTH", "cast", "constant", "memory_type", "pattern", "type_name", "vector",
]

TYPES = {
    "bool": "i1", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
    "uint8": "i8", "uint16": "i16", "uint32": "i32", "uint64": "i64",
    "float16": "half", "float32": "float", "float64": "double",
}
WIDTH = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "half": 16, "float": 32, "double": 64}
SUFFIX = {"half": "f16", "float": "f32", "double": "f64"}
INFINITY = {"half": "0xH7C00", "float": "0x7FF0000000000000", "double": "0x7FF0000000000000"}

# What is asked of a mathematical function: it reads nothing, so it may leave a loop and be joined with an equal call.
# `readnone` is `memory(none)` in words that every LLVM since 15 takes.
PURE = "nounwind willreturn readnone"
STRAIGHT = ' "straight"'  # of a function that few passes suffice for: codegen/targets/llvm.py

VECTORS = ' "vectors"'  # of a function whose loops were written as operations on vectors

# Compared, divided, shifted and joined differently when there is a sign. {0} is the result, {1} {2} {3} the operands, T the type, B a bool
# for each of its lanes, ZERO and ONES all bits of it so.
FLOAT = {
    "add": "{0} = fadd T {1}, {2}", "sub": "{0} = fsub T {1}, {2}", "mul": "{0} = fmul T {1}, {2}", "div": "{0} = fdiv T {1}, {2}",
    "rem": "{0} = frem T {1}, {2}", "neg": "{0} = fneg T {1}",
    "eq": "{0} = fcmp oeq T {1}, {2}", "ne": "{0} = fcmp une T {1}, {2}", "lt": "{0} = fcmp olt T {1}, {2}",
    "le": "{0} = fcmp ole T {1}, {2}", "gt": "{0} = fcmp ogt T {1}, {2}", "ge": "{0} = fcmp oge T {1}, {2}",
    "isnan": "{0} = fcmp uno T {1}, {1}",
    "isinf": "{0}.m = call T @llvm.fabs.S(T {1})\n  {0} = fcmp oeq T {0}.m, INFINITY",
    "signbit": "{0}.b = bitcast T {1} to iW\n  {0} = icmp slt iW {0}.b, ZERO",
    "min": "{0}.c = fcmp olt T {1}, {2}\n  {0} = select B {0}.c, T {1}, T {2}",
    "max": "{0}.c = fcmp ogt T {1}, {2}\n  {0} = select B {0}.c, T {1}, T {2}",
    **{name: f"{{0}} = call T @llvm.{name}.S(T {{1}})" for name in ("sqrt", "fabs", "floor", "ceil", "trunc", "rint")},
    "copysign": "{0} = call T @llvm.copysign.S(T {1}, T {2})",
    "fma": "{0} = call T @llvm.fma.S(T {1}, T {2}, T {3})",
}
INTEGER = {
    "add": "{0} = add T {1}, {2}", "sub": "{0} = sub T {1}, {2}", "mul": "{0} = mul T {1}, {2}", "neg": "{0} = sub T ZERO, {1}",
    "and": "{0} = and T {1}, {2}", "or": "{0} = or T {1}, {2}", "xor": "{0} = xor T {1}, {2}", "not": "{0} = xor T {1}, ONES",
    "shl": "{0} = shl T {1}, {2}", "eq": "{0} = icmp eq T {1}, {2}", "ne": "{0} = icmp ne T {1}, {2}",
}
SIGNED = {
    "div": "{0} = sdiv T {1}, {2}", "rem": "{0} = srem T {1}, {2}", "shr": "{0} = ashr T {1}, {2}",
    "lt": "{0} = icmp slt T {1}, {2}", "le": "{0} = icmp sle T {1}, {2}",
    "gt": "{0} = icmp sgt T {1}, {2}", "ge": "{0} = icmp sge T {1}, {2}",
    "min": "{0} = call T @llvm.smin.T(T {1}, T {2})", "max": "{0} = call T @llvm.smax.T(T {1}, T {2})",
}
UNSIGNED = {
    "div": "{0} = udiv T {1}, {2}", "rem": "{0} = urem T {1}, {2}", "shr": "{0} = lshr T {1}, {2}",
    "lt": "{0} = icmp ult T {1}, {2}", "le": "{0} = icmp ule T {1}, {2}",
    "gt": "{0} = icmp ugt T {1}, {2}", "ge": "{0} = icmp uge T {1}, {2}",
    "min": "{0} = call T @llvm.umin.T(T {1}, T {2})", "max": "{0} = call T @llvm.umax.T(T {1}, T {2})",
}
ANY = {"select": "{0} = select B {1}, T {2}, T {3}"}
COMPARISONS = frozenset({"eq", "ne", "lt", "le", "gt", "ge", "isnan", "isinf", "signbit"})  # bool, of operands of any type
POINTER = {name: INTEGER[name] for name in ("eq", "ne")}


def type_name(type: str) -> str:
    """LLVM's name of a type as a value: 'float64' -> 'double', any pointer -> 'ptr'."""
    return "ptr" if type.endswith("*") else TYPES[type]


def memory_type(pointer: str) -> str:
    """The type of an element behind a pointer type, in memory."""
    element = pointer[:-1]
    return "i8" if element in ("bool", "void") else type_name(element)


def vector(name: str, lanes: int) -> str:
    """LLVM's name of so many of a type side by side."""
    return name if lanes == 1 else f"<{lanes} x {name}>"


def constant(x: int | float | bool, type: str, lanes: int = 1) -> str:
    """A Python number as a constant of the type. Floats are written by their bits: LLVM takes decimals only if exact.

    In several lanes it is repeated: older LLVMs have no shorter word.
    """
    if lanes > 1:
        return f"<{', '.join([f'{TYPES[type]} {constant(x, type)}'] * lanes)}>"
    if type == "bool":
        return "true" if x else "false"
    if type == "float64":
        return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"
    if type == "float32":
        return f"0x{struct.unpack('<Q', struct.pack('<d', rounded(x, 'f')))[0]:016X}"
    if type == "float16":
        return f"0xH{struct.unpack('<H', struct.pack('<e', rounded(x, 'e')))[0]:04X}"
    if type.endswith("*"):
        if x != 0:
            raise ValueError(f"no address may stand in the code: {x}")
        return "null"
    width = WIDTH[TYPES[type]]
    value = int(x) & ((1 << width) - 1)
    return str(value - (1 << width) if value >> (width - 1) else value)


def rounded(x: float, code: str) -> float:
    """x in the narrower float format of `struct`; beyond its range infinite, as a conversion is."""
    try:
        return float(struct.unpack(code, struct.pack(code, x))[0])
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


_patterns: dict[tuple[str, str, int], tuple[str, str]] = {}


def pattern(operation: str, type: str, lanes: int = 1) -> tuple[str, str]:
    """(format string for the result and the operands, the declaration it needs or '') of an operation on so many of this type at once."""
    found = _patterns.get((operation, type, lanes))
    if found is None:
        found = _patterns[operation, type, lanes] = make_pattern(operation, type, lanes)
    return found


def make_pattern(operation: str, type: str, lanes: int) -> tuple[str, str]:
    element = type_name(type)
    name = vector(element, lanes)
    many = f"v{lanes}" if lanes > 1 else ""
    if operation in MATH:
        if element not in ("float", "double"):
            raise TypeError(f"{operation} of {type}: functions are computed in float32 or float64")
        routine = (operation if element == "double" else operation + "f") + (f".{many}" if many else "")
        args = ", ".join(f"{name} {{{k + 1}}}" for k in range(MATH[operation]))
        declared = ", ".join([name] * MATH[operation])
        return f"{{0}} = call {name} @{routine}({args})", f"declare {name} @{routine}({declared}) {PURE}"
    row = ANY.get(operation)
    if row is None:
        if type.endswith("*"):
            row = POINTER.get(operation)
        elif type.startswith("float"):
            row = FLOAT.get(operation)
        else:
            row = INTEGER.get(operation) or (SIGNED if type.startswith("int") else UNSIGNED).get(operation)
    if row is None:
        raise TypeError(f"the operation {operation} is not defined for {type}")
    if "INFINITY" in row:
        row = row.replace("INFINITY", INFINITY[element] if lanes == 1 else constant(float("inf"), type, lanes))
    row = row.replace("iW", vector(f"i{WIDTH.get(element, 64)}", lanes)).replace("B ", vector("i1", lanes) + " ")
    row = row.replace("ZERO", "0" if lanes == 1 else "zeroinitializer").replace("ONES", "-1" if lanes == 1 else constant(-1, type, lanes))
    declaration = ""
    if "@llvm." in row:
        suffix = many + (SUFFIX.get(element) or element)
        row = row.replace(".S(", f".{suffix}(").replace(".T(", f".{suffix}(")
        routine = row.split("@")[1].split("(")[0]
        declaration = f"declare {name} @{routine}({', '.join([name] * OPERATIONS[operation][0])})"
    return row.replace("T ", name + " "), declaration


# A double goes to half by way of a float rounded to odd: rounding twice to nearest would err, and LLVM's own conversion calls
# a routine of the compiler's run-time library where the processor has none.
CASTS_TO_HALF = """define internal half @half_of_double(double %x) alwaysinline nounwind willreturn readnone {
  %near = fptrunc double %x to float
  %back = fpext float %near to double
  %inexact = fcmp one double %back, %x
  %bits = bitcast float %near to i32
  %even.bit = and i32 %bits, 1
  %even = icmp eq i32 %even.bit, 0
  %size = call double @llvm.fabs.f64(double %x)
  %back.size = call double @llvm.fabs.f64(double %back)
  %low = fcmp olt double %back.size, %size
  %step = select i1 %low, i32 1, i32 -1
  %odd = add i32 %bits, %step
  %change = and i1 %inexact, %even
  %chosen = select i1 %change, i32 %odd, i32 %bits
  %float = bitcast i32 %chosen to float
  %half = fptrunc float %float to half
  ret half %half
}"""


def cast(source: str, target: str, lanes: int = 1) -> str:
    """Format string of a conversion between two types of numbers, of so many at once; {0} the result, {1} the operand.

    Out of an integer's range a float gives what x86's conversion (and so numpy) gives there; `freeze` keeps LLVM from
    treating such a number as anything it likes.
    """
    a, b = vector(TYPES[source], lanes), vector(TYPES[target], lanes)
    if source == target:
        return f"{{0}} = bitcast {a} {{1}} to {b}"
    floating = source.startswith("float")
    if target == "bool":
        return f"{{0}} = {'fcmp une' if floating else 'icmp ne'} {a} {{1}}, {constant(0, source, lanes)}"
    if floating and target.startswith("float"):
        return float_to_float(a, b)
    if floating:
        return float_to_integer(source, target, lanes)
    if target.startswith("float"):
        to_float = "sitofp" if source.startswith("int") else "uitofp"
        if b == "half":
            return f"{{0}}.f = {to_float} {a} {{1}} to float\n  {{0}} = fptrunc float {{0}}.f to half"
        return f"{{0}} = {to_float} {a} {{1}} to {b}"
    if WIDTH[TYPES[source]] == WIDTH[TYPES[target]]:
        return f"{{0}} = bitcast {a} {{1}} to {b}"
    word = "trunc" if WIDTH[TYPES[source]] > WIDTH[TYPES[target]] else "sext" if source.startswith("int") else "zext"
    return f"{{0}} = {word} {a} {{1}} to {b}"


def float_to_float(a: str, b: str) -> str:
    if (a, b) == ("half", "double"):
        return "{0}.f = fpext half {1} to float\n  {0} = fpext float {0}.f to double"
    if (a, b) == ("double", "half"):
        return "{0} = call half @half_of_double(double {1})"
    return f"{{0}} = {'fpext' if a == 'half' or b.endswith(('double', 'double>')) else 'fptrunc'} {a} {{1}} to {b}"


def float_to_integer(source: str, target: str, lanes: int) -> str:
    lines = []
    value, a = "{1}", vector(TYPES[source], lanes)
    if source == "float16":
        lines.append("{0}.f = fpext half {1} to float")
        a, value = "float", "{0}.f"
    width = WIDTH[TYPES[target]]
    wide = vector("i64", lanes)
    if target == "uint64":  # below 2**63 as a signed number, above it from a number less by 2**63
        limit = constant(2.0**63, source if a != "float" else "float32", lanes)
        lines += [
            f"{{0}}.small = fcmp olt {a} {value}, {limit}", f"{{0}}.less = fsub {a} {value}, {limit}",
            f"{{0}}.a = fptosi {a} {value} to {wide}", f"{{0}}.b = freeze {wide} {{0}}.a",
            f"{{0}}.c = fptosi {a} {{0}}.less to {wide}", f"{{0}}.d = freeze {wide} {{0}}.c",
            f"{{0}}.e = xor {wide} {{0}}.d, {constant(-2**63, 'int64', lanes)}",
            f"{{0}} = select {vector('i1', lanes)} {{0}}.small, {wide} {{0}}.b, {wide} {{0}}.e",
        ]
        return "\n  ".join(lines)
    through = 64 if width == 64 or target == "uint32" else 32
    between, b = vector(f"i{through}", lanes), vector(TYPES[target], lanes)
    if through == width:
        lines += [f"{{0}}.i = fptosi {a} {value} to {between}", f"{{0}} = freeze {between} {{0}}.i"]
    else:
        lines += [f"{{0}}.i = fptosi {a} {value} to {between}", f"{{0}}.z = freeze {between} {{0}}.i", f"{{0}} = trunc {between} {{0}}.z to {b}"]
    return "\n  ".join(lines)

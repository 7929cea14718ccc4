"""How C writes types, constants and operations: the table behind ctext.py. Nothing here belongs to a processor or a system.

An operation is a `Row`: a pattern, how tightly its outermost operator binds, and how tightly its operands must. Levels of binding are
those of C's grammar; `&`, `|`, `^`, shifts and casts always put parentheses around what is not a name or a call, because few readers know
those levels by heart and compilers warn of them.

Signed integers wrap: they are computed unsigned and turned back, since C leaves signed overflow undefined. Types narrower than int are
computed in int and cut off. Divisors are never 0, nor -1 below the least number: the builder sees to it.
"""

from __future__ import annotations

import math
import struct

from codegen.loopir.operations import MATH
from codegen.record import record

__all__ = [
    "ATOM", "EQUALITY", "RESERVED", "SUM", "SUPPORT", "TYPES", "UNARY", "Row", "bits_row", "cast_row", "constant", "memory_type",
    "plain_row", "row", "support_text", "value_type",
]

# float16 has no type in C: its bits are kept in 16 unsigned ones and only moved or converted.
TYPES = {
    "bool": "bool", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "int64": "int64_t",
    "uint8": "uint8_t", "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
    "float16": "uint16_t", "float32": "float", "float64": "double",
}
LOWEST = {"int32": -(2**31), "int64": -(2**63)}

# How tightly an operator binds.
ATOM, UNARY, PRODUCT, SUM, COMPARISON, EQUALITY, BITS, CHOICE = 16, 15, 14, 13, 11, 10, 7, 4


@record(frozen=True)
class Row:
    """text: a format string of the operands. level: how tightly it binds; needs: how tightly each operand must.

    support: names of functions in SUPPORT. twice: operands stand in it more than once, so each must be a name or a constant.
    """

    text: str
    level: int = ATOM
    needs: tuple[int, ...] = (0, 0, 0)
    support: tuple[str, ...] = ()
    twice: bool = False


COMPARE = {
    "lt": ("<", COMPARISON), "le": ("<=", COMPARISON), "gt": (">", COMPARISON), "ge": (">=", COMPARISON),
    "eq": ("==", EQUALITY), "ne": ("!=", EQUALITY),
}
ANY = {
    **{name: Row(f"{{0}} {sign} {{1}}", level, (SUM, SUM)) for name, (sign, level) in COMPARE.items()},
    "select": Row("{0} ? {1} : {2}", CHOICE, (EQUALITY, CHOICE + 1, CHOICE + 1)),
}
LESSER_GREATER = {
    "min": Row("{0} < {1} ? {0} : {1}", CHOICE, (SUM, SUM), twice=True),
    "max": Row("{0} > {1} ? {0} : {1}", CHOICE, (SUM, SUM), twice=True),
}
PLAIN = {  # as C computes it
    "add": Row("{0} + {1}", SUM, (SUM, PRODUCT)), "sub": Row("{0} - {1}", SUM, (SUM, PRODUCT)),
    "mul": Row("{0} * {1}", PRODUCT, (PRODUCT, UNARY)), "div": Row("{0} / {1}", PRODUCT, (PRODUCT, UNARY)),
    "rem": Row("{0} % {1}", PRODUCT, (PRODUCT, UNARY)), "neg": Row("-{0}", UNARY, (ATOM,)),
    "and": Row("{0} & {1}", BITS, (UNARY, UNARY)), "or": Row("{0} | {1}", BITS, (UNARY, UNARY)),
    "xor": Row("{0} ^ {1}", BITS, (UNARY, UNARY)), "not": Row("~{0}", UNARY, (ATOM,)),
}
# F is the suffix of the type's functions in the mathematical library.
FLOAT = {
    **{name: PLAIN[name] for name in ("add", "sub", "mul", "div", "neg")},
    **{name: Row(f"{name}F({{0}})") for name in ("sqrt", "fabs", "floor", "ceil", "trunc", "rint")},
    "rem": Row("fmodF({0}, {1})"), "copysign": Row("copysignF({0}, {1})"), "fma": Row("fmaF({0}, {1}, {2})"),
    # macros, which give any number that is not 0
    **{name: Row(f"(bool){name}({{0}})", UNARY) for name in ("isnan", "isinf", "signbit")},
}
# T is the type, U an unsigned one of at least its width and at least that of int: a product of two uint16 may overflow an int.
WRAPPED = {
    "add": Row("(T)((U){0} + (U){1})", UNARY, (UNARY, UNARY)), "sub": Row("(T)((U){0} - (U){1})", UNARY, (UNARY, UNARY)),
    "mul": Row("(T)((U){0} * (U){1})", UNARY, (UNARY, UNARY)), "neg": Row("(T)(0 - (U){0})", UNARY, (UNARY,)),
    "shl": Row("(T)((U){0} << ({1} & WIDTH))", UNARY, (UNARY, UNARY)), "shr": Row("(T)((T){0} >> ({1} & WIDTH))", UNARY, (UNARY, UNARY)),
}
NARROW = {  # of int8, int16, uint8: neither sums nor products overflow an int
    **{name: Row(f"(T)({PLAIN[name].text})", UNARY, PLAIN[name].needs) for name in ("add", "sub", "mul", "div", "rem")},
    "neg": Row("(T)-{0}", UNARY, (ATOM,)), "not": Row("(T)~{0}", UNARY, (ATOM,)),
}
BOOL = {
    **{name: PLAIN[name] for name in ("and", "or", "xor")},
    "not": Row("!{0}", SUM - 1, (ATOM,)),
    "min": PLAIN["and"], "max": PLAIN["or"],
    # as ints: compilers warn of an order among truth values
    **{name: Row(f"(int){{0}} {COMPARE[name][0]} (int){{1}}", COMPARISON, (UNARY, UNARY)) for name in ("lt", "le", "gt", "ge")},
}

# Functions that a file has to bring along. Q stands before each: how the dialect qualifies a small function. They call only each
# other and the standard library. Floats out of an integer's range give what x86's conversions, and so numpy's, give there.
SUPPORT = {
    "int32_of_float": """Q int32_t int32_of_float(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}""",
    "int32_of_double": """Q int32_t int32_of_double(double x)
{
    return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}""",
    "int64_of_float": """Q int64_t int64_of_float(float x)
{
    return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN;
}""",
    "int64_of_double": """Q int64_t int64_of_double(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}""",
    "uint64_of_double": """Q uint64_t uint64_of_double(double x)
{
    if (x < 0x1p63)
        return (uint64_t)int64_of_double(x);
    return (uint64_t)int64_of_double(x - 0x1p63) ^ ((uint64_t)1 << 63);
}""",
    # Scaling by 2**112 moves a half's exponent to a float's place and makes subnormal halves normal floats.
    "float_of_half": """Q float float_of_half(uint16_t half)
{
    uint32_t bits = (uint32_t)(half & 0x7fff) << 13;
    float x;
    memcpy(&x, &bits, sizeof x);
    x *= 0x1p112f;
    memcpy(&bits, &x, sizeof bits);
    if ((half & 0x7c00) == 0x7c00)
        bits |= 0x7f800000;
    bits |= (uint32_t)(half & 0x8000) << 16;
    memcpy(&x, &bits, sizeof x);
    return x;
}""",
    # Rounds once, half to even: a subnormal half by an addition that leaves only the bits it has, a normal one by a carry.
    "half_of_double": """Q uint16_t half_of_double(double x)
{
    double size = fabs(x);
    uint64_t bits, all;
    uint16_t half;
    memcpy(&all, &x, sizeof all);
    memcpy(&bits, &size, sizeof bits);
    if (!(size < 65520.0)) {
        half = isnan(x) ? (uint16_t)(0x7e00 | ((bits >> 42) & 0x3ff)) : 0x7c00;
    } else if (size < 0x1p-14) {
        size += 0x1p28;
        memcpy(&bits, &size, sizeof bits);
        half = (uint16_t)(bits & 0x7ff);
    } else {
        bits += ((uint64_t)1 << 41) - 1 + ((bits >> 42) & 1);
        half = (uint16_t)((bits >> 42) - ((uint64_t)(1023 - 15) << 10));
    }
    return (uint16_t)(half | ((all >> 48) & 0x8000));
}""",
    **{
        f"{target}_of_bits_of_{source}": f"""Q {TYPES[target]} {target}_of_bits_of_{source}({TYPES[source]} x)
{{
    {TYPES[target]} y;
    memcpy(&y, &x, sizeof y);
    return y;
}}"""
        for width, real in (("32", "float32"), ("64", "float64"))
        for source, target in ((real, f"int{width}"), (real, f"uint{width}"), (f"int{width}", real), (f"uint{width}", real))
    },
}

RESERVED = frozenset(
    """auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return
    short signed sizeof static struct switch typedef union unsigned void volatile while bool true false main context NULL NAN INFINITY
    asm typeof i j k l m n j0 j1 jn y0 y1 yn gamma signgam index abs div memcpy malloc free exit abort
    sqrt fabs floor ceil trunc rint fma copysign isnan isinf signbit""".split()
) | {name + suffix for name in MATH for suffix in ("", "f", "l")} | frozenset(SUPPORT)


def support_text(names: set[str], qualifiers: str = "static inline") -> list[str]:
    """The texts of the functions of these names and of those they call, in the order of the table."""
    wanted = set(names)
    if "uint64_of_double" in wanted:
        wanted.add("int64_of_double")
    return [qualifiers + text[1:] for name, text in SUPPORT.items() if name in wanted]


def value_type(type: str, constant: bool = False) -> str:
    """C's name of a type of values, ready for a name: 'float64' -> 'double ', 'bool*' -> 'uint8_t *'; constant: 'const uint8_t *'."""
    if not type.endswith("*"):
        return TYPES[type] + " "
    return f"{'const ' if constant else ''}{memory_type(type[:-1])} *"


def memory_type(element: str) -> str:
    """C's name of an element in memory: a bool is one byte, 0 or 1."""
    return "void" if element == "void" else "uint8_t" if element == "bool" else TYPES[element]


def constant(x: int | float | bool, type: str) -> str:
    """A Python number as a constant of the type; a float by the fewest decimal digits that give exactly it."""
    if type == "bool":
        return "true" if x else "false"
    if type.endswith("*"):
        if x != 0:
            raise ValueError(f"no address may stand in the code: {x}")
        return "NULL"
    if type == "float16":
        return f"0x{struct.unpack('<H', struct.pack('<e', rounded(x, 'e')))[0]:04x}"
    if type.startswith("float"):
        return float_constant(float(x), type)
    width = int(type.lstrip("uint"))
    value = int(x) & ((1 << width) - 1)
    if type.startswith("uint"):
        return f"{value}u" if width >= 32 else str(value)
    value -= (value >> (width - 1)) << width
    return f"{type.upper()}_MIN" if value == LOWEST.get(type) else str(value)


def float_constant(x: float, type: str) -> str:
    suffix = ""
    if type == "float32":
        x = rounded(x, "f")
        suffix = "f"
    if math.isnan(x):
        return "-NAN" if math.copysign(1.0, x) < 0 else "NAN"
    if math.isinf(x):
        return "INFINITY" if x > 0 else "-INFINITY"
    text = repr(x)
    if suffix:
        text = next(t for digits in range(1, 10) if rounded(float(t := f"{x:.{digits}g}"), "f") == x)
        if "." not in text and "e" not in text:
            text += ".0"
    return text + suffix


def rounded(x: float, code: str) -> float:
    """x in the narrower float format of `struct`; beyond its range infinite, as a conversion is."""
    try:
        return float(struct.unpack(code, struct.pack(code, x))[0])
    except OverflowError:
        return math.copysign(math.inf, x)


_rows: dict[tuple[str, str], Row] = {}


def row(operation: str, type: str) -> Row:
    """How an operation on this type is written. Raises TypeError if the type does not have it."""
    found = _rows.get((operation, type))
    if found is None:
        found = _rows[operation, type] = make_row(operation, type)
    return found


def plain_row(operation: str) -> Row:
    """Of signed integers where overflow cannot be: index arithmetic."""
    return PLAIN[operation]


def make_row(operation: str, type: str) -> Row:
    if operation in ("eq", "ne", "select") or (operation in ANY and not type.endswith("*") and type not in ("bool", "float16")):
        return ANY[operation]
    found: Row | None = None
    if type in ("float32", "float64"):
        suffix = "f" if type == "float32" else ""
        if operation in MATH:
            return Row(f"{operation}{suffix}({', '.join(['{0}', '{1}'][:MATH[operation]])})")
        found = FLOAT.get(operation) or LESSER_GREATER.get(operation)
        if found is not None:
            return Row(found.text.replace("F(", suffix + "("), found.level, found.needs, (), found.twice)
    elif type == "bool":
        found = BOOL.get(operation)
    elif type.lstrip("u").startswith("int"):
        found = integer_row(operation, type)
    if found is None:
        raise TypeError(f"the operation {operation} is not defined for {type}")
    return found


def integer_row(operation: str, type: str) -> Row | None:
    width = int(type.lstrip("uint"))
    signed = type.startswith("int")
    found = LESSER_GREATER.get(operation)
    if operation == "signbit":
        found = Row("{0} < 0", COMPARISON, (SUM,)) if signed else None
    elif operation in ("shl", "shr"):
        found = WRAPPED[operation]
    elif width < 32 and operation in NARROW and (type, operation) != ("uint16", "mul"):
        found = NARROW[operation]
    elif (signed or width < 32) and operation in WRAPPED:
        found = WRAPPED[operation]
    elif operation in PLAIN:
        found = PLAIN[operation]
    if found is None:
        return None
    text = found.text.replace("WIDTH", str(width - 1)).replace("(T)", f"({TYPES[type]})")
    text = text.replace("(U)", "(uint64_t)" if width == 64 else "(uint32_t)")
    return Row(text, found.level, found.needs, found.support, found.twice)


def cast_row(source: str, target: str) -> Row:
    """A conversion between two types of numbers."""
    if source == target:
        return Row("{0}", UNARY, (UNARY,))
    if target == "bool":
        return Row("({0} & 0x7fff) != 0", EQUALITY, (UNARY,)) if source == "float16" else Row("{0} != 0", EQUALITY, (SUM,))
    if source == "float16":
        if target == "float32":
            return Row("float_of_half({0})", support=("float_of_half",))
        rest = cast_row("float32", target)
        text = rest.text.replace("{0}", "float_of_half({0})")
        return Row(text, rest.level, (0,), ("float_of_half", *rest.support))
    if target == "float16":
        if source.startswith("float"):
            return Row("half_of_double({0})", support=("half_of_double",))
        return Row("half_of_double((float){0})", ATOM, (UNARY,), ("half_of_double",))
    if source.startswith("float") and not target.startswith("float"):
        return float_to_integer(source, target)
    return Row(f"({TYPES[target]}){{0}}", UNARY, (UNARY,))


def float_to_integer(source: str, target: str) -> Row:
    width = int(target.lstrip("uint"))
    if target == "uint64":
        name = "uint64_of_double"
    else:
        name = f"int{64 if width == 64 or target == 'uint32' else 32}_of_{TYPES[source]}"
    if target in ("int32", "int64", "uint64"):
        return Row(f"{name}({{0}})", support=(name,))
    return Row(f"({TYPES[target]}){name}({{0}})", UNARY, support=(name,))


def bits_row(source: str, target: str) -> Row:
    """The same bits as a number of another type of equal width."""
    if "float16" in (source, target) or not (source.startswith("float") or target.startswith("float")):
        return Row(f"({TYPES[target]}){{0}}", UNARY, (UNARY,))
    if source == target:
        return Row("{0}", UNARY, (UNARY,))
    name = f"{target}_of_bits_of_{source}"
    if name not in SUPPORT:
        raise TypeError(f"{source} and {target} are not of equal width")
    return Row(f"{name}({{0}})", support=(name,))

"""Functions that run in parts (`Split` of the loop IR): their arguments come in memory, for whoever has threads knows nothing of their types.

``int64 part(context*, void *packed, int64 start, int64 stop)``: 8 bytes an argument. IN_PARTS is what calls them: the whole range at once, or
the context's function if it has one and the work is worth it.
"""

from __future__ import annotations

from codegen.loopir import nodes as ir
from codegen.targets.llvmcalls import INVARIANT, LIMIT, SPLIT
from codegen.targets.llvmspelling import VECTORS, type_name

__all__ = ["IN_PARTS", "picked_up"]

IN_PARTS = f"""define internal i64 @in_parts(ptr noundef %context, ptr noundef %part, ptr noundef %packed, i64 noundef %from, i64 noundef %to, \
i64 noundef %work, i64 noundef %how) noinline nounwind{VECTORS} {{
start:
  %limit.p = getelementptr inbounds i8, ptr %context, i64 {LIMIT}
  %limit = load i64, ptr %limit.p{INVARIANT}
  %much = icmp sge i64 %work, %limit
  br i1 %much, label %ask, label %whole
ask:
  %split.p = getelementptr inbounds i8, ptr %context, i64 {SPLIT}
  %split = load ptr, ptr %split.p{INVARIANT}
  %alone = icmp eq ptr %split, null
  br i1 %alone, label %whole, label %parts
whole:
  %status = tail call i64 %part(ptr %context, ptr %packed, i64 %from, i64 %to)
  ret i64 %status
parts:
  %found = tail call i64 %split(ptr %context, ptr %part, ptr %packed, i64 %from, i64 %to, i64 %work, i64 %how)
  ret i64 %found
}}"""


def picked_up(function: ir.Function, signature: str, attributes: str, body: str, few: bool) -> str:
    """The text of such a function. Where all of LLVM's passes run, the body is a function of its own: so what is known of the parameters (memory of
    their own) stays known. It does not become a part of this one, for then its passes run twice, a third of the time of a whole network."""
    first, last, *values = function.parameters
    parameters = f"ptr noundef %context, ptr noundef %packed, i64 noundef %v{first.number}, i64 noundef %v{last.number}"
    outer = attributes if few else f"noinline nounwind{VECTORS}"
    lines = [f"define internal i64 @{function.name}({parameters}) {outer} {{", "start:"]
    for k, value in enumerate(values):
        at = "%packed"
        if k:
            at = f"%v{value.number}.at"
            lines.append(f"  {at} = getelementptr inbounds i64, ptr %packed, i64 {k}")
        lines.append(f"  %v{value.number} = load {type_name(value.type)}, ptr {at}")
    if few:
        return "\n".join([*lines, body])
    args = ", ".join(f"{type_name(value.type)} %v{value.number}" for value in function.parameters)
    lines += [f"  %status = call i64 @{function.name}.body(ptr %context, {args})", "  ret i64 %status", "}"]
    return "\n".join([f"define internal i64 @{function.name}.body({signature}) {attributes} {{", "start:", body, "", *lines])

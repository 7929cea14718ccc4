"""Graphs as Graphviz's dot text, and as pictures where its program `dot` is there."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from itertools import count
from typing import Any

from symgraph.expr.op import Apply
from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant
from symgraph.expr.walk import ancestors, toposort
from symgraph.printing.tree import roots_of
from symgraph.settings import config

__all__ = ["d3write", "dot_text", "pydotprint"]

COLOURS = {"input": "limegreen", "constant": "burlywood", "shared": "cyan3", "output": "dodgerblue", "op": "white", "marked": "orange"}


def dot_text(
    fct: Any, compact: bool = True, with_ids: bool = False, high_contrast: bool = True, cond_highlight: Any = None, max_label_size: int = 70,
    var_with_name_simple: bool = False, colors: dict[str, str] | None = None,
) -> str:
    """The dot text of a function, a variable or a list of variables. The options are those of `pydotprint`.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> print(dot_text(T.exp(x)))
    digraph {
      node [style=filled];
      v0 [label="x <TensorType(float64, scalar)>", shape=box, fillcolor=limegreen];
      n0 [label="exp", shape=ellipse, fillcolor=white];
      v0 -> n0;
      o0 [label="output <TensorType(float64, scalar)>", shape=box, fillcolor=dodgerblue];
      n0 -> o0;
    }
    """
    outputs = roots_of(fct)
    palette = COLOURS | (colors or {})
    attribute = "fillcolor" if high_contrast else "color"
    order = toposort(outputs)
    marked = {x.owner for x in ancestors(cond_highlight)} - {None} if isinstance(cond_highlight, (list, tuple)) else set()
    clusters = {} if marked or not cond_highlight else branches_of(order, cond_highlight)
    lines: list[str] = []
    names: dict[Any, str] = {}
    numbers = count()

    def add(name: str, text: str, shape: str, colour: str) -> None:
        label = (text if len(text) <= max_label_size else text[: max_label_size - 3] + "...").replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  {name} [label="{label}", shape={shape}, {attribute}={palette[colour]}];')

    def shown(x: Any) -> str:
        text = str(x.name or "") if x.owner is not None or x.name else str(x) if isinstance(x, Constant) else ""
        return (f"{text} <{x.type}>" if not (var_with_name_simple and x.name) else text).strip()

    def source(x: Any) -> str:
        """The name in the picture of what gives x."""
        if x.owner is not None and (compact or x.owner not in names):
            return names[x.owner]
        if x not in names:
            names[x] = f"v{next(numbers)}"
            kind = "constant" if isinstance(x, Constant) else "shared" if isinstance(x, SharedVariable) else "input" if x.owner is None else "op"
            add(names[x], shown(x), "box", kind)
            if x.owner is not None:
                lines.append(f"  {names[x.owner]} -> {names[x]};")
        return names[x]

    for number, node in enumerate(order):
        above = [source(x) for x in node.inputs]
        names[node] = f"n{number}"
        text = str(getattr(node.op, "name", None) or node.op)
        add(names[node], f"{text} id={number}" if with_ids else text, "ellipse", "marked" if node in marked else "op")
        for position, (name, x) in enumerate(zip(above, node.inputs)):
            words = [str(position)] * (len(above) > 1) + [str(x.type)] * (compact and x.owner is not None)
            lines.append(f"  {name} -> {names[node]}" + (f' [label="{" ".join(words)}"]' if words else "") + ";")
    for number, x in enumerate(outputs):
        name = source(x)
        add(f"o{number}", f"output {'' if x.name is None or x.owner is None else x.name + ' '}<{x.type}>", "box", "output")
        lines.append(f"  {name} -> o{number};")
    for label, nodes in clusters.items():
        lines.append(f"  subgraph cluster_{label} {{ label={label}; {' '.join(f'{names[node]};' for node in nodes)} }}")
    return "\n".join(["digraph {", "  node [style=filled];", *lines, "}"])


def branches_of(order: Sequence[Apply], asked: Any) -> dict[str, list[Apply]]:
    """The nodes that only the first branch of an `ifelse` needs, only the second, and both. asked: its node or its name; True: the first one."""
    branches = (node for node in order if hasattr(node.op, "then_outputs"))
    found = next((node for node in branches if asked is True or node is asked or node.op.name == asked), None)
    if found is None:
        warnings.warn(f"cond_highlight is {asked!r}, but the graph has no such ifelse", stacklevel=4)
        return {}
    left: set[Any] = set()
    right: set[Any] = set()
    for side, outputs in (left, found.op.then_outputs), (right, found.op.else_outputs):
        inside = set(ancestors(outputs))
        side |= {x.owner for x in ancestors([x for x, inner in zip(found.inputs[1:], found.op.inner_inputs) if inner in inside])}
    parts = {"Left": left - right, "Right": right - left, "Middle": left & right}
    return {label: [node for node in order if node in part] for label, part in parts.items()}


def pydotprint(
    fct: Any, outfile: Any = None, compact: bool = True, format: str = "png", with_ids: bool = False, high_contrast: bool = True,
    cond_highlight: Any = None, colorCodes: dict[str, str] | None = None, max_label_size: int = 70, scan_graphs: bool = False,
    var_with_name_simple: bool = False, print_output_file: bool = True, return_image: bool = False,
) -> Any:
    """Write the picture of a function, a variable or a list of variables to a file.

    outfile: its name (the setting compiledir, symgraph.pydotprint.FORMAT, if None). format: "dot" for the text; any other is drawn by
    Graphviz' program `dot`; where that is not there, the text is written to the file with the ending .dot and a warning says so. compact:
    no boxes for values between ops. with_ids: number the nodes. high_contrast: fill the shapes. cond_highlight: a list of variables
    whose nodes are marked; or True, or the name or the node of an `ifelse`: what only one of its branches needs, and what both do, gets a
    border. colorCodes: colours by kind ("input", "constant", "shared", "output", "op", "marked"). max_label_size: longer labels are cut.
    scan_graphs: the bodies of loops too, each to a file of its own. return_image: return the bytes instead of writing.
    Raises TypeError for what is no graph, RuntimeError where `dot` fails.

    >>> import os, tempfile
    >>> import symgraph.tensor as T
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pydotprint(T.exp(T.dscalar('x')), os.path.join(folder, 'e.dot'), format='dot', print_output_file=False)
    ...     os.listdir(folder)
    ['e.dot']
    """
    text = dot_text(fct, compact, with_ids, high_contrast, cond_highlight, max_label_size, var_with_name_simple, colorCodes)
    content, ending = _drawn(text, format)
    if return_image:
        return content
    path = os.path.join(config.compiledir, f"symgraph.pydotprint.{format}") if outfile is None else os.fspath(outfile)
    if ending != format:
        path = f"{os.path.splitext(path)[0]}.{ending}"
        warnings.warn(f"Graphviz' program dot was not found: the text of the graph was written to {path}", stacklevel=2)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    if print_output_file:
        print(f"The output file is available at {path}")
    if scan_graphs:
        ops = {node.op: None for node in toposort(roots_of(fct)) if hasattr(node.op, "inner_outputs")}
        for number, op in enumerate(ops):
            stem, dot = os.path.splitext(path)
            pydotprint(op.inner_outputs, f"{stem}_{number}{dot}", compact, format, with_ids, high_contrast, cond_highlight, colorCodes,
                       max_label_size, scan_graphs, var_with_name_simple, print_output_file)
    return None


def d3write(fct: Any, path: Any, *args: Any, **options: Any) -> None:
    """Write the dot text of a function or of variables to the file `path`; the options are those of `dot_text`."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(dot_text(fct, *args, **options))


def _drawn(text: str, format: str) -> tuple[bytes, str]:
    """The picture, and the ending of what it is: the format, or dot."""
    import shutil
    import subprocess

    program = shutil.which("dot") if format != "dot" else None
    if program is None:
        return text.encode(), "dot"
    run = subprocess.run([program, f"-T{format}"], input=text.encode(), capture_output=True, check=False)
    if run.returncode:
        raise RuntimeError(f"dot could not draw this graph: {run.stderr.decode(errors='replace').strip()}")
    return run.stdout, format

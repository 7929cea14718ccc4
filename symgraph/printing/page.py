"""d3viz: a page that shows a graph in a browser. One HTML file, with the pictures drawn (SVG) and all that it needs inside; no network.

Nodes stand in layers, inputs above, so that lines go down. A click shows what is known of a node: its op, the types, the line of the user's
program, the time, if the function was measured. Bodies of loops and branches are pictures of their own, opened by a click on their node.
"""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from symgraph.expr.shared import SharedVariable
from symgraph.expr.variable import Constant
from symgraph.expr.walk import toposort
from symgraph.printing.tree import roots_of
from symgraph.source import describe

__all__ = ["d3viz", "html_page", "replace_patterns", "safe_json"]

HEIGHT, GAP_X, GAP_Y, LETTER, LONGEST = 24, 18, 46, 7.2, 34


class Box:
    """A node of the picture. facts: (what, text) rows of the panel; body: number of the picture that it opens."""

    def __init__(self, kind: str, label: str, facts: list[tuple[str, str]]) -> None:
        self.kind, self.facts = kind, facts
        self.label = label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
        self.above: list[Box] = []
        self.below: list[Box] = []
        self.body: int | None = None
        self.share = 0.0
        self.layer = 0
        self.x = 0.0
        self.width = len(self.label) * LETTER + 16


def d3viz(fct: Any, outfile: Any, copy_deps: bool = True, *args: Any, **kwargs: Any) -> None:
    """Write a page with the picture of a function, a variable or a list of variables to the file `outfile`; folders are made.

    copy_deps and what formats pictures in Theano are accepted for its sake: the page is one file. Of a function that was made with
    ``profile=True`` it shows the times. Raises TypeError for what is no graph.

    >>> import os, tempfile
    >>> import symgraph.tensor as T
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     d3viz(T.exp(T.dscalar('x')), os.path.join(folder, 'page.html'))
    ...     os.listdir(folder)
    ['page.html']
    """
    text = html_page(fct)
    path = os.fspath(outfile)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def html_page(fct: Any) -> str:
    """The page of `d3viz` as text."""
    roots = roots_of(fct)
    times = _times(fct)
    title = getattr(getattr(fct, "signature", None), "title", None) or ", ".join(str(x) for x in roots[:3])
    pictures: list[str] = []
    facts: list[list[list[tuple[str, str]]]] = []
    waiting: list[tuple[str, Sequence[Any], dict[Any, str]]] = [(title, roots, {})]
    bodies: dict[Any, int] = {}
    for number, (name, outputs, roles) in enumerate(waiting):  # grows as bodies are met
        boxes = _boxes(outputs, roles, times)
        for node, box in boxes.items():
            op: Any = getattr(node, "op", None)
            if hasattr(op, "inner_outputs"):
                if op not in bodies:
                    bodies[op] = len(waiting)
                    waiting.append((f"body of {op}", op.inner_outputs, _roles(op, node)))
                box.body = bodies[op]
        pictures.append(_details(number, name, list(boxes.values())))
        facts.append([box.facts for box in boxes.values()])
    return replace_patterns(PAGE, {"%TITLE%": html.escape(str(title)), "%PICTURES%": "\n".join(pictures), "%FACTS%": safe_json(facts)})


def replace_patterns(x: str, replace: dict[Any, Any]) -> str:
    """The text with each key put in place by its value, one after the other."""
    for pattern, value in replace.items():
        x = x.replace(str(pattern), str(value))
    return x


def safe_json(obj: Any) -> str:
    """The object as JSON that may stand in a page: without the sign that begins a tag."""
    return json.dumps(obj).replace("<", "\\u003c")


# What is shown --------------------------------------------------------------------------------------------------------
def _times(fct: Any) -> dict[Any, tuple[str, float]]:
    """Node -> (text, share of all time), of a function that was measured."""
    profile: Any = getattr(fct, "profile", None) if hasattr(fct, "signature") else None
    if not hasattr(profile, "kernels"):
        return {}
    kernels = profile.kernels()
    total = sum(k.seconds for k in kernels) or 1.0
    found: dict[Any, tuple[str, float]] = {}
    for k in kernels:
        for node in k.nodes[:-1]:
            found[node] = f"computed together with {k.nodes[-1].op}", 0.0
        found[k.nodes[-1]] = f"{k.seconds:.6f} s in {k.calls} runs, {k.seconds / total:.1%} of all", k.seconds / total
    return found


def _roles(op: Any, node: Any) -> dict[Any, str]:
    if not hasattr(op, "roles"):
        return {}
    inputs, outputs = op.roles(node)
    found: dict[Any, str] = {}
    for x, (role, outer) in zip(op.inner_inputs, inputs):
        found[x] = role if outer is None else f"{role}, from {outer}"
    for x, role in zip(op.inner_outputs, outputs):
        found[x] = f"{found[x]}; {role}" if x in found else role
    return found


def _boxes(outputs: Sequence[Any], roles: dict[Any, str], times: dict[Any, tuple[str, float]]) -> dict[Any, Box]:
    """Variable without owner, node, or number of an output -> its box; with their lines."""
    boxes: dict[Any, Box] = {}

    def source(x: Any) -> Box:
        if x.owner is not None:
            return boxes[x.owner]
        if x not in boxes:
            kind = "constant" if isinstance(x, Constant) else "shared" if isinstance(x, SharedVariable) else "input"
            facts = [(kind, str(x)), ("type", str(x.type))]
            boxes[x] = Box(kind, x.name or (str(x) if kind == "constant" else str(x.type)), facts + _where(x.line) + _role(x, roles))
        return boxes[x]

    for node in toposort(outputs):
        facts = [("op", str(node.op))]
        facts += [(f"input {k}", f"{x.name or (x.owner.op if x.owner else x)}: {x.type}") for k, x in enumerate(node.inputs)]
        for k, x in enumerate(node.outputs):
            facts += [(f"output {k}" if len(node.outputs) > 1 else "output", f"{x.name + ': ' if x.name else ''}{x.type}"), *_role(x, roles)]
        above = [source(x) for x in node.inputs]
        text, share = times.get(node, ("", 0.0))
        named = next((x.name for x in node.outputs if x.name), None)
        short = str(getattr(node.op, "name", None) or node.op).partition("{")[0] or str(node.op)
        box = boxes[node] = Box("op", f"{short}: {named}" if named else short, facts + ([("time", text)] if text else []) + _where(node.line))
        box.share = share
        _join(above, box)
    for number, x in enumerate(outputs):
        above = [source(x)]
        box = boxes[number] = Box("output", f"output {number}" if x.name is None else f"output {x.name}", [("type", str(x.type)), *_role(x, roles)])
        _join(above, box)
    return boxes


def _join(above: Iterable[Box], box: Box) -> None:
    for one in above:
        box.above.append(one)
        one.below.append(box)


def _role(x: Any, roles: dict[Any, str]) -> list[tuple[str, str]]:
    return [("in the loop", roles[x])] if x in roles else []


def _where(line: Any) -> list[tuple[str, str]]:
    return [] if line is None else [("written at", describe(line))]


# Where it stands ------------------------------------------------------------------------------------------------------
def _layers(boxes: Sequence[Box]) -> list[list[Box]]:
    """Boxes in layers, each below all that it reads; what reads nothing stands right above its first reader."""
    for box in boxes:
        if box.above:
            box.layer = 1 + max(one.layer for one in box.above)
    for box in boxes:
        if not box.above and box.below:
            box.layer = min(one.layer for one in box.below) - 1
    layers: list[list[Box]] = [[] for _ in range(1 + max((box.layer for box in boxes), default=0))]
    for box in boxes:
        layers[box.layer].append(box)
    return layers


def _place(layers: list[list[Box]]) -> None:
    """The order within layers and the places: each box wants to stand in the middle of its neighbours; four sweeps, down and up."""
    for row in layers:
        _spread(row, [float(k) for k in range(len(row))])
    for sweep in range(4):
        down = sweep % 2 == 0
        for row in layers if down else layers[::-1]:
            wishes = []
            for box in row:
                near = box.above if down else box.below
                wishes.append(sum(one.x for one in near) / len(near) if near else box.x)
            order = sorted(range(len(row)), key=wishes.__getitem__)
            row[:] = [row[k] for k in order]
            _spread(row, [wishes[k] for k in order])


def _spread(row: list[Box], wishes: list[float]) -> None:
    """Places from left to right, as near to the wishes as widths allow: pushed to the right where it is narrow, then moved back as a whole."""
    edge = float("-inf")
    for box, wish in zip(row, wishes):
        box.x = max(wish, edge + box.width / 2)
        edge = box.x + box.width / 2 + GAP_X
    shift = sum(wish - box.x for box, wish in zip(row, wishes)) / (len(row) or 1)
    for box in row:
        box.x += shift


def _details(number: int, name: str, boxes: list[Box]) -> str:
    layers = _layers(boxes)
    _place(layers)
    left = min((box.x - box.width / 2 for box in boxes), default=0.0) - 10
    right = max((box.x + box.width / 2 for box in boxes), default=0.0) + 10
    height = len(layers) * (HEIGHT + GAP_Y) + 10
    lines, shapes = [], []
    for k, box in enumerate(boxes):
        y = box.layer * (HEIGHT + GAP_Y) + 10
        for one in box.above:
            top = one.layer * (HEIGHT + GAP_Y) + 10 + HEIGHT
            bend = min(GAP_Y, (y - top)) * 0.6
            lines.append(f'<path d="M{one.x:.0f},{top}C{one.x:.0f},{top + bend:.0f} {box.x:.0f},{y - bend:.0f} {box.x:.0f},{y}"/>')
        opens = "" if box.body is None else f' data-body="{box.body}"'
        heat = f' style="fill:hsl({50 - 50 * box.share:.0f},90%,{90 - 35 * box.share:.0f}%)"' if box.share else ""
        shapes.append(
            f'<g class="{box.kind}{"" if box.body is None else " body"}" data-box="{k}"{opens}><rect x="{box.x - box.width / 2:.0f}" y="{y}" '
            f'width="{box.width:.0f}" height="{HEIGHT}" rx="{12 if box.kind == "op" else 2}"{heat}/>'
            f'<text x="{box.x:.0f}" y="{y + 16}">{html.escape(box.label)}</text></g>')
    return (f'<details id="graph{number}" data-graph="{number}"{" open" if number == 0 else ""}><summary>{html.escape(name)} '
            f'({len(boxes)} boxes)</summary><svg viewBox="{left:.0f} 0 {right - left:.0f} {height}" style="max-width:{right - left:.0f}px">'
            f'<g class="lines">{"".join(lines)}</g>'
            f'{"".join(shapes)}</svg></details>')


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>%TITLE%</title><style>
body { font: 13px sans-serif; margin: 0; display: flex; height: 100vh; }
main { flex: 1; overflow: auto; padding: 8px; }
aside { width: 330px; overflow: auto; padding: 8px; border-left: 1px solid #bbb; background: #f7f7f7; }
summary { cursor: pointer; font-weight: bold; padding: 4px; }
svg { width: 100%; cursor: grab; display: block; }
svg text { font: 12px monospace; text-anchor: middle; pointer-events: none; }
.lines path { fill: none; stroke: #888; }
rect { stroke: #555; fill: #fff; cursor: pointer; }
.input rect { fill: #b7e4b0; } .shared rect { fill: #a9dbe8; } .constant rect { fill: #ecd9b0; } .output rect { fill: #b5c9f2; }
.body rect { stroke-width: 3; } .chosen rect { stroke: #d22; stroke-width: 3; }
dt { font-weight: bold; margin-top: 6px; } dd { margin: 0; white-space: pre-wrap; font-family: monospace; overflow-wrap: anywhere; }
</style></head><body><main>
%PICTURES%
</main><aside><p>Click a box to see what it is; a thick one opens its body below. Ctrl and the wheel zooms, dragging moves.</p><dl></dl></aside>
<script>
const facts = %FACTS%, list = document.querySelector("dl");
document.querySelectorAll("svg").forEach(svg => {
  const start = svg.viewBox.baseVal, graph = Number(svg.parentNode.dataset.graph);
  let view = [start.x, start.y, start.width, start.height], held = null;
  const show = () => svg.setAttribute("viewBox", view.join(" "));
  svg.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const factor = event.deltaY > 0 ? 1.2 : 1 / 1.2, frame = svg.getBoundingClientRect();
    const x = (event.clientX - frame.left) / frame.width, y = (event.clientY - frame.top) / frame.height;
    view = [view[0] + view[2] * x * (1 - factor), view[1] + view[3] * y * (1 - factor), view[2] * factor, view[3] * factor];
    show();
  }, { passive: false });
  svg.addEventListener("pointerdown", event => { held = [event.clientX, event.clientY]; });
  addEventListener("pointerup", () => { held = null; });
  svg.addEventListener("pointermove", event => {
    if (!held) return;
    const scale = view[2] / svg.clientWidth;
    view[0] -= (event.clientX - held[0]) * scale; view[1] -= (event.clientY - held[1]) * scale;
    held = [event.clientX, event.clientY];
    show();
  });
  svg.addEventListener("click", event => {
    const box = event.target.closest("[data-box]");
    if (!box) return;
    document.querySelectorAll(".chosen").forEach(other => other.classList.remove("chosen"));
    box.classList.add("chosen");
    list.replaceChildren(...facts[graph][Number(box.dataset.box)].flatMap(([name, text]) => {
      const term = document.createElement("dt"), said = document.createElement("dd");
      term.textContent = name; said.textContent = text;
      return [term, said];
    }));
    if (box.dataset.body !== undefined) {
      const body = document.getElementById("graph" + box.dataset.body);
      body.open = true;
      body.scrollIntoView({ behavior: "smooth" });
    }
  });
});
</script></body></html>
"""

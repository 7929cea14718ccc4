"""How single ops are written in a formula: printers that a program gives to `pprint`, in the words of `theano.printing`.

A printer has `process(output, pstate)`, which gives the text of a variable; it asks ``pstate.pprinter.process(x, pstate)`` for the texts of what that
is made of. `pprint` tries the printers that were assigned, the newest first; everything else is written as `pp` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symgraph.expr.op import Op
from symgraph.ops.layout import DimShuffle
from symgraph.printing.formula import leaf_text, permuted, pp, written

__all__ = [
    "DefaultPrinter", "DimShufflePrinter", "FunctionPrinter", "IgnorePrinter", "LeafPrinter", "OperatorPrinter", "PPrinter", "PatternPrinter",
    "PrinterState", "default_printer", "leaf_printer", "pprint",
]


class PrinterState:
    """What a printer may know of where it prints: `pprinter`, and attributes that printers around it have set (`precedence`, say)."""

    def __init__(self, props: Mapping[str, Any] | PrinterState | None = None, **more_props: Any) -> None:
        self.__dict__ |= {**(vars(props) if isinstance(props, PrinterState) else props or {}), **more_props}

    def clone(self, props: Mapping[str, Any] | None = None, **more_props: Any) -> PrinterState:
        """A copy with further attributes."""
        return PrinterState(self, **{**(props or {}), **more_props})


def _node(output: Any, printer: Any) -> Any:
    if output.owner is None:
        raise TypeError(f"{type(printer).__name__} prints what an op gives, and {output} is the output of none")
    return output.owner


def _texts(inputs: Sequence[Any], pstate: Any, precedences: Sequence[float]) -> list[str]:
    return [pstate.pprinter.process(x, pstate.clone(precedence=p)) for x, p in zip(inputs, precedences)]


class OperatorPrinter:
    """``(a + b)``: an operator between the inputs, or before the only one. precedence and assoc are handed on to inner printers; every result has
    parentheses."""

    def __init__(self, operator: str, precedence: float, assoc: str = "left") -> None:
        if assoc not in ("left", "right", "none"):
            raise ValueError(f"assoc must be 'left', 'right' or 'none', got {assoc!r}")
        self.operator, self.precedence, self.assoc = operator, precedence, assoc

    def process(self, output: Any, pstate: Any) -> str:
        """The text of an output of the operator."""
        node = _node(output, self)
        loose = {"left": 0, "right": len(node.inputs) - 1}.get(self.assoc)
        texts = _texts(node.inputs, pstate, [self.precedence + (k != loose) * 1e-6 for k in range(len(node.inputs))])
        return f"({self.operator}{texts[0]})" if len(texts) == 1 else f"({f' {self.operator} '.join(texts)})"


class PatternPrinter:
    """One pattern for each output, in which ``%(0)s`` stands for the first input; or a tuple of a pattern and the precedences of inputs."""

    def __init__(self, *patterns: Any) -> None:
        self.patterns = [(p, ()) if isinstance(p, str) else (p[0], tuple(p[1:])) for p in patterns]

    def process(self, output: Any, pstate: Any) -> str:
        """The text of an output of the op."""
        node = _node(output, self)
        pattern, precedences = self.patterns[output.index]
        texts = _texts(node.inputs, pstate, [*precedences, *[1000.0] * len(node.inputs)])
        return pattern % {str(k): text for k, text in enumerate(texts)}


class FunctionPrinter:
    """``name(a, b)``: one name for each output."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def process(self, output: Any, pstate: Any) -> str:
        """The text of an output of the op."""
        node = _node(output, self)
        return f"{self.names[output.index]}({', '.join(_texts(node.inputs, pstate, [-1000.0] * len(node.inputs)))})"


class IgnorePrinter:
    """An op that is not worth a word: the text of its first input."""

    def process(self, output: Any, pstate: Any) -> str:
        """The text of an output of the op."""
        return str(pstate.pprinter.process(_node(output, self).inputs[0], pstate))


class DimShufflePrinter:
    """``x.T`` for dimensions turned round, x itself for new ones in front, else ``DimShuffle{1, x, 0}(x)``."""

    def process(self, output: Any, pstate: Any) -> str:
        """The text of a variable whose dimensions are permuted; TypeError for another."""
        if output.owner is None or not isinstance(output.owner.op, DimShuffle):
            raise TypeError(f"Can only print DimShuffle, got {output}")
        return permuted(output.owner.op, str(pstate.pprinter.process(output.owner.inputs[0], pstate)))


class LeafPrinter:
    """The name or the value of a variable that no op gives."""

    def process(self, output: Any, pstate: Any) -> str:
        """The text of the variable."""
        return leaf_text(output)


class DefaultPrinter:
    """What `pp` writes."""

    def process(self, output: Any, pstate: Any) -> str:
        """The text of any variable."""
        if output.owner is None:
            return leaf_text(output)
        return written(output.owner, _texts(output.owner.inputs, pstate, [-1000.0] * len(output.owner.inputs)), output)


default_printer, leaf_printer = DefaultPrinter(), LeafPrinter()


class PPrinter:
    """Called with a variable it gives its formula; called with lists of inputs and outputs, and perhaps updates, a line for each output.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> mine = PPrinter().clone_assign(T.exp, PatternPrinter('e^%(0)s'))
    >>> mine(T.exp(x) + 1)
    '(e^x + TensorConstant{1})'
    """

    def __init__(self) -> None:
        self.printers: list[tuple[Callable[[Any, Any], Any], Any]] = []

    def assign(self, condition: Any, printer: Any) -> None:
        """Print by this printer what is given by an op, or that for which condition(pstate, variable) is true."""
        if isinstance(condition, Op):
            op = condition

            def condition(pstate: Any, r: Any) -> bool:
                return r.owner is not None and r.owner.op == op

        elif not callable(condition):
            raise TypeError(f"a printer is assigned to an op or a function (pstate, variable) -> bool, got {condition!r}")
        self.printers.insert(0, (condition, printer))

    def process(self, r: Any, pstate: Any = None) -> str:
        """The text of a variable."""
        if not self.printers:
            return pp(r)
        state = PrinterState(pprinter=self) if pstate is None else pstate
        for condition, printer in self.printers:
            if condition(state, r):
                return str(printer.process(r, state))
        return default_printer.process(r, state)

    def clone(self) -> PPrinter:
        """A copy, to which printers may be assigned."""
        copy = PPrinter()
        copy.printers = list(self.printers)
        return copy

    def clone_assign(self, condition: Any, printer: Any) -> PPrinter:
        """A copy with one more printer."""
        copy = self.clone()
        copy.assign(condition, printer)
        return copy

    def process_graph(
        self, inputs: Sequence[Any], outputs: Sequence[Any], updates: Mapping[Any, Any] | None = None, display_inputs: bool = False,
    ) -> str:
        """A line for each output, ``name = formula``, then ``variable <- formula`` for each update."""
        lines = [f"inputs: {', '.join(map(str, inputs))}"] if display_inputs else []
        lines += [f"{x.name or f'output {k}'} = {self.process(x)}" for k, x in enumerate(outputs)]
        return "\n".join(lines + [f"{x} <- {self.process(new)}" for x, new in (updates or {}).items()])

    def __call__(self, *args: Any) -> str:
        if len(args) == 1 and not isinstance(args[0], (list, tuple)):
            return self.process(args[0])
        if len(args) in (2, 3) and isinstance(args[1], (list, tuple)):
            return self.process_graph(*args)
        if len(args) == 1:
            return "\n".join(self.process(x) for x in args[0])
        raise TypeError("pprint takes a variable, or lists of inputs and outputs and a dictionary of updates")


pprint = PPrinter()

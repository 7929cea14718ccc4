"""Texts that name a variable by how it is computed, the same in every process: for diagnostics that are compared."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

from symgraph.expr.variable import Constant, Variable

__all__ = ["TagGenerator", "char_from_number", "hex_digest", "min_informative_str", "position_independent_str", "var_descriptor"]


def char_from_number(number: int) -> str:
    """The number in letters as digits, A for 0: A, B, ..., Z, BA, BB ..."""
    text = chr(65 + number % 26)
    while number >= 26:
        number //= 26
        text = chr(65 + number % 26) + text
    return text


class TagGenerator:
    """Hands out A, B, ..., Z, BA ..., one at each `get_tag`."""

    def __init__(self) -> None:
        self.cur_tag_number = 0

    def get_tag(self) -> str:
        """The next."""
        self.cur_tag_number += 1
        return char_from_number(self.cur_tag_number - 1)


def min_informative_str(obj: Any, indent_level: int = 0, _prev_obs: dict[int, str] | None = None, _tag_generator: Any = None) -> str:
    """The tree of a variable down to those that have names, one line each, with a letter for each and ``<A>`` where one is met again.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> print(min_informative_str(T.exp(x) + x))
    A. add
     B. exp
      C. x
     <C>
    """
    known: dict[int, str] = {} if _prev_obs is None else _prev_obs
    lines = []
    stack: list[tuple[Any, int]] = [(obj, indent_level)]
    while stack:
        x, level = stack.pop()
        indent = " " * level
        if id(x) in known:
            lines.append(f"{indent}<{known[id(x)]}>")
            continue
        known[id(x)] = char_from_number(len(known))
        owner = getattr(x, "owner", None)
        named = getattr(x, "name", None)
        name = named or (str(owner.op) if owner is not None else _leaf(x) if isinstance(x, Constant) else "<unnamed>")
        lines.append(f"{indent}{known[id(x)]}. {name}")
        if owner is not None and named is None:
            stack.extend((y, level + 1) for y in reversed(owner.inputs))
    return "\n".join(lines)


def var_descriptor(obj: Any, _prev_obs: dict[int, str] | None = None, _tag_generator: Any = None) -> str:
    """One line that says fully how a variable is computed, or what an array holds, without a word about where it lies in memory.

    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> var_descriptor(T.exp(x) + x)
    'A=add(B=exp(C=x),<C>)'
    """
    known: dict[int, str] = {} if _prev_obs is None else _prev_obs
    parts: list[str] = []
    stack: list[Any] = [obj]
    while stack:
        x = stack.pop()
        if isinstance(x, _Mark):
            parts.append(x.text)
            continue
        if id(x) in known:
            parts.append(f"<{known[id(x)]}>")
            continue
        known[id(x)] = char_from_number(len(known))
        parts.append(f"{known[id(x)]}=")
        owner = getattr(x, "owner", None)
        if owner is None:
            parts.append(_leaf(x))
            continue
        parts.append(f"{owner.op}{f'.{x.index}' if len(owner.outputs) > 1 else ''}(")
        stack.append(_Mark(")"))
        for position, y in enumerate(reversed(owner.inputs)):
            stack.append(y)
            if position < len(owner.inputs) - 1:
                stack.append(_Mark(","))
    return "".join(parts)


def hex_digest(x: Any) -> str:
    """A digest of what an array holds, with its strides and shape, as Theano writes it. TypeError for what is no array.

    >>> hex_digest(np.zeros(2, 'int8'))
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7|strides=[1]|shape=[2]'
    """
    if not isinstance(x, np.ndarray):
        raise TypeError(f"hex_digest takes an array, got {type(x)}")
    strides, shape = (",".join(map(str, numbers)) for numbers in (x.strides, x.shape))
    return f"{hashlib.sha256(x.tobytes()).hexdigest()}|strides=[{strides}]|shape=[{shape}]"


def position_independent_str(obj: Any) -> str:
    """The type of a variable, as text that is the same in every process; TypeError for anything else."""
    if not isinstance(obj, Variable):
        raise TypeError(f"position_independent_str takes a variable, got {type(obj)}")
    return f"theano_var{{type={obj.type}}}"


class _Mark:
    """Text between the variables on the stack."""

    def __init__(self, text: str) -> None:
        self.text = text


def _leaf(x: Any) -> str:
    if isinstance(x, Constant):
        x = x.data
    if isinstance(x, Variable):
        return x.name or f"<{x.type}>"
    if isinstance(x, (np.ndarray, np.generic)):
        array = np.asarray(x)
        if array.ndim == 0:
            return f"{array.dtype.name} {array.item()!r}"
        digest = hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=8).hexdigest()
        return f"<ndarray:{array.dtype.name},shape={array.shape},content={digest}>"
    return re.sub(r" at 0x[0-9a-f]+", "", str(x))

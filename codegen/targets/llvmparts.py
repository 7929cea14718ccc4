"""A module in parts that can be compiled alone: what few of LLVM's passes suffice for, what gets all, and as many as there are cores.

A function that was internal is hidden then: known to the other parts, and to nobody outside. What all parts use stands in each (declarations,
metadata).
"""

from __future__ import annotations

import re

from codegen.record import field, record
from codegen.targets.llvmspelling import STRAIGHT, VECTORS

__all__ = ["Part", "parted"]

FUNCTION = re.compile(r"define (internal )?(.*?)@([\w.]+)\((.*)\) (.*)\{\n")
CALLED = re.compile(r"(?:call [^@\n]*|\(ptr %context, ptr )@([\w.]+)")  # what is called, and what is called in parts
LENGTH = 10_000  # characters of a part that is worth a thread: some 20 ms
ALL = 3  # how much longer a function takes that gets all passes


@record()
class Part:
    """text: a module. few: it needs few passes. straight: names of functions that code generation may take lightly too."""

    text: str
    few: bool
    straight: list[str] = field(default_factory=list)


def parted(text: str, most: int) -> list[Part]:
    """The module in one part for each kind of function, and if it is long in up to `most` of like length.

    Functions of which one may become a part of the other stay together, and so do an entry and the kernels that get all passes.
    """
    blocks = text.split("\n\n")
    heads = {match[3]: (k, match) for k, block in enumerate(blocks) if (match := FUNCTION.match(block))}
    heads = {name: (k, m) for name, (k, m) in heads.items() if "alwaysinline" not in m[5] or VECTORS in m[5]}
    few = {name for name, (_, m) in heads.items() if VECTORS in m[5] or STRAIGHT in m[5]}
    calls = {name: set(CALLED.findall(blocks[k])) & heads.keys() for name, (k, _) in heads.items()}
    for name, (k, m) in heads.items():  # LLVM learns from the calls in an entry what sizes may be: pooling takes 0.9 of the time
        served = sum(len(blocks[heads[other][0]]) for other in calls[name] - few)
        if not m[1] and STRAIGHT not in m[5] and served > len(blocks[k]):
            few.discard(name)
    units: dict[str, str] = {name: name for name in heads}  # each function, and one of those that it stays with

    def unit(name: str) -> str:
        while units[name] != name:
            name = units[name]
        return name

    for name, called in calls.items():
        for other in called:
            apart = "noinline" in heads[other][1][5] or STRAIGHT in heads[other][1][5]
            if (name in few) == (other in few) and (not apart or (other not in few and not heads[name][1][1])):
                units[unit(other)] = unit(name)
    lengths: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for name, (k, _) in heads.items():
        found = lengths[name in few]
        found[unit(name)] = found.get(unit(name), 0) + len(blocks[k]) * (1 if name in few else ALL)
    total = {kind: sum(found.values()) for kind, found in lengths.items()}
    count = max(1, min(most, sum(total.values()) // LENGTH))
    left = round(count * total[False] / (sum(total.values()) or 1))
    parts = []
    for kind, share in ((False, left), (True, count - left)):
        for heap in shares(lengths[kind], max(1, share)):
            mine = {name for name in heads if (name in few) == kind and unit(name) in heap}
            straight = [name for name in mine if STRAIGHT in heads[name][1][5]]
            parts.append(Part(module_of(blocks, heads, mine, calls), kind, straight))
    return parts or [Part(text, False)]


def shares(lengths: dict[str, int], count: int) -> list[set[str]]:
    """The keys in up to so many heaps of like length: the longest first, each onto the least heap."""
    heaps: list[tuple[int, set[str]]] = [(0, set()) for _ in range(count)]
    for key in sorted(lengths, key=lambda k: -lengths[k]):
        least = min(range(count), key=lambda k: heaps[k][0])
        heaps[least] = (heaps[least][0] + lengths[key], heaps[least][1] | {key})
    return [heap for _, heap in heaps if heap]


def module_of(blocks: list[str], heads: dict[str, tuple[int, re.Match[str]]], mine: set[str], calls: dict[str, set[str]]) -> str:
    """The text of some of the functions; those of others that they call are declared. Internal functions that others call are hidden:
    known to the other parts, and to nobody outside."""
    if len(mine) == len(heads):
        return "\n\n".join(blocks)
    places = {k: name for name, (k, _) in heads.items()}
    abroad: set[str] = set().union(*(called for name, called in calls.items() if name not in mine))
    kept = [
        re.sub("^define internal ", "define hidden ", block) if places.get(k) in abroad else block
        for k, block in enumerate(blocks) if k not in places or places[k] in mine
    ]
    others: set[str] = set().union(*(calls[name] for name in mine)) - mine
    return "\n\n".join([*kept[:-1], *(declared(heads[name][1]) for name in sorted(others)), kept[-1]])


def declared(match: re.Match[str]) -> str:
    """The declaration of a function of another part."""
    types = ", ".join(part.split()[0] for part in match[4].split(", ")) if match[4] else ""
    return f"declare hidden {match[2]}@{match[3]}({types}) nounwind"

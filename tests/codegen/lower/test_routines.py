"""What several rules have in common is written once, as a kernel that they call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rules_for_tests import compiled, floats

import codegen
from codegen.loopir.interpret import interpret
from codegen.program import ArrayType, Program, Step
from codegen.rules import Loops


def _raised(times: int) -> Loops:
    """x doubled so many times, and one added each time."""

    def body(b: Any, memory: Any, count: Any, more: Any) -> None:
        with b.loop(0, count) as i:
            b.store(memory, i, b.add(b.mul(b.load(memory, i), 2), more))

    def loops(b: Any, inputs: Any, outputs: Any) -> None:
        n = inputs[0].shape[0]
        with b.loop(0, n) as i:
            outputs[0].store([i], inputs[0](i))
        for _ in range(times):
            b.routine(("doubled",), [outputs[0].pointer, n, b.constant(1, outputs[0].dtype)], body)

    return Loops(("raised", times), lambda s, x: [x.shape], loops)


@pytest.mark.parametrize("target", ["llvm", "c", "interpreter"])
def test_a_routine_of_several_kernels(target: str) -> None:
    short = ArrayType("float32", (None,))
    steps = [Step(_raised(1), (0,), (2,)), Step(_raised(2), (0,), (3,)), Step(_raised(1), (1,), (4,)), Step(_raised(3), (1,), (5,))]
    program = Program([floats(None), short, floats(None), floats(None), short, short], [0, 1], {}, [2, 3, 4, 5], steps)
    module, layout = compiled(program)
    assert len(module.kernels) == 4 + 2, "one routine for each type"
    x = np.arange(5.0)
    arrays = [x, x.astype("float32")]
    if target == "interpreter":
        status, _, found = interpret(module, arrays, layout.results)
        assert status == 0
    else:
        found = codegen.compile(program, target=target).executable.run(arrays, ())
    for times, got in zip((1, 2, 1, 3), found):
        np.testing.assert_array_equal(got, x * 2**times + 2**times - 1)


def test_a_routine_cannot_fail() -> None:
    def loops(b: Any, inputs: Any, outputs: Any) -> None:
        b.routine(("checks",), [inputs[0].shape[0]], lambda b, n: b.check(b.less(0, n), "ValueError", "none"))

    rule = Loops(("checks",), lambda s, x: [x.shape], loops)
    with pytest.raises(RuntimeError, match="no failure table"):
        compiled(Program([floats(None)] * 2, [0], {}, [1], [Step(rule, (0,), (1,))]))

"""What keeps large programs fast to compile: kernels that are alike but for constants, rows of calls as functions, memory side by side."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import rules_for_tests as r
from rules_for_tests import compiled, floats, run

import codegen
from codegen.loopir import nodes as ir
from codegen.opt.outline import LONG, ROW
from codegen.program import Program, Step

SCALED = {str(c): r.elementwise(f"scaled {c}", lambda b, x, c=c: b.add(b.mul(x, c), 1.0), 1) for c in (2.0, 3.0, 5.0, 0.0, -0.0)}


def chain(constants: list[float], size: int | None = None) -> Program:
    """x -> cumsum(x * c + 1) for each constant in turn: two kernels each, for a cumulative sum is not fused."""
    steps = []
    for k, c in enumerate(constants):
        steps += [Step(SCALED[str(c)], (2 * k,), (2 * k + 1,)), Step(r.CUMSUM, (2 * k + 1,), (2 * k + 2,))]
    return Program([floats(size)] * (2 * len(constants) + 1), [0], {}, [2 * len(constants)], steps)


def expected(constants: list[float], x: np.ndarray) -> np.ndarray:
    for c in constants:
        x = np.cumsum(x * c + 1.0)
    return x


def handed(program: Program) -> list[float]:
    """The constants that calls hand over to the one kernel that has such a parameter."""
    module = compiled(program)[0]
    (kernel,) = [kernel for kernel in module.kernels if any(value.type == "float64" for value in kernel.parameters)]
    place = next(k for k, value in enumerate(reversed(kernel.parameters), 1) if value.type == "float64")
    return [node.args[-place] for node in module.entry.body if isinstance(node, (ir.Call, ir.Split)) and node.kernel == kernel.name]


def test_kernels_that_differ_in_constants_are_one() -> None:
    constants = [2.0, 3.0, 2.0, 5.0]
    assert handed(chain(constants)) == constants[1:]  # not the 1.0, which all have; the first reads and writes different arrays
    x = np.linspace(-1.0, 1.0, 7)
    np.testing.assert_array_equal(run(chain(constants), [x])[0], expected(constants, x))


def test_a_constant_of_one_kernel_stays_in_it() -> None:
    module = compiled(chain([2.0, 2.0, 2.0]))[0]
    assert not any(value.type == "float64" for kernel in module.kernels for value in kernel.parameters)


def test_zeros_of_different_sign_are_different_constants() -> None:
    assert [str(c) for c in handed(chain([2.0, 0.0, -0.0]))] == ["0.0", "-0.0"]


def test_long_rows_of_calls_become_functions() -> None:
    constants = [(2.0, -0.0, 3.0, -0.0)[k % 4] for k in range(LONG)]  # times -0.0 now and then, or numbers would run away
    program = chain(constants)
    module = compiled(program)[0]
    left = [node for node in module.entry.body if isinstance(node, ir.Call)]
    assert len(left) == -(-2 * len(constants) // ROW)
    assert all(node.kernel.startswith("row") for node in left)
    x = np.linspace(-1.0, 1.0, 5)
    np.testing.assert_array_equal(run(program, [x])[0], expected(constants, x))


def test_short_ones_do_not() -> None:
    module = compiled(chain([2.0] * (LONG // 2)))[0]
    assert sum(isinstance(node, ir.Call) for node in module.entry.body) == LONG


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_c_target_too() -> None:
    constants = [(2.0, -0.0, 3.0, -0.0)[k % 4] for k in range(LONG)]
    x = np.linspace(-1.0, 1.0, 5)
    executable = codegen.compile(chain(constants), "c").executable
    np.testing.assert_array_equal(executable.run([x], ())[0], expected(constants, x))

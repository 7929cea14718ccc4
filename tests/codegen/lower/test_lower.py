"""Programs lowered and run: values against numpy, what is fused, what shares memory, loops and branches."""

from __future__ import annotations

import numpy as np
import pytest
import rules_for_tests as r
from rules_for_tests import INDEX, compiled, floats, run

from codegen.errors import RunError
from codegen.lower.fuse import fuse
from codegen.program import Branch, Loop, Program, Sequenced, Step

RANDOM = np.random.default_rng(5)


def kernels(program: Program) -> int:
    return len(compiled(program)[0].kernels)


def test_scalars() -> None:
    program = Program([floats()] * 3, [0, 1], {}, [2], [Step(r.ADD, (0, 1), (2,))])
    (result,) = run(program, [2.0, 3.5])
    assert result == 5.5 and result.shape == ()


def test_a_chain_is_one_kernel_and_inner_values_that_are_wanted_are_stored() -> None:
    x = RANDOM.standard_normal(101)
    steps = [Step(r.EXP, (0,), (1,)), Step(r.ADD, (1, 0), (2,)), Step(r.MUL, (2, 1), (3,))]
    program = Program([floats(None)] * 4, [0], {}, [3, 2], steps)
    last, middle = run(program, [x])
    np.testing.assert_allclose(middle, np.exp(x) + x, rtol=1e-14)
    np.testing.assert_allclose(last, (np.exp(x) + x) * np.exp(x), rtol=1e-14)
    assert kernels(program) == 1


def test_what_is_dear_is_not_computed_for_each_reader() -> None:
    steps = [Step(r.EXP, (0,), (1,)), Step(r.CUMSUM, (1,), (2,)), Step(r.ADD, (1, 2), (3,))]
    groups = fuse(Program([floats(None)] * 4, [0], {}, [3], steps))
    assert [g.kind for g in groups] == ["pointwise", "loops", "pointwise"]


def test_a_range_is_counted_where_loops_read_it() -> None:
    steps = [Step(r.COUNT, (1,), (2,)), Step(r.ADD_AT, (0, 2), (3,))]
    program = Program([floats(None), INDEX, floats(None), floats(None)], [0, 1], {}, [3], steps)
    assert [g.kind for g in fuse(program)] == ["loops"]
    (result,) = run(program, [np.ones(4), np.array(3)])
    np.testing.assert_array_equal(result, [1, 2, 3, 1])


def test_what_loops_overwrite_is_not_read_again_by_them() -> None:
    steps = [Step(r.EXP, (0,), (2,)), Step(r.ADD, (2, 1), (3,)), Step(r.ADD_AT, (2, 3), (4,))]
    program = Program([floats(None)] * 5, [0, 1], {}, [4], steps)
    assert [len(g.members) for g in fuse(program) if g.kind == "loops"] == [1]
    (result,) = run(program, [np.array([-np.inf, 0.0, np.log(2.0)]), np.zeros(3)])
    np.testing.assert_array_equal(result, [0, 2, 4])


def test_what_is_cheap_is() -> None:
    steps = [Step(r.NEG, (0,), (1,)), Step(r.CUMSUM, (0,), (2,)), Step(r.ADD, (1, 2), (3,)), Step(r.CUMSUM, (3,), (4,)), Step(r.ADD, (1, 4), (5,))]
    groups = fuse(Program([floats(None)] * 6, [0], {}, [5], steps))
    assert [g.kind for g in groups] == ["loops", "pointwise", "loops", "pointwise"]
    x = RANDOM.standard_normal(9)
    (result,) = run(Program([floats(None)] * 6, [0], {}, [5], steps), [x])
    np.testing.assert_allclose(result, -x + np.cumsum(-x + np.cumsum(x)), rtol=1e-12)


def test_a_value_whose_reader_waits_for_another_reader_is_stored_apart() -> None:
    """b = exp(a); c = cumsum(b); d = b + c: b cannot be computed with d, since c comes between."""
    steps = [Step(r.EXP, (0,), (1,)), Step(r.CUMSUM, (1,), (2,)), Step(r.MUL, (1, 2), (3,))]
    x = RANDOM.standard_normal(7)
    (result,) = run(Program([floats(None)] * 4, [0], {}, [3], steps), [x])
    np.testing.assert_allclose(result, np.exp(x) * np.cumsum(np.exp(x)), rtol=1e-13)


@pytest.mark.parametrize("shape", [(3, 5), (200, 300), (0, 4), (4, 0), (1, 1), (1000, 3), (2, 129)])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_reductions_over_rows_columns_and_all(axes: tuple[int, ...], shape: tuple[int, int]) -> None:
    out = floats(*[None] * (2 - len(axes)))
    steps = [Step(r.EXP, (0,), (1,)), Step(r.total(*axes), (1,), (2,))]
    program = Program([floats(None, None), floats(None, None), out], [0], {}, [2], steps)
    x = RANDOM.standard_normal(shape)
    (result,) = run(program, [x])
    np.testing.assert_allclose(result, np.exp(x).sum(axis=axes), rtol=1e-12)
    assert kernels(program) == 1


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 1, 7), (3, 0, 2)])
@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1), (0, 1, 2)])
def test_reductions_of_three_dimensions(axes: tuple[int, ...], shape: tuple[int, int, int]) -> None:
    program = Program([floats(None, None, None), floats(*[None] * (3 - len(axes)))], [0], {}, [1], [Step(r.total(*axes), (0,), (1,))])
    x = RANDOM.standard_normal(shape)
    np.testing.assert_allclose(run(program, [x])[0], x.sum(axis=axes), rtol=1e-12)


def test_a_reduction_stores_what_it_reads_if_others_want_it() -> None:
    steps = [Step(r.EXP, (0,), (1,)), Step(r.total(0), (1,), (2,)), Step(r.MUL, (1, 1), (3,))]
    program = Program([floats(None), floats(None), floats(), floats(None)], [0], {}, [2, 3], steps)
    x = RANDOM.standard_normal(1003)
    total, squares = run(program, [x])
    np.testing.assert_allclose(total, np.exp(x).sum(), rtol=1e-13)
    np.testing.assert_allclose(squares, np.exp(x) ** 2, rtol=1e-13)


def test_other_places_are_read() -> None:
    steps = [Step(r.EXP, (0,), (2,)), Step(r.TRANSPOSE, (2,), (3,)), Step(r.ADD_ROW, (3, 1), (4,))]
    program = Program([floats(None, None), floats(None), *[floats(None, None)] * 3], [0, 1], {}, [4], steps)
    x, y = RANDOM.standard_normal((3, 4)), RANDOM.standard_normal(3)
    np.testing.assert_allclose(run(program, [x, y])[0], np.exp(x).T + y, rtol=1e-13)
    steps = [Step(r.BACKWARDS, (0,), (1,)), Step(r.ADD, (0, 1), (2,))]
    z = RANDOM.standard_normal(6)
    np.testing.assert_array_equal(run(Program([floats(None)] * 3, [0], {}, [2], steps), [z])[0], z + z[::-1])


def test_sizes_are_checked_before_anything_runs() -> None:
    called: list[int] = []
    steps = [Step(r.python(lambda x: (x,)), (0,), (2,), 0), Step(r.ADD, (0, 1), (3,), 7)]
    program = Program([floats(None)] * 4, [0, 1], {}, [3, 2], steps)
    with pytest.raises(RunError) as failure:
        run(program, [np.zeros(2), np.zeros(3)], [lambda x: called.append(1) or (x,)])
    failed = compiled(program)[1].failures[failure.value.status - 1]
    assert (failed.where, failed.error, failed.message.format(*failure.value.values)) == (7, "ValueError", "sizes 2 and 3 differ")


def test_a_size_that_a_run_tells() -> None:
    types = [floats(None), INDEX, floats(None), floats(None)]
    program = Program(types, [0], {}, [3], [Step(r.POSITIVE, (0,), (1,)), Step(r.COUNT, (1,), (2,)), Step(r.MUL, (2, 2), (3,))])
    np.testing.assert_array_equal(run(program, [np.array([1.0, -1.0, 2.0, 3.0])])[0], np.arange(3.0) ** 2)


def test_python_between_native_parts() -> None:
    steps = [Step(r.EXP, (0,), (1,)), Step(r.python(len), (1,), (2,)), Step(r.ADD, (2, 2), (3,))]
    program = Program([floats(None)] * 4, [0], {}, [3], steps)
    x = RANDOM.standard_normal(4)
    np.testing.assert_allclose(run(program, [x], [lambda v: (v[:2].copy(),)])[0], 2 * np.exp(x[:2]), rtol=1e-14)


def test_what_starts_as_a_copy_leaves_its_argument_alone() -> None:
    x = np.arange(4.0)
    program = Program([floats(None), floats(), floats(None)], [0, 1], {}, [2], [Step(r.SET_FIRST, (0, 1), (2,))])
    np.testing.assert_array_equal(run(program, [x, 9.0])[0], [9.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(x, np.arange(4.0))
    with pytest.raises(RunError):
        run(program, [np.zeros(0), 9.0])


def test_what_starts_as_a_copy_takes_over_memory_that_nobody_needs() -> None:
    steps = [Step(r.CUMSUM, (0,), (2,)), Step(r.SET_FIRST, (2, 1), (3,)), Step(r.CUMSUM, (3,), (4,))]
    program = Program([floats(None), floats(), *[floats(None)] * 3], [0, 1], {}, [4], steps)
    np.testing.assert_array_equal(run(program, [np.ones(4), 9.0])[0], [9.0, 11.0, 14.0, 18.0])
    assert kernels(program) == 2  # CUMSUM once for both, SET_FIRST; no copy


def test_views_cost_nothing() -> None:
    steps = [Step(r.CUMSUM, (0,), (1,)), Step(r.RESHAPE, (1,), (2,)), Step(r.total(1), (2,), (3,))]
    program = Program([floats(None), floats(None), floats(None, 2), floats(None)], [0], {}, [3], steps)
    np.testing.assert_array_equal(run(program, [np.ones(4)])[0], [3.0, 7.0])
    assert kernels(program) == 2


def test_outputs_are_the_callers_own() -> None:
    x = np.arange(3.0)
    program = Program([floats(None), floats(None), floats(2)], [0], {1: np.array([1.0, 1.0]), 2: np.array([3.0, 4.0])}, [0, 0, 1, 2, 1], [])
    results = run(program, [x])
    assert [list(y) for y in results] == [[0, 1, 2], [0, 1, 2], [1, 1], [3, 4], [1, 1]]
    assert len({y.ctypes.data for y in results} | {x.ctypes.data}) == 6


def test_constants() -> None:
    table = RANDOM.standard_normal((50, 3))
    types = [floats(None, 3), floats(50, 3), floats(50, 3), floats(50, 3), floats(1)]
    steps = [Step(r.ADD, (0, 1), (2,)), Step(r.MUL, (2, 1), (3,))]
    x = RANDOM.standard_normal((50, 3))
    np.testing.assert_array_equal(run(Program(types, [0], {1: table}, [3], steps), [x])[0], (x + table) * table)


def loop(kept: bool, backwards: bool = False) -> Program:
    """s = s * a + row: the stack of s, or the last one."""
    body = Program([floats(None)] * 5, [0, 1, 2], {}, [4, 4], [Step(r.MUL, (1, 2), (3,)), Step(r.ADD, (3, 0), (4,))])
    types = [INDEX, floats(None, None), floats(None), floats(None), floats(None), floats(None, None)]
    step = Loop(body, 0, (Sequenced(1, 0, backwards),), (2,), (3,), 1, (None, 5) if kept else (4, None))
    return Program(types, [0, 1, 2, 3], {}, [5 if kept else 4], [step])


@pytest.mark.parametrize("backwards", [False, True])
def test_loops(backwards: bool) -> None:
    rows, start, factor = RANDOM.standard_normal((5, 3)), RANDOM.standard_normal(3), np.array([0.5, -1.0, 2.0])
    for steps in (0, 1, 2, 5):
        states = [start]
        for row in (rows[::-1] if backwards else rows)[:steps]:
            states.append(states[-1] * factor + row)
        (stack,) = run(loop(True, backwards), [steps, rows, start, factor])
        np.testing.assert_array_equal(stack, np.array(states[1:]).reshape(steps, 3))
        (final,) = run(loop(False, backwards), [steps, rows, start, factor])
        np.testing.assert_array_equal(final, states[-1])


@pytest.mark.parametrize("arguments", [[-1, np.zeros((2, 3)), np.zeros(3), np.zeros(3)], [3, np.zeros((2, 3)), np.zeros(3), np.zeros(3)],
                                       [2, np.zeros((2, 3)), np.zeros(3), np.zeros(4)], [2, np.zeros((2, 4)), np.zeros(3), np.zeros(3)]])
def test_loops_check_their_sizes(arguments: list[object]) -> None:
    with pytest.raises(RunError):
        run(loop(True), arguments)


def test_scalar_states_counters_and_conditions() -> None:
    """s += t, until s > limit, at most n steps."""
    one, greater = floats(), r.elementwise("greater", lambda b, x, y: b.greater(x, y))
    as_float = r.elementwise("float", lambda b, t: b.cast(t, "float64"), 1)
    body = Program([INDEX, one, one, one, one, r.Array("bool", ())], [0, 1, 2], {}, [4, 4, 5],
                   [Step(as_float, (0,), (3,)), Step(r.ADD, (1, 3), (4,)), Step(greater, (4, 2), (5,))])
    types = [INDEX, one, one, one, floats(None)]
    program = Program(types, [0, 1, 2], {}, [3, 4], [Loop(body, 0, (), (1,), (2,), 1, (3, 4), counts=True, until=True)])
    for steps, limit, wanted in [(100, 5.0, [0, 1, 3, 6]), (3, 100.0, [0, 1, 3]), (0, 1.0, [])]:
        final, stack = run(program, [steps, 0.0, limit])
        np.testing.assert_array_equal(stack, wanted)
        assert final == (wanted[-1] if wanted else 0.0)


def test_rows_whose_size_only_a_step_tells() -> None:
    body = Program([floats(None)] * 3, [0], {}, [2], [Step(r.python(len), (0,), (1,)), Step(r.ADD, (1, 1), (2,))])
    program = Program([INDEX, floats(None, None), floats(None, None)], [0, 1], {}, [2], [Loop(body, 0, (Sequenced(1),), (), (), 1, (2,))])
    x = RANDOM.standard_normal((3, 4))
    np.testing.assert_array_equal(run(program, [3, x], [lambda v: (v[:2].copy(),)])[0], 2 * x[:, :2])
    assert run(program, [0, x], [lambda v: (v[:2].copy(),)])[0].shape[0] == 0
    sizes = iter([2, 3])
    with pytest.raises(RunError):
        run(program, [2, x], [lambda v: (v[: next(sizes)].copy(),)])


def test_branches_run_one_side() -> None:
    then = Program([floats(None)] * 2, [0], {}, [1], [Step(r.EXP, (0,), (1,))])
    otherwise = Program([floats(None)] * 2, [0], {}, [1], [Step(r.python(len), (0,), (1,))])
    program = Program([r.Array("bool", ()), floats(None), floats(None), floats(None)], [0, 1], {}, [3],
                      [Branch(0, then, otherwise, (1,), (2,)), Step(r.ADD, (2, 2), (3,))])
    x = RANDOM.standard_normal(4)
    called: list[int] = []

    def shorter(v: np.ndarray) -> tuple[np.ndarray]:
        called.append(1)
        return (v[:1].copy(),)

    np.testing.assert_allclose(run(program, [True, x], [shorter])[0], 2 * np.exp(x), rtol=1e-14)
    assert not called
    np.testing.assert_array_equal(run(program, [False, x], [shorter])[0], 2 * x[:1])


def test_a_long_chain_is_cut_into_kernels_and_equal_ones_are_shared() -> None:
    count = 2000
    steps = [Step(r.ADD if k % 2 else r.MUL, (k, 0), (k + 1,)) for k in range(count)]
    program = Program([floats(None)] * (count + 1), [0], {}, [count], steps)
    assert kernels(program) < 5
    x = RANDOM.uniform(-0.5, 0.5, 5)
    expected = x
    for k in range(count):
        expected = expected + x if k % 2 else expected * x
    np.testing.assert_allclose(run(program, [x])[0], expected, rtol=1e-12)

"""Newton's method on Kepler's equation: by a while loop, and as a fixed point with the derivative of the implicit function theorem.

Where a planet is on its ellipse says E - e sin E = M. Newton's step is E - (E - e sin E - M) / (1 - e cos E), with the slope taken by
`grad`. A while loop takes 4 to 6 steps at e = 0.6, and its reverse goes back through all of them. As a `fixed_point` the derivative by e
comes from the equation at the root, sin E / (1 - e cos E), whatever way led there; both agree with it to 1e-15, and second derivatives
with each other. A gradient descent through the root recovers the eccentricity 0.6 from 30 observed places.
"""

import numpy as np

import symgraph
import symgraph.tensor as T
from symgraph.loops import fixed_point, while_

M, e = T.dvector("M"), T.dscalar("e")


def equation(E):
    return E - e * T.sin(E) - M


def newton(E):
    value = equation(E)
    return E - value / symgraph.grad(value.sum(), E)


# By a while loop: the state is the root so far, how wrong it is, and the number of steps.
def body(state):
    root = newton(state["root"])
    return {"root": root, "wrong": abs(equation(root)).max(), "steps": state["steps"] + 1}


found = while_(lambda state: (state["wrong"] > 1e-13) & (state["steps"] < 50), body, {"root": M, "wrong": T.constant(np.inf), "steps": 0})
implicit = fixed_point(newton, M, tolerance=1e-13)

solve = symgraph.function([M, e], [found["root"], found["steps"], implicit])
slopes = symgraph.function([M, e], [symgraph.Rop(root, e, T.constant(1.0, dtype="float64")) for root in (found["root"], implicit)])
bends = symgraph.function([M, e], [symgraph.grad(symgraph.grad(root.sum(), e), e) for root in (found["root"], implicit)])

seen = T.dvector("seen")
error = ((implicit - seen) ** 2).mean()
learn = symgraph.function([M, e, seen], [error, symgraph.grad(error, e)])


def main():
    times = np.linspace(0.1, 6.1, 30)
    looped, steps, root = solve(times, 0.6)
    by_loop, by_theorem = slopes(times, 0.6)
    exact = np.sin(root) / (1 - 0.6 * np.cos(root))
    bent = bends(times, 0.6)
    print(f"{steps} steps; derivatives differ from the formula by {abs(by_loop - exact).max():.0e} and {abs(by_theorem - exact).max():.0e}")
    eccentricity = 0.2
    for _ in range(60):
        wrong, slope = learn(times, eccentricity, root)
        eccentricity -= 0.5 * slope
    print(f"eccentricity {eccentricity:.6f}, error {wrong:.1e}")
    return looped, root, by_loop, by_theorem, bent, eccentricity


if __name__ == "__main__":
    main()

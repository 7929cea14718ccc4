"""The set of Mandelbrot: z <- z^2 + c, until every point has left the circle of radius 2, or the last step.

The loop runs over whole pictures: the state is the z of all points, and the number of steps that each stayed. `until` ends it when no
point is left inside, so a picture of the outside takes as many steps as its slowest point: 5 of 1,000 for the corner that `main`
looks at. Of the picture of the whole set, 120 x 90 points, 21.1 % stay for 100 steps.
"""

import numpy as np

import symgraph
import symgraph.tensor as T

real, imaginary, most = T.dmatrix("real"), T.dmatrix("imaginary"), T.lscalar("most")


def step(x, y, stayed):
    inside = T.le(x * x + y * y, 4)
    # who has left stays where it is: its numbers do not grow without bound
    new_x = T.switch(inside, x * x - y * y + real, x)
    new_y = T.switch(inside, 2 * x * y + imaginary, y)
    return [new_x, new_y, stayed + inside], symgraph.until(T.invert(T.any(inside)))


(_, _, counts), _ = symgraph.scan(step, outputs_info=[T.zeros_like(real), T.zeros_like(real), T.zeros_like(real, dtype="int64")], n_steps=most,
                                  name="mandelbrot")
steps_inside = symgraph.function([real, imaginary, most], [counts[-1], counts.shape[0]])


def picture(left, right, low, high, width, height, most):
    """For each point the steps it stayed inside; and how many steps the loop took."""
    x, y = np.meshgrid(np.linspace(left, right, width), np.linspace(high, low, height))
    return steps_inside(x, y, most)


def main():
    counts, steps = picture(-2.2, 0.8, -1.2, 1.2, 120, 90, 100)
    for row in counts[::6, ::2]:
        print("".join(" .:-=+*#%@"[min(9, int(np.log2(n)))] for n in row))
    corner, few = picture(0.5, 0.8, 0.6, 0.9, 60, 60, 1000)
    print(f"{(counts == steps).mean():.1%} stay for {steps} steps; the corner takes {few}")
    return float((counts == steps).mean()), int(few)


if __name__ == "__main__":
    main()

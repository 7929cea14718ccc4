"""The game of life on a torus: a scan whose state is the board, and whose step is a sum of eight shifted boards.

A glider comes back to itself, one square further down and to the right, every four steps; on a torus of 8 squares it is where it was
after 32.
"""

import numpy as np

import symgraph
import symgraph.tensor as T

board, steps = T.lmatrix("board"), T.lscalar("steps")


def step(board):
    shifts = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if (a, b) != (0, 0)]
    neighbours = sum(T.roll(T.roll(board, a, axis=0), b, axis=1) for a, b in shifts)
    return T.switch(T.eq(neighbours, 3) | (T.eq(neighbours, 2) & T.eq(board, 1)), 1, 0).astype("int64")


boards, _ = symgraph.scan(step, outputs_info=board, n_steps=steps, name="life")
play = symgraph.function([board, steps], boards)
end = symgraph.function([board, steps], boards[-1])  # keeps two boards in memory, however many steps there are


def glider(size=8):
    board = np.zeros((size, size), "int64")
    board[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    return board


def main():
    first = glider()
    history = play(first, 32)
    for board in history[[3, 7]]:
        print("\n".join("".join(".#"[cell] for cell in row) for row in board), end="\n\n")
    again = np.array_equal(history[-1], first)
    print("after 32 steps the glider is where it was:", again)
    return history


if __name__ == "__main__":
    main()

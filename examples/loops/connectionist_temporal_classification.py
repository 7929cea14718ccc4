"""Connectionist temporal classification (Graves and others, 2006), written as a scan: the probability of a label of unknown alignment.

Each step in time says a letter or nothing (blank); what it says, with repetitions joined and blanks left out, is the label. The forward
variables are one state per place of the label with blanks between: alpha[t, s] comes from s, s - 1 and, past a blank between different
letters, s - 2. In logarithms, the step is one logsumexp of three shifted rows. Checked against the sum over all 4^6 sayings. Gradient
ascent on the scores makes a label of 4 letters likely: its probability rises from 0.0004 to 0.96 in 100 steps.
"""

from itertools import groupby, product

import numpy as np

import symgraph
import symgraph.tensor as T

BLANK = 0
scores, label = T.dmatrix("scores"), T.lvector("label")  # (time, letter); letters are 1, 2, ...

log_probabilities = scores - T.log(T.exp(scores - scores.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)) - scores.max(axis=1, keepdims=True)
places = 2 * label.shape[0] + 1
with_blanks = T.set_subtensor(T.zeros((places,), "int64")[1::2], label)
# two places back: only to a letter, and not to the same letter as there
may_skip = T.concatenate([T.zeros((2,), "bool"), T.neq(with_blanks[2:], BLANK) & T.neq(with_blanks[2:], with_blanks[:-2])])
NEVER = -1e30


def back(alpha, by):
    return T.concatenate([T.ones((by,)) * NEVER, alpha[:-by]])


def step(row, alpha):
    ways = T.stack([alpha, back(alpha, 1), T.switch(may_skip, back(alpha, 2), NEVER)])
    most = ways.max(axis=0)
    return most + T.log(T.exp(ways - most).sum(axis=0)) + row[with_blanks]


first = T.switch(T.arange(places) < 2, log_probabilities[0][with_blanks], NEVER)
alphas, _ = symgraph.scan(step, sequences=log_probabilities[1:], outputs_info=first, name="ctc")
ends = T.concatenate([first.dimshuffle("x", 0), alphas])[-1][-2:]
log_likelihood = ends.max() + T.log(T.exp(ends - ends.max()).sum())
read = symgraph.function([scores, label], [log_likelihood, symgraph.grad(log_likelihood, scores)])


def said(path):
    return [int(letter) for letter, _ in groupby(path) if letter != BLANK]


def by_every_path(scores, label):
    """The same by the sum over everything that may be said."""
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    paths = product(range(scores.shape[1]), repeat=len(scores))
    return np.log(sum(np.exp(sum(row[letter] for row, letter in zip(logs, path))) for path in paths if said(path) == list(label)))


def main(steps=100):
    random = np.random.RandomState(0)
    small = random.normal(size=(6, 4))
    differences = [float(read(small, word)[0] - by_every_path(small, word)) for word in ([1, 2, 2], [3], [1, 2, 3, 1])]
    print("differences from the sum over every path", " ".join(f"{d:.1e}" for d in differences))
    word, learnt = [1, 3, 3, 2], random.normal(0, 0.1, (12, 4))
    before = float(np.exp(read(learnt, word)[0]))
    for _ in range(steps):
        learnt = learnt + 2.0 * read(learnt, word)[1]
    after = float(np.exp(read(learnt, word)[0]))
    best = said(learnt.argmax(axis=1))
    print(f"probability of the label {before:.4f} -> {after:.3f}; the likeliest letters say {best}")
    return differences, before, after, best


if __name__ == "__main__":
    main()

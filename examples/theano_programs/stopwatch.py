"""How long a program took to compile, and what a step of training costs: one line on standard error."""

from __future__ import print_function

import sys
import timeit


class Stopwatch(object):
    """Started when it is made. `compiled()` says that training begins, `lap(steps)` that so many steps are done."""

    def __init__(self):
        self.start = self.last = timeit.default_timer()
        self.compiling = None
        self.steps = []

    def compiled(self):
        self.last = timeit.default_timer()
        self.compiling = self.last - self.start

    def rest(self):
        """What was done since the last call belongs to no step."""
        self.last = timeit.default_timer()

    def lap(self, steps):
        now = timeit.default_timer()
        self.steps.append((now - self.last) / steps)
        self.last = now

    def tell(self):
        """The step is that of the fastest lap: the first ones warm up, others are disturbed."""
        print("built in %.3f s, step %.2f us" % (self.compiling, 1e6 * min(self.steps)), file=sys.stderr)

"""What reads memory and does next to nothing else: the sum of all elements by symgraph, whatever reduction is asked for."""

import symgraph_programs

versions = symgraph_programs.versions


def reduction(name, dtype, axis, *shape):
    yield from symgraph_programs.reduction("sum", dtype, None, *shape)

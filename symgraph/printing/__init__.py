"""Expressions as text and pictures: debugprint (tree), pp (formula), dot text; Print, which shows values at run time. Names only."""

from symgraph.ops.passing import Print
from symgraph.printing.descriptions import min_informative_str, var_descriptor
from symgraph.printing.dot import d3write, dot_text, pydotprint
from symgraph.printing.formula import pp
from symgraph.printing.tree import debugprint

pprint = pp

__all__ = ["Print", "d3write", "debugprint", "dot_text", "min_informative_str", "pp", "pprint", "pydotprint", "var_descriptor"]

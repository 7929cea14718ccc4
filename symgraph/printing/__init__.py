"""Expressions as text and pictures: debugprint (tree), pp (formula), dot text; Print, which shows values at run time. Names only."""

from symgraph.late import late

__all__ = ["Print", "d3write", "debugprint", "dot_text", "min_informative_str", "pp", "pprint", "pydotprint", "var_descriptor"]

__getattr__, __dir__ = late(__name__, {
    "symgraph.ops.passing": "Print",
    "symgraph.printing.descriptions": "min_informative_str var_descriptor",
    "symgraph.printing.dot": "d3write dot_text pydotprint",
    "symgraph.printing.formula": "pp pprint=pp",
    "symgraph.printing.tree": "debugprint",
})

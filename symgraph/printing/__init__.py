"""Expressions as text and pictures: debugprint (tree), pp (formula), dot text; Print, which shows values at run time. Names only."""

from symgraph.late import late

__all__ = [
    "DefaultPrinter", "DimShufflePrinter", "FunctionPrinter", "IgnorePrinter", "LeafPrinter", "OperatorPrinter", "PPrinter", "PatternPrinter",
    "Print", "PrinterState", "d3viz", "d3write", "debugprint", "default_printer", "dot_text", "hex_digest", "html_page", "leaf_printer",
    "min_informative_str", "position_independent_str", "pp", "pprint", "pydotprint", "var_descriptor",
]

__getattr__, __dir__ = late(__name__, {
    "symgraph.ops.passing": "Print",
    "symgraph.printing.descriptions": "hex_digest min_informative_str position_independent_str var_descriptor",
    "symgraph.printing.dot": "d3write dot_text pydotprint",
    "symgraph.printing.formula": "pp",
    "symgraph.printing.page": "d3viz html_page",
    "symgraph.printing.printers": "DefaultPrinter DimShufflePrinter FunctionPrinter IgnorePrinter LeafPrinter OperatorPrinter PPrinter PatternPrinter"
    " PrinterState default_printer leaf_printer pprint",
    "symgraph.printing.tree": "debugprint",
})

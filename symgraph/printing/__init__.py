"""Expressions as text: debugprint (tree), pp (formula)."""

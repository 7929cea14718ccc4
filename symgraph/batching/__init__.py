"""Expressions of one example turned into expressions of a stack: rules of the ops, and what follows from them for a graph."""

"""Holds `sitecustomize.py`, put on the path of Python by `python -m symgraph run`."""

"""symgraph: compiles symbolic expressions to native code. This is its face: names only, no logic."""

"""codegen: turns plain data, a Program, into native code. This is its face: names only, no logic."""

"""Graph: a networkx DiGraph kept true. rewrite: rules by root op, one worklist."""

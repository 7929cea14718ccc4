"""What an expression is made of: dtypes, dims (sizes that may be unknown), types, variable, op, make, shared, walk."""

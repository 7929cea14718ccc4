"""The first program of the deck: add two scalars. Run with SYMGRAPH_FLAGS (or THEANO_FLAGS) 'device=cpu'."""

import symgraph
import symgraph.tensor as T

# make some symbolic inputs
x = T.scalar("x")
y = T.scalar("y")

# an expression of them: nothing is computed yet
z = x + y

# compile it to native code, and call that
f = symgraph.function(inputs=[x, y], outputs=z)
results = f(5, 6)
print(results)

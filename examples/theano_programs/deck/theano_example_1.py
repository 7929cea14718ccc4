import theano
from theano import tensor as T

# make some symbolic inputs
x = T.scalar("x")
y = T.scalar("y")

z = x + y

f = theano.function(inputs=[x, y], outputs=z)
results = f(5, 6)
print(results)

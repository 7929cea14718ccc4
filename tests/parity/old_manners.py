"""Programs in the manner of tutorials and papers of 2015; see `old_programs.py`, of which they are a part."""

PROGRAMS = {}


def program(name, text):
    assert name not in PROGRAMS, name
    PROGRAMS[name] = text.strip()


# Inputs that only the expression reads whose derivative is wanted ---------------------------------------------------------
_UNUSED = """
x, y, u = T.dvectors('x', 'y', 'u')
W, V = T.dmatrices('W', 'V')
s = T.dscalar('s')
i = T.iscalar('i')
"""
for text, arguments in (
        ("theano.function([W, V, x], T.Rop(T.dot(x, W), W, V))", "[[1., 1], [1, 1]], [[2., 2], [2, 2]], [0., 1]"),
        ("theano.function([W, y, x], T.Rop(T.dot(x, W), x, y))", "[[1., 1], [1, 1]], [2., 2], [0., 1]"),
        ("theano.function([x, y], T.Rop(2 * x, x, y))", "[1., 2], [3., 4]"),
        ("theano.function([s], T.grad(3 * s, s))", "2."),
        ("theano.function([x, y], theano.gradient.jacobian(x + y, x))", "[1., 2], [3., 4]"),
        ("theano.function([i], T.grad(T.cast(i, 'float64'), i))", "3"),
        ("theano.function([x, s], T.grad(theano.scan(lambda a, b: a + b, x, s)[0][-1], x))", "[1., 2], 3."),
        ("theano.function([x], T.grad((2 * x).sum(), x))", "[1., 2]"),
        ("theano.function([W, x, y], T.Lop(T.dot(x, W), x, y))", "[[1., 1], [1, 1]], [2., 2], [0., 1]"),
        ("theano.function([W, x, y], T.Lop(T.dot(x, W), W, y))", "[[1., 1], [1, 1]], [2., 2], [0., 1]"),
        ("theano.function([x, y], theano.clone(x + 1, {x: y * 2}))", "[1., 2], [3., 4]")):
    program("inputs of " + text, _UNUSED + "outputs = [%s(%s)]" % (text, arguments))

# Names and types ----------------------------------------------------------------------------------------------------------
program("several variables of one word", """
x, y, z = T.scalars('xyz')
alone = T.vectors('k')
of_a_list = T.dmatrices(['a', 'b'])
outputs = [theano.function([x, y, z], x + y * z)(1, 2, 3), [ord(v.name) for v in (x, y, z, alone) + tuple(of_a_list)], alone.ndim, len(T.vectors(2))]""")
program("a constant of one's own type is what its filter says", """
from theano import gof
class Double(gof.Type):
    def filter(self, value, strict=False, allow_downcast=None):
        return float(value)
constant = gof.Constant(Double(), 2)
outputs = [constant.data, constant.data.__class__ is float]""")
program("rows as matrices", """
x = T.row('x')
outputs = [T.dmatrix.filter_variable(x).eval({x: [[1., 2]]}), T.dvector.convert_variable(x) is None]""")
program("rows as vectors", "T.dvector.filter_variable(T.row('x'))")
for text in ("f['nope']", "f[3]", "f[T.dscalar()]"):
    program("a function has no " + text, "x = T.dscalar('x')\nf = theano.function([x], x)\n" + text)
program("states of a function by SymbolicInput", """
from theano.compile.io import In, Out, SymbolicInput
x, total = T.dscalars('x', 'total')
state = In(total, value=0., update=total + x, name='state', mutable=True)
f = theano.function([x, state], Out(total, borrow=True))
outputs = [f(1.), f(2.), f['state'], isinstance(state, SymbolicInput)]
f['state'] = 10
outputs += [f(1), f[total]]""")
program("shapes of pooling", """
from theano.tensor.signal.pool import Pool
n = T.lscalar('n')
symbolic = Pool.out_shape((2, n, n), (2, 3), False)
outputs = [Pool.out_shape((2, 1, 5, 5), (2, 2)), Pool.out_shape((5, 5), (2, 2), True, (1, 1), (1, 1)), symbolic[0], symbolic[1].eval({n: 5})]
outputs += [Pool.out_shape((2, 1, 5, 5), (2, 2), ignore_border=True)]""")
program("a graph as text", """
x, y = T.dscalars('x', 'y')
outputs = [[ord(c) for c in str(theano.gof.FunctionGraph([x, y], [x, y]))]]""")
program("a tree of variables with names", """
A, B, D, E = [T.matrix(name) for name in 'ABDE']
C = A + B
C.name = 'C'
text = theano.printing.min_informative_str(C + (D + E))
outputs = [[line.count(' ') for line in text.split(chr(10))]]""")
for text in ("np.asarray([1, 2], 'int32')", "np.asarray([1, 2], 'int8')"):
    program("an op leaves %s for int64" % text, """
class Left(theano.Op):
    __props__ = ()
    def make_node(self, x):
        return theano.Apply(self, [x], [T.lvector()])
    def perform(self, node, inputs, storage):
        storage[0][0] = %s
x = T.dvector()
outputs = [theano.function([x], Left()(x) * 2)([1.])]""" % text)
program("an op without grad", """
class Without(theano.Op):
    __props__ = ()
    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * 1
x = T.dvector('x')
T.grad(Without()(x).sum(), x)""")

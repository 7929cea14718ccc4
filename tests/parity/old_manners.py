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

# Classes of ops -----------------------------------------------------------------------------------------------------------
program("classes of ops on numbers", """
import theano.scalar as S
x, y = T.dvectors('x', 'y')
pairs = [(x + y, S.Add), (x * y, S.Mul), (x - y, S.Sub), (x / y, S.TrueDiv), (x // y, S.IntDiv), (x ** y, S.Pow), (x % y, S.Mod), (-x, S.Neg),
         (abs(x), S.Abs), (T.exp(x), S.Exp), (T.log(x), S.Log), (T.sqr(x), S.Sqr), (T.sqrt(x), S.Sqrt), (T.tanh(x), S.Tanh), (T.inv(x), S.Inv),
         (T.maximum(x, y), S.Maximum), (T.eq(x, y), S.EQ), (x > y, S.GT), (T.switch(x > y, x, y), S.Switch), (T.sgn(x), S.Sgn), (T.erf(x), S.Erf),
         (T.cast(x, 'int8'), S.Cast), (T.nnet.sigmoid(x), theano.tensor.nnet.sigm.ScalarSigmoid), (T.clip(x, 0, 1), S.Clip), (T.psi(x), S.Psi)]
outputs = [[isinstance(e.owner.op.scalar_op, kind) for e, kind in pairs], [isinstance(e.owner.op.scalar_op, S.Cosh) for e, _ in pairs]]""")
program("ops on numbers made from their classes", """
import theano.scalar as S
x, y = T.dvectors('x', 'y')
both = [T.Elemwise(S.Add(S.upcast_out))(x, y), T.Elemwise(S.Exp(S.upgrade_to_float))(x), T.Elemwise(S.maximum)(x, y), T.Elemwise(S.mul, {})(x, y)]
outputs = theano.function([x, y], both)([1., 2], [3., -4])""")
program("a Composite", """
import theano.scalar as S
a, b = S.float64('a'), S.float64('b')
x, y = T.dvectors('x', 'y')
r = T.drow('r')
one = T.Elemwise(S.Composite([a, b], [a * b + S.exp(a)]))
outputs = theano.function([x, y, r], [one(x, y), one(x.dimshuffle(0, 'x'), r)])([0., 1], [2., 3], [[1., 2, 3]])""")
for text in ("Sum(axis=1)(m)", "Sum()(m)", "Sum(0)(m)", "Sum(axis=[0], dtype='float64', acc_dtype='float64')(m)", "Prod(axis=0)(m)", "CAReduce(S.add, axis=0)(m)",
             "CAReduce(S.mul)(m)", "CAReduce(S.maximum, axis=1)(m)", "CAReduce(S.minimum, (0, 1))(m)", "CAReduceDtype(S.add, axis=1)(m)", "All(axis=0)(m > 1)",
             "Any()(m > 1)", "ProdWithoutZeros()(m - 1)", "ProdWithoutZeros(axis=1)(m - 1)", "DimShuffle((False, False), (1, 'x', 0))(m)",
             "DimShuffle([False, False], (1, 0))(m)", "T.Flatten()(m)", "T.Flatten(2)(m)", "Elemwise(mul_without_zeros)(m - 1, m)"):
    program("made from a class: " + text, """
import theano.scalar as S
from theano.tensor.elemwise import *
m = T.dmatrix('m')
outputs = [theano.function([m], %s)([[1., 2, 3], [4, 5, 6]])]""" % text)
program("axes that are not there, told to a class", "T.elemwise.Sum(axis=2)(T.dmatrix())")
program("what stands for no op", "T.elemwise.CAReduce(theano.scalar.exp, axis=0)(T.dmatrix())")
program("functions of index arrays", """
from theano.tensor.subtensor import advanced_inc_subtensor1, advanced_set_subtensor1, advanced_subtensor1, advanced_subtensor
m, i = T.dmatrix('m'), T.lvector('i')
both = [advanced_subtensor1(m, i), advanced_inc_subtensor1(m, m[i] * 2, i), advanced_set_subtensor1(m, m[i] * 2, i), advanced_subtensor(m, i, i)]
outputs = theano.function([m, i], both)([[1., 2], [3, 4]], [1, 1])""")
for value in (1, -1):
    program("Raise behind an ifelse at %d" % value, """
from theano.ifelse import ifelse
from theano.raise_op import Raise
x = T.dscalar('x')
outputs = [theano.function([x], ifelse(x > 0, x, Raise('not yet')(x)), mode=theano.Mode(linker='vm'))(%d)]""" % value)
program("a bound of eigenvalues", """
from theano.sandbox.linalg.ops import psd, spectral_radius_bound
m = T.dmatrix('m')
outputs = [theano.function([m], [spectral_radius_bound(m, 5), psd(m)])([[2., 1], [1, 3]])[0]]""")
program("small containers", """
from theano.misc.ordered_set import OrderedSet
from theano.misc.frozendict import frozendict
from theano.misc.strutil import render_string
s = OrderedSet([3, 1, 3])
s.add(2)
s.discard(1)
d = frozendict(a=1)
outputs = [list(s), len(s), 3 in s, d['a'], sorted(d.copy(b=2).values()), hash(d) == hash(frozendict(a=1)), [ord(c) for c in render_string('%(a)s', d)]]""")
program("all inputs of a function", """
x, s = T.dscalar('x'), theano.shared(1.)
f = theano.function([x], x * s)
outputs = [len(f.maker.inputs), len(f.maker.expanded_inputs), f.maker.expanded_inputs[1].variable is s]""")

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
program("a shallow copy of a shared variable", """
import copy
w = theano.shared(np.ones(2), 'w')
v, d = copy.copy(w), copy.deepcopy(w)
theano.function([], updates=[(v, v + 1)])()
outputs = [w.get_value(), v.get_value(), d.get_value(), theano.function([], w + v)()]""")
program("axes of a range", """
m = T.dmatrix('m')
outputs = theano.function([m], [m.sum(axis=range(1, 2)), m.max(axis=range(2)), m.mean(axis=range(1))])([[1., 2], [3, 4]])""")
program("a copy has the test value of the original where its new input has none", """
theano.config.compute_test_value = 'raise'
try:
    x, y = T.dvector('x'), T.dvector('y')
    x.tag.test_value = np.arange(3.)
    total = (x ** 2).sum()
    copies = [theano.clone(total, {x: y}), theano.clone(total, {x: y}, strict=False)]
    outputs = [(copy - total).tag.test_value for copy in copies]
finally:
    theano.config.compute_test_value = 'off'""")
program("settings as a list", """
[variable] = [v for v in theano.configparser._config_var_list if v.fullname == 'floatX']
before = variable.__get__(True, None)
variable.__set__(None, 'float32')
outputs = [theano.config.floatX == 'float32', before == 'float64']
variable.__set__(None, before)""")
program("the order of inputs and ancestors", """
from theano.gof import graph
x, y, z, w = [T.dvector(name) for name in 'xyzw']
a, b = T.exp(x) + y * z, T.exp(w) + x
found = [graph.inputs([a, b]), graph.inputs([x, y]), graph.inputs([a]), graph.inputs([a, b], [b]), graph.inputs((b, a))]
outputs = [[ord(v.name) for v in one if v.name] for one in found] + [[v.name is None for v in graph.ancestors([a, b])]]""")

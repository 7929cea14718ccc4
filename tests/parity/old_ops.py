"""Programs with ops and types of the user's own, in the words of Theano; see `old_programs.py`, of which they are a part."""

PROGRAMS = {}
_PREFIX = """
import itertools
from theano import gof
from theano.gof import Op, Apply
"""


def program(name, text):
    assert name not in PROGRAMS, name
    PROGRAMS[name] = _PREFIX + text.strip()


DOUBLE = """
calls = []
class Double(Op):
    __props__ = ()
    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        calls.append(1)
        storage[0][0] = inputs[0] * 2
    def grad(self, inputs, grads):
        return [grads[0] * 2]
    def infer_shape(self, node, shapes):
        return shapes
double = Double()
x = T.dvector('x')
"""

# Ops ------------------------------------------------------------------------------------------------------------------
program("user op: two outputs and their gradients", """
class Halves(Op):
    __props__ = ()
    itypes, otypes = [T.dvector], [T.dvector, T.dvector]
    def perform(self, node, inputs, storage):
        n = len(inputs[0]) // 2
        storage[0][0], storage[1][0] = inputs[0][:n].copy(), inputs[0][n:].copy()
    def grad(self, inputs, grads):
        return [T.join(0, *grads)]
x = T.dvector()
a, b = Halves()(x)
outputs = theano.function([x], [a, b, theano.grad((a * 2).sum() + (b ** 2).sum(), x)])([1., 2., 3., 4.])""")
program("user op: gradient by one of two outputs only", """
class Both(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type(), T.dscalar()])
    def perform(self, node, inputs, storage):
        storage[0][0], storage[1][0] = inputs[0] + 1, np.asarray(inputs[0].sum())
    def grad(self, inputs, grads):
        a, b = grads
        zero = lambda g: isinstance(g.type, theano.gradient.DisconnectedType)
        return [(0 if zero(a) else a) + (0 if zero(b) else b) + T.zeros_like(inputs[0])]
x = T.dvector()
a, b = Both()(x)
outputs = theano.function([x], [theano.grad(b ** 2, x), theano.grad((a ** 2).sum(), x)])([1., 2.])""")
TYPED = """
class Add(Op):
    __props__ = ()
    itypes, otypes = [T.dvector, T.dscalar], [T.dvector]
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] + inputs[1]
x, s = T.dvector(), T.dscalar()
"""
program("user op: itypes and otypes", TYPED + "outputs = [theano.function([x, s], Add()(x, s) * 2)([1., 2.], 3.)]")
program("user op: itypes, wrong number of inputs", TYPED + "Add()(x)")
program("user op: itypes, wrong dtype", TYPED + "Add()(T.fvector(), s)")
program("user op: itypes, wrong number of dimensions", TYPED + "Add()(T.dmatrix(), s)")
program("user op: equal ones are computed once", DOUBLE + """
outputs = [theano.function([x], Double()(x) + Double()(x) * 3)([1., 2.]), len(calls), Double() == Double(), hash(Double()) == hash(Double())]""")
program("user op: parameters tell ops apart", """
class Scale(Op):
    __props__ = ('factor',)
    def __init__(self, factor):
        self.factor = factor
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * self.factor
    def R_op(self, inputs, eval_points):
        return [eval_points[0] * self.factor]
    def grad(self, inputs, grads):
        return [grads[0] * self.factor]
x, v = T.dvectors('x', 'v')
outputs = [Scale(2) == Scale(2), Scale(2) == Scale(3), str(Scale(2)) == 'Scale{factor=2}']
outputs += theano.function([x, v], [Scale(2)(x) + Scale(3)(x), T.Rop(Scale(4)(x) ** 2, x, v), T.Lop(Scale(4)(x) ** 2, x, v)])([1., 2.], [1., .5])""")
program("user op: shape without a call", DOUBLE + "outputs = [theano.function([x], double(x).shape, mode='FAST_RUN')([1., 2., 3.]), len(calls)]")
program("user op: in a scan with its gradient", DOUBLE + """
o, u = theano.scan(lambda r, s: double(r) + s * .5, sequences=x, outputs_info=T.constant(np.float64(0)))
outputs = theano.function([x], [o, theano.grad((o ** 2).sum(), x)], updates=u)([1., 2., 3.])""")
program("user op: second derivative", DOUBLE + "outputs = [theano.function([x], T.hessian((double(x) ** 3).sum(), x))([1., 2.])]")
program("user op: overwrites its input", """
class Rude(Op):
    __props__ = ()
    destroy_map = {0: [0]}
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        inputs[0][...] += 10
        storage[0][0] = inputs[0]
x = T.dvector()
w = theano.shared(np.arange(2.))
value = np.array([1., 2.])
f = theano.function([x], [Rude()(x + 1) + x, Rude()(w * 1) + w], accept_inplace=True)
outputs = f(value) + [value, w.get_value()]""")
program("user op: gives a view of its input", """
class Reversed(Op):
    __props__ = ()
    view_map = {0: [0]}
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0][::-1]
x = T.dvector()
value = np.array([1., 2., 3.])
got, twice = theano.function([x], [Reversed()(x), Reversed()(Reversed()(x) * 2)])(value)
got[0] = 99
outputs = [got, twice, value]""")
program("user op: make_thunk", """
class Thunked(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type(), x.type()])
    def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
        a, (b, c) = storage_map[node.inputs[0]], [storage_map[y] for y in node.outputs]
        def thunk():
            b[0], c[0] = a[0] + 1, a[0] * 2
            for y in node.outputs:
                compute_map[y][0] = True
        return thunk
x = T.dvector()
a, b = Thunked()(x)
f = theano.function([x], [a * b, b])
outputs = f([1., 2.]) + f([3., 4.])""")
program("user op: parameters of perform", """
class Power(Op):
    __props__ = ('n',)
    params_type = gof.generic
    def __init__(self, n):
        self.n = n
    def get_params(self, node):
        return self.n
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage, params):
        storage[0][0] = inputs[0] ** params
class Line(Op):
    __props__ = ('a', 'b')
    params_type = gof.ParamsType(a=T.dscalar, b=T.dscalar)
    def __init__(self, a, b):
        self.a, self.b = np.asarray(a), np.asarray(b)
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage, params):
        storage[0][0] = inputs[0] * params.a + params.b
    def __hash__(self):
        return 1
x = T.dvector()
outputs = theano.function([x], [Power(3)(x), Line(2., 1.)(x)])([1., 2.])""")
program("user op: default output", """
class Two(Op):
    __props__ = ()
    default_output = 1
    def make_node(self, x):
        return Apply(self, [x], [x.type(), x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0], storage[1][0] = inputs[0] + 1, inputs[0] * 3
x = T.dvector()
y = Two()(x)
outputs = [theano.function([x], y)([1.]), len(Two()(x, return_list=True)), y.index]""")
program("user op: L_op", """
class Exp(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = np.exp(inputs[0])
    def L_op(self, inputs, outs, grads):
        return [grads[0] * outs[0]]
x = T.dvector()
outputs = [theano.function([x], theano.grad(Exp()(x).sum(), x))([0., 1.])]""")
CHOICE = """
class Choose(Op):
    __props__ = ()
    def make_node(self, x, k):
        return Apply(self, [x, k], [T.dscalar()])
    def perform(self, node, inputs, storage):
        storage[0][0] = np.asarray(inputs[0][inputs[1]])
    def grad(self, inputs, grads):
        return [T.inc_subtensor(T.zeros_like(inputs[0])[inputs[1]], grads[0]), theano.gradient.DisconnectedType()()]
    def connection_pattern(self, node):
        return [[True], [False]]
x, k = T.dvector(), T.lscalar()
"""
program("user op: connection_pattern", CHOICE + "outputs = theano.function([x, k], [Choose()(x, k), theano.grad(Choose()(x, k) ** 2, x)])([1., 2., 3.], 1)")
program("user op: gradient by what is not connected", CHOICE + "theano.grad(Choose()(x, k), k)")
program("user op: constant folding", DOUBLE + """
class Unfolded(Double):
    def do_constant_folding(self, node):
        return False
folded = theano.function([], double(T.constant([1., 2.])), mode='FAST_RUN')
first = len(calls)
outputs = [folded(), len(calls) - first]
f = theano.function([], Unfolded()(T.constant([1., 2.])), mode='FAST_RUN')
before = len(calls)
outputs += [f(), len(calls) - before]""")
program("user op: its perform raises", """
class Broken(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        raise KeyError('no such thing')
x = T.dvector()
theano.function([x], Broken()(x))([1.])""")
program("user op: no perform", """
class Nothing(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [x.type()])
x = T.dvector()
theano.function([x], Nothing()(x))([1.])""")
program("user op: a gradient for each input is wanted", DOUBLE + """
class Fewer(Double):
    def grad(self, inputs, grads):
        return []
theano.grad(Fewer()(x).sum(), x)""")
program("user op: make_node of a value that is no variable", """
class Plain(Op):
    __props__ = ()
    def make_node(self, x):
        return Apply(self, [x], [T.dscalar()])
Plain()(3)""")
program("user op: clones of nodes", DOUBLE + """
node = double(x).owner
other = node.clone_with_new_inputs([T.dvector('z')])
outputs = [other.op == node.op, other.outputs[0].type == x.type, other.inputs[0].name == 'z', node.nin, node.nout, node.out is node.outputs[0]]""")
program("user op: verify_grad", DOUBLE + "theano.gradient.verify_grad(double, [np.array([1., 2.])], rng=np.random.RandomState(0)); outputs = [1]")
program("as_op: two outputs, shapes", """
from theano.compile.ops import as_op
@as_op(itypes=[T.dmatrix], otypes=[T.dvector, T.lscalar], infer_shape=lambda node, shapes: [(shapes[0][0],), ()])
def both(m):
    return m.sum(1), np.asarray(m.size)
m = T.dmatrix()
a, b = both(m)
outputs = theano.function([m], [a * b, a.shape])(np.arange(6.).reshape(2, 3))""")
program("as_op: an input of another type", """
from theano.compile.ops import as_op
@as_op(itypes=[T.dvector], otypes=[T.dvector])
def same(v):
    return v
same(T.fmatrix())""")

# Ops from graphs --------------------------------------------------------------------------------------------------------
program("OpFromGraph: inline, shared, twice", """
x, y = T.dvectors('x', 'y')
w = theano.shared(np.array([1., 2.]))
op = theano.OpFromGraph([x, y], [x * w + y, x - y], inline=True)
a, b = op(x, y)
c, d = op(b, a)
outputs = theano.function([x, y], [a, b, c, d] + theano.grad((c * d).sum(), [x, y, w]))([1., 2.], [3., -1.])""")
program("OpFromGraph: a gradient of its own", """
x, y = T.dscalars('x', 'y')
op = theano.OpFromGraph([x, y], [x * y], grad_overrides=lambda inputs, grads: [grads[0] * 10, inputs[0] * grads[0]])
part = theano.OpFromGraph([x, y], [x * y], grad_overrides=['default', lambda inputs, grads: grads[0] * 7])
lop = theano.OpFromGraph([x, y], [x * y], lop_overrides=lambda inputs, outs, grads: [outs[0] * grads[0], grads[0]])
outputs = theano.function([x, y], theano.grad(op(x, y), [x, y]) + [theano.grad(part(x, y), y)] + theano.grad(lop(x, y), [x, y]))(2., 3.)""")
program("OpFromGraph: Rop", """
x, v = T.dvectors('x', 'v')
op = theano.OpFromGraph([x], [x ** 2], rop_overrides=lambda inputs, points: [points[0] * 100])
plain = theano.OpFromGraph([x], [x ** 2])
outputs = theano.function([x, v], [T.Rop(op(x), x, v), T.Rop(plain(x), x, v)])([1., 2.], [1., .5])""")
program("OpFromGraph: wrong inputs", "x = T.dvector(); theano.OpFromGraph([x], [x * 2])(T.dmatrix())")
program("OpFromGraph: updates", "x = T.dvector(); theano.OpFromGraph([x], [x * 2], updates={})")

# Types ------------------------------------------------------------------------------------------------------------------
OWN = """
class Fraction(object):
    def __init__(self, a, b):
        self.pair = (a, b)
class FractionType(gof.Type):
    def filter(self, value, strict=False, allow_downcast=None):
        if isinstance(value, Fraction):
            return value
        if strict or not isinstance(value, tuple):
            raise TypeError('no fraction: %r' % (value,))
        return Fraction(*value)
    def values_eq(self, a, b):
        return a.pair == b.pair
    def values_eq_approx(self, a, b):
        return a.pair == b.pair
    def __eq__(self, other):
        return type(self) == type(other)
    def __hash__(self):
        return hash(type(self))
    def __str__(self):
        return 'fraction'
fraction = FractionType()
class Times(Op):
    __props__ = ()
    def make_node(self, a, b):
        assert a.type == fraction and b.type == fraction
        return Apply(self, [a, b], [fraction()])
    def perform(self, node, inputs, storage):
        (a, b), (c, d) = inputs[0].pair, inputs[1].pair
        storage[0][0] = Fraction(a * c, b * d)
class Value(Op):
    __props__ = ()
    def make_node(self, a):
        return Apply(self, [a], [T.dscalar()])
    def perform(self, node, inputs, storage):
        storage[0][0] = np.asarray(inputs[0].pair[0] / float(inputs[0].pair[1]))
times, value = Times(), Value()
p, q = fraction('p'), fraction('q')
"""
program("own type: arguments and results", OWN + """
f = theano.function([p, q], [times(p, q), value(times(p, q)) + 1])
product, number = f((1, 2), Fraction(3, 4))
outputs = [product.pair, number, fraction.is_valid_value((1, 2)), fraction.is_valid_value(product), p.name == 'p', p.type == FractionType()]""")
program("own type: a wrong argument", OWN + "theano.function([p], value(p))('half')")
program("own type: constants", OWN + """
half = gof.Constant(fraction, Fraction(1, 2), name='half')
outputs = [theano.function([p], value(times(p, half)))((1, 3)), str(half) == 'half', fraction.make_constant(Fraction(1, 3)).data.pair]""")
program("own type: shared variables", OWN + """
from theano.compile.sharedvalue import SharedVariable, shared_constructor
@shared_constructor
def of_fractions(value, name=None, strict=False, allow_downcast=None):
    if not isinstance(value, Fraction):
        raise TypeError('no fraction')
    return SharedVariable(type=fraction, value=value, name=name, strict=strict, allow_downcast=allow_downcast)
try:
    s = theano.shared(Fraction(1, 2), name='s')
    f = theano.function([p], value(s), updates=[(s, times(s, p))])
    outputs = [s.type == fraction, f((1, 3)), f((1, 3)), s.get_value().pair]
    s.set_value((5, 7))
    outputs += [s.get_value().pair]
finally:
    shared_constructor(of_fractions, remove=True)""")
program("own type: a class of variables with operators", OWN + """
class FractionVariable(gof.Variable):
    def __mul__(self, other):
        return times(self, other)
FractionType.Variable = FractionVariable
FractionType.make_variable = lambda self, name=None: FractionVariable(self, name=name)
p, q = fraction('p'), fraction('q')
outputs = [theano.function([p, q], value(p * q))((1, 2), (1, 2)), isinstance(p * q, FractionVariable)]""")
program("generic arguments", """
class Lookup(Op):
    __props__ = ()
    def make_node(self, table, k):
        return Apply(self, [table, k], [T.dscalar()])
    def perform(self, node, inputs, storage):
        storage[0][0] = np.asarray(inputs[0][int(inputs[1])])
table, k = gof.generic('table'), T.lscalar('k')
outputs = [theano.function([table, k], Lookup()(table, k) + 1)({3: 4.5}, 3)]""")
program("types: filter_variable", """
outputs = [T.dvector.filter_variable(T.constant([1., 2.])).ndim, T.dscalar.filter_variable(T.dscalar()).ndim]""")
program("types: filter_variable of another type", "T.dvector.filter_variable(T.dmatrix())")

# Ops on numbers -------------------------------------------------------------------------------------------------------
SOFTSIGN = """
from theano import scalar
class Softsign(scalar.UnaryScalarOp):
    def impl(self, x):
        return x / (1.0 + abs(x))
    def grad(self, inputs, grads):
        (x,), (g,) = inputs, grads
        if x.type in scalar.float_types:
            d = 1.0 + abs(x)
            return [g / (d * d)]
        return [x.zeros_like().astype(theano.config.floatX)]
softsign = T.Elemwise(Softsign(scalar.upgrade_to_float, name='softsign'), name='softsign')
class Larger(scalar.BinaryScalarOp):
    def impl(self, x, y):
        return x if x > y else 2 * y
larger = T.Elemwise(Larger(scalar.upcast_out, name='larger'))
x, y = T.dmatrix('x'), T.dvector('y')
"""
program("scalar op: value and gradient", SOFTSIGN + """
outputs = theano.function([x], [softsign(x), T.grad(softsign(x).sum(), x), softsign(x.sum(axis=0))])([[1., -2.], [0.5, 3.]])""")
program("scalar op: dtypes", SOFTSIGN + """
kinds = [T.bvector, T.ivector, T.lvector, T.fvector, T.dvector, T.wvector]
outputs = [theano.function([v], softsign(v))(np.array([1, -2, 3], v.dtype)) for v in [kind() for kind in kinds]]""")
program("scalar op: gradient by integers", SOFTSIGN + """
i = T.ivector()
outputs = [theano.function([i], T.grad(softsign(i).sum(), i))([1, -2])]""")
program("scalar op: broadcasting", SOFTSIGN + """
outputs = theano.function([x, y], [larger(x, y), larger(y, 1.5), larger(x, x.T.sum())])([[1., -2.], [0.5, 3.]], [0.75, 1.])""")
program("scalar op: sizes that differ", SOFTSIGN + "theano.function([x, y], larger(x, y))([[1., -2.]], [0.75, 1., 3.])")
program("scalar op: no gradient", SOFTSIGN + "T.grad(larger(x, y).sum(), x)")
program("scalar op: no impl", SOFTSIGN + """
theano.function([x], T.Elemwise(scalar.UnaryScalarOp(scalar.same_out, name='nothing'))(x))([[1.]])""")
program("scalar op: too few arguments", SOFTSIGN + "larger(x)")
program("scalar op: an array without Elemwise", SOFTSIGN + "Softsign(scalar.upgrade_to_float)(x)")
program("scalar op: on scalars", SOFTSIGN + """
s = T.dscalar()
outputs = [theano.function([s], softsign(s) * 2)(-3.), Softsign(scalar.upgrade_to_float) == Softsign(scalar.upgrade_to_float, name='other'),
           Softsign(scalar.upgrade_to_float) == Softsign(scalar.same_out)]""")
program("scalar op: in a loop", SOFTSIGN + """
steps, _ = theano.scan(lambda h: softsign(h) + 1, outputs_info=y, n_steps=4)
outputs = theano.function([y], [steps, T.grad(steps[-1].sum(), y)])([0.5, -1.])""")
program("scalar types of results", """
from theano import scalar as s
pairs = [(s.upgrade_to_float, [s.int8]), (s.upgrade_to_float, [s.int32]), (s.upgrade_to_float, [s.bool, s.float32]), (s.upcast_out, [s.int8, s.uint8]),
         (s.upcast_out, [s.int32, s.float32]), (s.same_out, [s.uint16]), (s.upcast_out_min8, [s.bool]), (s.int_out, [s.float32]),
         (s.float_out, [s.int8]), (s.real_out, [s.complex64]), (s.upgrade_to_float64, [s.float32]), (s.transfer_type(1), [s.int8, s.float32]),
         (s.specific_out(s.int16), [s.float64])]
outputs = [[f(*types)[0].dtype for f, types in pairs], s.upcast('int32', 'float32'), s.upcast('int8', 'uint8', 'float32'), len(s.all_types)]""")
program("function: cells", """
v, k, total = T.dvector('v'), T.dscalar('k'), theano.shared(2.0, 'total')
f = theano.function([v, theano.In(k, value=1.5)], [v * k + total, v.sum()])
f.input_storage[0].data = np.array([1., 2.])
f.fn()
outputs = [f.output_storage[0].data, f.output_storage[1].data, f.input_storage[1].data, f.input_storage[2].data, f.container['k'].data,
           f.finder[total].data, f.n_returned_outputs, f.unpack_single, f.return_none, len(f.input_storage)]""")
program("function: an older default", """
from theano.compile.pfunc import Param
v, k = T.dvector('v'), T.dscalar('k')
f = theano.function([v, Param(k, default=2.)], v * k)
outputs = [f([1.]), f([1.], 3.), f([1.], k=4.)]""")
program("function: an inner maker", """
from theano.compile.function_module import orig_function
v = T.dvector('v')
outputs = [orig_function([theano.In(v)], [theano.Out(v * 2)])([1., 2.])[0], orig_function([v], v + 1)([1.])]""")

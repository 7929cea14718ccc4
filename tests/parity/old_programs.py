"""Short programs in the words of Theano, each with what it is to be compared by. Read by `record.py` under the real Theano 1.0.5 (so in the
Python of its days) and by `test_parity.py` under symgraph.

An expression is a row of text over the variables below; it is compared by its value, dtype and shape, and, where it has a derivative,
by that of its sum. A program is text that leaves its results in `outputs`.
"""

import itertools

import numpy as np
import old_rewrites  # noqa: F401  # which adds to those of old_ops
from old_inner import PROGRAMS as OF_INNER
from old_manners import PROGRAMS as OF_MANNERS
from old_ops import PROGRAMS as OF_OPS

# Variables of expressions: name -> (constructor, value). Those that an expression names become the inputs of its function.
VARIABLES = {
    "s": ("dscalar", 0.7),
    "u": ("dscalar", -1.3),
    "v": ("dvector", [0.5, -1.25, 2.0]),
    "w": ("dvector", [1.5, 0.25, -0.75]),
    "p": ("dvector", [0.2, 0.5, 0.9]),
    "m": ("dmatrix", [[1.0, -2.0, 0.5], [0.25, 3.0, -1.5]]),
    "n": ("dmatrix", [[0.5, 1.0], [-1.0, 2.0], [1.5, -0.5]]),
    "q": ("dmatrix", [[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]]),
    "t": ("dtensor3", (np.arange(24.0).reshape(2, 3, 4) * 7 % 11 - 4).tolist()),
    "r": ("drow", [[1.0, 2.0, -0.5]]),
    "c": ("dcol", [[2.0], [-1.0]]),
    "f": ("fvector", [0.5, -1.5, 2.25]),
    "g": ("fmatrix", [[1.0, 2.0], [0.5, -0.25]]),
    "i": ("iscalar", 2),
    "j": ("lscalar", -1),
    "k": ("ivector", [2, 0, 1]),
    "l": ("lmatrix", [[3, -2, 5], [0, 7, -4]]),
    "b": ("bvector", [1, 0, 3]),
    "a": ("wvector", [7, -5, 2]),
    "z": ("zvector", [1 + 2j, -0.5 + 1j, 2 - 1j]),
}

EXPRESSIONS = []


def rows(*texts):
    EXPRESSIONS.extend(texts)


# Elementwise functions, on the numbers where they are defined.
for name in ("exp expm1 exp2 sin cos tan arctan sinh cosh tanh arcsinh sqr sgn abs_ neg floor ceil trunc round round_half_to_even "
             "round_half_away_from_zero rad2deg deg2rad erf erfc isnan isinf").split():
    rows("T.%s(v)" % name, "T.%s(f)" % name)
for name in "log log2 log10 log1p sqrt inv arcsin arccos arctanh erfinv gammaln psi gamma".split():
    rows("T.%s(p)" % name)
rows("T.arccosh(p + 1)", "T.sqr(l)", "abs(l)", "-b", "T.sgn(l)", "T.exp(l)", "T.sqrt(l * l)", "~l", "~b", "T.invert(a)", "T.cast(v, 'int32')",
     "v.astype('float32')", "T.cast(l, 'bool')", "T.erfcx(p)", "T.chi2sf(p, 3)", "T.i0(p)", "T.i1(p)", "T.j0(p)", "T.j1(p)", "T.tri_gamma(p)",
     "T.gammau(p, p + 1)", "T.gammal(p, p + 1)", "T.conj(z)", "T.real(z)", "T.imag(z)", "abs(z)", "T.angle(z)", "z * 2", "z + v", "z ** 2", "T.exp(z)",
     "T.complex(v, w)", "T.complex_from_polar(p, w)")

# Two operands: values and broadcasting.
for op in "+ - * / // % **".split():
    rows("m %s r" % op, "m %s c" % op, "l %s 3" % op if op != "**" else "l ** 2", "p %s 2" % op, "2 %s p" % op, "v %s s" % op)
for name in "maximum minimum true_div int_div mod add sub mul pow arctan2 second fill".split():
    rows("T.%s(p, p + 0.3)" % name)
for name in "eq neq lt le gt ge".split():
    rows("T.%s(v, w)" % name, "T.%s(l, 0)" % name)
rows("T.and_(l, 6)", "T.or_(l, 6)", "T.xor(l, 6)", "l & 5", "l | 5", "l ^ 5", "T.clip(v, -1, 1)", "T.clip(l, -1, 4)", "v.clip(w, 2)",
     "T.switch(T.gt(v, 0), v, w)", "T.where(v > w, v, 1)", "T.switch(s > 0, v, w)", "T.isclose(v, w)", "T.allclose(v, v)", "T.add(v, w, s)",
     "T.mul(v, w, s, 2)", "T.minimum(l, 2.5)", "T.maximum(k, 1)", "divmod(l, 3)[1]", "T.ceil_intdiv(l, 3)", "v % 1", "(-v) // 0.5", "T.le(v, 1) * v")

# dtypes of all pairs
for op, (x, y) in itertools.product("+ * / //".split(), itertools.combinations("v f k l b a i s".split(), 2)):
    if len({x, y} & {"v", "f", "k", "b", "a"}) == 2 or {x, y} & {"i", "s"}:
        rows("%s %s %s" % (x, op, y if op != "//" else "(abs(%s) + 1)" % y))

# Reductions
for name, axis in itertools.product("sum prod mean max min var std any all argmax argmin".split(), ("", "axis=0", "axis=1", "axis=-1", "keepdims=True")):
    rows("T.%s(%s%s)" % (name, "m", ", " + axis if axis else ""))
rows("t.sum(axis=(0, 2))", "t.sum(axis=[1])", "t.max(axis=(1, 2))", "t.mean(axis=(0, 1), keepdims=True)", "l.sum()", "l.prod(axis=0)", "l.mean()", "l.mean(axis=1)",
     "b.sum()", "b.mean()", "f.sum()", "f.mean()", "f.var()", "k.max()", "T.sum(l, dtype='float64')", "T.max_and_argmax(m, axis=1)[0]", "T.max_and_argmax(m, axis=1)[1]",
     "m.norm(2)", "m.norm(1, axis=0)", "T.ptp(m)", "m.argmax()", "t.argmax(axis=0)", "T.all(T.gt(m, -3))", "T.any(l, axis=0)", "T.sum([v, w])", "z.sum()",
     "T.prod(p)", "T.prod(v * T.neq(v, 2))", "T.cumsum(m)", "T.cumsum(m, axis=0)", "T.cumprod(m, axis=1)", "m.cumsum(axis=1)", "T.extra_ops.diff(v)")

# Reading
for index in ("[0]", "[-1]", "[1:]", "[::-1]", "[:, 0]", "[:, ::2]", "[0, 1:]", "[..., 0]", "[:, None, :]", "[i - 1]", "[:i]", "[j]", "[[0, 1, 0]]", "[[1], [2]]",
              "[:, [2, 0]]", "[:, k]", "[k[:2] % 2, k[:2]]", "[(l > 0).nonzero()]", "[T.gt(m, 0).nonzero()]", "[0][1]", "[1, 2]", "[-1, -1]", "[1:0]", "[::-1, ::-2]"):
    rows("m%s" % index)
for index in ("[0]", "[:, 1]", "[..., -1]", "[0, :, 1:3]", "[:, None, ..., 0]", "[1, [0, 2]]", "[:, [0, 2], [1, 3]]", "[::-1, 1:, ::2]", "[i - 1, 0]"):
    rows("t%s" % index)
rows("v[0]", "v[k]", "v[k[0]]", "v.take([0, 2])", "m.take([2, 0], axis=1)", "T.take(m, 1)", "v[b]", "v[T.gt(v, 0).nonzero()]", "m.diagonal()",
     "T.diag(v)", "T.diag(q)", "T.nonzero_values(m)", "T.flatnonzero(m > 0)", "T.choose(k % 2, [k, k + 10])", "T.extra_ops.searchsorted(T.sort(v), 0.6)",
     "T.extra_ops.searchsorted(T.sort(v), w, side='right')", "T.bincount(k)", "T.bincount(k, minlength=5)", "v[-2:]")

# Writing
rows("T.set_subtensor(v[0], 5)", "T.inc_subtensor(v[1:], s)", "T.set_subtensor(m[:, 1], [1, 2])", "T.inc_subtensor(m[0], v)", "T.set_subtensor(v[k], w)", "T.inc_subtensor(v[[0, 0]], 1)",
     "T.inc_subtensor(m[:, k], 1.5)", "T.set_subtensor(m[::-1, ::2], 0)", "T.inc_subtensor(t[0, :, 1], v)", "T.set_subtensor(m[T.gt(m, 0).nonzero()], 0)", "T.inc_subtensor(m[[0, 1, 0], [1, 2, 1]], v)", "T.fill_diagonal(q, 0)", "T.fill_diagonal_offset(q, 9, 1)", "T.set_subtensor(l[0], 9)")

# Shape and order
rows("m.T", "m.transpose()", "t.transpose(2, 0, 1)", "t.dimshuffle(1, 0, 2)", "v.dimshuffle('x', 0)", "v.dimshuffle(0, 'x')", "m.dimshuffle(0, 'x', 1)", "r.dimshuffle(1)", "m.reshape((3, 2))",
     "m.reshape((-1,))", "t.reshape((4, -1))", "t.reshape((2, 12), ndim=2)", "m.flatten()", "t.flatten(2)", "T.flatten(t, 2)", "m.ravel()", "m.shape", "m.shape[0]", "t.shape[1:]", "m.size",
     "v.shape[0] * 2", "T.shape_padleft(v)", "T.shape_padright(v, 2)", "T.shape_padaxis(m, 1)", "T.addbroadcast(r, 0)", "r.squeeze()", "T.unbroadcast(c, 1)", "T.tile(v, 2)",
     "T.tile(m, (2, 1))", "T.repeat(v, 2)", "m.repeat(2, axis=1)", "T.roll(v, 1)", "T.roll(m, 1, axis=1)", "m[::-1]", "T.concatenate([v, w])", "T.concatenate([m, m], axis=1)", "T.concatenate([v, k])",
     "T.stack([v, w])", "T.stack([v, w], axis=1)", "T.stack([s, u])", "T.join(0, m, m)", "T.join(1, m, c)", "T.horizontal_stack(m, c)", "T.vertical_stack(m, r)", "T.as_tensor_variable([v, w])",
     "T.split(v, [1, 2], 2)[1]", "T.split(m, [1, 2], 2, axis=1)[0]", "m.swapaxes(0, 1)", "T.swapaxes(t, 0, 2)", "T.arange(5)", "T.arange(i)", "T.arange(1, 10, 3)", "T.arange(0.0, 1.0, 0.25)",
     "T.eye(3)", "T.eye(2, 3, 1)", "T.identity_like(q)", "T.zeros((2, 3))", "T.ones((i,))", "T.zeros_like(m)", "T.ones_like(l)", "T.alloc(s, 2, 3)", "T.alloc(v, 2, 3)", "T.fill(m, s)",
     "T.tri(3)", "T.tril(q)", "T.triu(q, 1)", "T.mgrid[0:2, 0:3][0]", "T.ogrid[0:3, 0:2][1]", "T.squeeze(t[:, :1])", "T.patternbroadcast(r, (True, False))", "T.specify_shape(v, (3,))",
     "m.sum(0, keepdims=True) + m", "T.extra_ops.to_one_hot(k, 3)", "T.sort(v)", "T.sort(m, axis=0)", "T.argsort(v)", "T.argsort(m, axis=0)",
     "v.sort()", "m.argsort(axis=1)", "T.inverse_permutation(k)", "T.permute_row_elements(v, k)", "T.extra_ops.squeeze(r)", "T.extra_ops.bartlett(5)",
     "T.constant([1, 2, 3])", "T.constant(1.5)", "T.constant(300)", "T.constant(np.float32(2)) * v", "T.as_tensor_variable(3)")

# Products and linear algebra
rows("T.dot(m, n)", "T.dot(m, v)", "T.dot(v, w)", "T.dot(v, n)", "m.dot(v)", "T.outer(v, w)", "T.tensordot(t, m, [[1], [1]])", "T.tensordot(m, n, 1)", "T.tensordot(t, t, axes=3)", "T.batched_dot(t, t.transpose(0, 2, 1))",
     "T.batched_tensordot(t, t, [1, 1])", "T.dot(l, n)", "T.dot(g, g)", "T.dot(t, n[:, 0][:0].sum() + T.ones((4, 2)))", "T.nlinalg.trace(q)", "T.nlinalg.det(q)", "T.nlinalg.matrix_inverse(q)",
     "T.nlinalg.pinv(m)", "T.nlinalg.matrix_dot(m, n, m)", "T.nlinalg.diag(v)", "T.nlinalg.alloc_diag(v)", "T.nlinalg.extract_diag(q)", "T.nlinalg.eigh(q)[0]", "T.nlinalg.svd(m, 0, 0)", "T.nlinalg.matrix_power(q, 3)",
     "T.nlinalg.norm(q, 'fro')", "T.nlinalg.norm(v, 2)", "T.nlinalg.norm(v, np.inf)", "abs(T.nlinalg.qr(q)[1])", "T.slinalg.cholesky(q)", "T.slinalg.solve(q, v)", "T.slinalg.solve(q, n)", "T.slinalg.kron(m, n)",
     "T.slinalg.expm(q / 4)", "T.slinalg.solve_lower_triangular(T.tril(q), v)", "T.slinalg.solve_upper_triangular(T.triu(q), v)", "T.nlinalg.tensorinv(q.reshape((3, 3)), 1)")

# Networks
rows("T.nnet.sigmoid(v)", "T.nnet.ultra_fast_sigmoid(v)", "T.nnet.hard_sigmoid(v)", "T.nnet.softplus(v)", "T.nnet.relu(v)", "T.nnet.relu(v, 0.1)", "T.nnet.elu(v)", "T.nnet.selu(v)", "T.nnet.softmax(m)", "T.nnet.softmax(v)",
     "T.nnet.logsoftmax(m)", "T.nnet.softsign(v)", "T.nnet.binary_crossentropy(p, T.nnet.sigmoid(w))", "T.nnet.sigmoid_binary_crossentropy(v, p)", "T.nnet.categorical_crossentropy(T.nnet.softmax(m), k[:2])",
     "T.nnet.categorical_crossentropy(T.nnet.softmax(m), T.nnet.softmax(m * 2))", "T.nnet.crossentropy_softmax_1hot(m, k[:2])[0]", "T.nnet.crossentropy_softmax_argmax_1hot_with_bias(m, v, k[:2])[2]",
     "T.nnet.confusion_matrix(k, k[::-1])[0]", "T.nnet.softmax_with_bias(m, v)", "T.log(T.nnet.softmax(m))", "T.log(1 + T.exp(v))", "T.xlogx.xlogx(p)", "T.xlogx.xlogx(p - 0.2)",
     "T.nnet.conv2d(t.reshape((1, 2, 3, 4)), q[:2, :2].reshape((1, 1, 2, 2)).repeat(2, axis=1))", "T.nnet.conv2d(t.reshape((2, 1, 3, 4)), q.reshape((1, 1, 3, 3)), border_mode='full')",
     "T.nnet.conv2d(t.reshape((2, 1, 3, 4)), q.reshape((1, 1, 3, 3)), border_mode='half')", "T.nnet.conv2d(t.reshape((2, 1, 3, 4)), q.reshape((1, 1, 3, 3)), border_mode=(1, 2), subsample=(2, 1))",
     "T.nnet.conv2d(t.reshape((2, 1, 3, 4)), q[:2, :2].reshape((1, 1, 2, 2)), filter_flip=False)", "T.nnet.conv2d(t.reshape((2, 1, 3, 4)), q[:2, :2].reshape((1, 1, 2, 2)), filter_dilation=(1, 2))",
     "T.signal.pool.pool_2d(t.reshape((1, 2, 3, 4)), (2, 2), ignore_border=True)", "T.signal.pool.pool_2d(t.reshape((1, 2, 3, 4)), (2, 2), ignore_border=False)",
     "T.signal.pool.pool_2d(t.reshape((1, 2, 3, 4)), (2, 2), ignore_border=True, mode='sum')", "T.signal.pool.pool_2d(t.reshape((1, 2, 3, 4)), (2, 2), ignore_border=True, mode='average_exc_pad', pad=(1, 1))",
     "T.signal.pool.pool_2d(t.reshape((1, 2, 3, 4)), (2, 2), ignore_border=True, stride=(1, 1))", "T.signal.conv.conv2d(q, q[:2, :2])")

# Programs ---------------------------------------------------------------------------------------------------------------
PROGRAMS = dict(OF_OPS, **OF_MANNERS, **OF_INNER)


def program(name, text):
    PROGRAMS[name] = text


program("updates see old values", """
a, b = theano.shared(1.0), theano.shared(10.0)
f = theano.function([], [a, b], updates=[(a, b), (b, a + b)])
outputs = f() + f() + [a.get_value(), b.get_value()]""")
program("updates as a dict", """
a = theano.shared(np.array([1., 2.]))
x = T.dvector()
f = theano.function([x], a.sum(), updates={a: a + x})
outputs = [f([1, 1]), f([0, 1]), a.get_value()]""")
program("givens", """
x, y = T.dvectors('x', 'y')
a = theano.shared(np.arange(3.))
f = theano.function([y], (x * y).sum(), givens={x: a + 1})
outputs = [f([1, 2, 3])]""")
program("default values", """
x, y = T.dscalars('x', 'y')
f = theano.function([x, theano.In(y, value=2.0, name='y')], x ** y)
outputs = [f(3), f(3, 3), f(3, y=0)]""")
program("an input that is updated", """
x = T.dscalar('x')
state = T.dscalar('state')
f = theano.function([x, theano.In(state, value=0.0, update=state + x)], state)
outputs = [f(1), f(2), f(3)]""")
program("a copy with other shared variables", """
a, b = theano.shared(1.0), theano.shared(5.0)
f = theano.function([], a * 2, updates=[(a, a + 1)])
g = f.copy(swap={a: b})
outputs = [f(), g(), a.get_value(), b.get_value()]""")
program("integers into a float input", "x = T.dvector(); outputs = [theano.function([x], x * 2)([1, 2, 3])]")
program("float64 into a float32 input", "x = T.fvector(); theano.function([x], x * 2)(np.array([1.5]))")
program("float64 into a float32 input, allowed", "x = T.fvector(); outputs = [theano.function([x], x * 2, allow_input_downcast=True)(np.array([1.5, 2]))]")
program("a float into an int input", "x = T.iscalar(); theano.function([x], x)(1.5)")
program("a matrix into a vector input", "x = T.dvector(); theano.function([x], x)([[1.0]])")
program("too few arguments", "x, y = T.dscalars('x', 'y'); theano.function([x, y], x + y)(1.0)")
program("too many arguments", "x = T.dscalar('x'); theano.function([x], x)(1.0, 2.0)")
program("an input that nobody reads", "x, y = T.dscalars('x', 'y'); theano.function([x, y], x)")
program("an input that nobody reads, ignored", "x, y = T.dscalars('x', 'y'); outputs = [theano.function([x, y], x, on_unused_input='ignore')(1, 2)]")
program("a missing input", "x, y = T.dscalars('x', 'y'); theano.function([x], x + y)")
program("an input twice", "x = T.dscalar('x'); theano.function([x, x], x)")
program("sizes that do not fit", "x, y = T.dvectors('x', 'y'); theano.function([x, y], x + y)([1., 2.], [1., 2., 3.])")
program("a product that does not fit", "x, y = T.dmatrices('x', 'y'); theano.function([x, y], T.dot(x, y))(np.ones((2, 3)), np.ones((2, 3)))")
program("an index too large", "x = T.dvector(); theano.function([x], x[5])([1., 2.])")
program("an index too large, in a list", "x = T.dvector(); theano.function([x], x[[0, 5]])([1., 2.])")
program("too many indices", "T.dvector()[0, 1]")
program("a reshape that does not fit", "x = T.dvector(); theano.function([x], x.reshape((2, 2)))(np.ones(3))")
program("a row of two rows", "x = T.drow(); theano.function([x], x)(np.ones((2, 2)))")
program("truth of a variable", "x = T.dscalar()\nif x > 0:\n    pass")
program("len of a vector", "len(T.dvector())")
program("a float as index", "T.dvector()[1.5]")
program("a cost that is no number", "x = T.dvector(); theano.grad(x, x)")
program("a gradient by what is not there", "x, y = T.dscalars('x', 'y'); theano.grad(x ** 2, y)")
program("a gradient by what is not there, ignored", "x, y = T.dscalars('x', 'y'); g = theano.grad(x ** 2, y, disconnected_inputs='ignore'); outputs = [theano.function([x, y], g, on_unused_input='ignore')(1, 2)]")
program("a gradient by integers", "x = T.ivector('x'); g = theano.grad((x * 2.0).sum(), x); outputs = [theano.function([x], g, on_unused_input='ignore')([1, 2])]")
program("known gradients", "x = T.dvector('x'); y = x ** 2; g = theano.grad(None, x, known_grads={y: x + 1}); outputs = [theano.function([x], g)([1., 2.])]")
program("consider_constant", "x = T.dscalar('x'); y = x ** 2; g = theano.grad(y * x, x, consider_constant=[y]); outputs = [theano.function([x], g)(3.)]")
program("grad_clip", "x = T.dscalar('x'); g = theano.grad(theano.gradient.grad_clip(2 * x, -1, 1) ** 2, x); outputs = [theano.function([x], g)(3.)]")
program("disconnected_grad", "x = T.dscalar('x'); g = theano.grad(theano.gradient.disconnected_grad(x) * x, x); outputs = [theano.function([x], g)(3.)]")
program("zero_grad", "x = T.dscalar('x'); g = theano.grad(theano.gradient.zero_grad(x) * x, x); outputs = [theano.function([x], g)(3.)]")
program("jacobian", "x = T.dvector('x'); outputs = [theano.function([x], theano.gradient.jacobian(x ** 2 + x[0], x))([1., 2., 3.])]")
program("hessian", "x = T.dvector('x'); outputs = [theano.function([x], theano.gradient.hessian((x ** 3).sum() * x[0], x))([1., 2.])]")
program("Rop", "x, y = T.dvectors('x', 'y'); outputs = [theano.function([x, y], theano.Rop(T.tanh(x) * x.sum(), x, y))([.1, .2], [1., 2.])]")
program("Lop", "x, y = T.dvectors('x', 'y'); outputs = [theano.function([x, y], theano.Lop(T.tanh(x) * x.sum(), x, y))([.1, .2], [1., 2.])]")
program("second derivatives", "x = T.dscalar('x'); g = theano.grad(theano.grad(T.sin(x ** 2), x), x); outputs = [theano.function([x], g)(.5)]")
program("the gradient of a max with ties", "x = T.dvector('x'); outputs = [theano.function([x], theano.grad(x.max(), x))([1., 2., 2.])]")
program("the gradient of abs at zero", "x = T.dvector('x'); outputs = [theano.function([x], theano.grad(abs(x).sum(), x))([0., -1., 2.])]")
program("the gradient of a product with zeros", "x = T.dvector('x'); outputs = [theano.function([x], theano.grad(x.prod(), x))([0., 2., 3.])]")
program("the gradient of a norm", "x = T.dvector('x'); outputs = [theano.function([x], theano.grad(x.norm(2), x))([3., 4.])]")

for form, sequences in (("", "sequences=x"), (", backwards", "sequences=x, go_backwards=True"), (", shortest", "sequences=[x, x[1:]]"), (", taps", "sequences=dict(input=x, taps=[0, 1])")):
    arguments = "a, b" if "taps" in form or "shortest" in form else "a"
    body = "a * 2 + b" if "b" in arguments else "a * 2"
    program("scan: a map" + form, "x = T.dvector()\no, u = theano.scan(lambda %s: %s, %s)\noutputs = [theano.function([x], o)(np.arange(5.))]" % (arguments, body, sequences))
for form, more in (("", ""), (", three steps", ", n_steps=3"), (", backwards", ", go_backwards=True"), (", truncated", ", truncate_gradient=2")):
    program("scan: a recurrence and its gradient" + form, """
x, h0, w = T.dvector('x'), T.dscalar('h0'), T.dscalar('w')
o, u = theano.scan(lambda a, h, w: T.tanh(a + w * h), sequences=x, outputs_info=h0, non_sequences=w%s)
g = theano.grad(o.sum(), [h0, w])
outputs = theano.function([x, h0, w], [o] + g)(np.linspace(-1, 1, 5), .5, .7)""" % more)
for taps in ("[-1]", "[-2]", "[-1, -2]", "[-2, -1]", "[-1, -3]"):
    arguments = ", ".join("h%d" % k for k in range(taps.count("-")))
    program("scan: taps " + taps, """
x = T.dvector('x')
o, u = theano.scan(lambda a, %s: a + .5 * (%s), sequences=x, outputs_info=dict(initial=T.constant(np.array([1., 2., 3.])[:%d]), taps=%s))
outputs = [theano.function([x], o)(np.arange(4.)), theano.function([x], theano.grad(o.sum(), x))(np.arange(4.))]"""
            % (arguments, arguments.replace(", ", " - 2 * "), max(int(t) for t in taps.replace("-", "").strip("[]").split(",")), taps))
program("scan: powers", """
k, a = T.iscalar('k'), T.dvector('a')
o, u = theano.scan(lambda p, a: p * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
f = theano.function([a, k], o[-1], updates=u)
outputs = [f(np.arange(4.), 3), f(np.arange(3.), 5)]""")
program("scan: until", """
x = T.dscalar()
o, u = theano.scan(lambda p: (p * 2, theano.scan_module.until(p * 2 > x)), outputs_info=T.constant(1.), n_steps=20)
outputs = [theano.function([x], o)(30.)]""")
program("scan: a shared variable is updated", """
a = theano.shared(0.)
o, u = theano.scan(lambda x: (x + a, {a: a + x}), sequences=T.arange(4).astype('float64'))
f = theano.function([], o, updates=u)
outputs = [f(), a.get_value(), f(), a.get_value()]""")
program("scan: two states", """
o, u = theano.scan(lambda a, b: (b, a + b), outputs_info=[T.constant(0), T.constant(1)], n_steps=8)
outputs = theano.function([], o)()""")
program("scan: nested", """
m = T.dmatrix()
def row(v, total):
    inner, _ = theano.scan(lambda x, s: s + x * total, sequences=v, outputs_info=T.constant(np.float64(0)))
    return total + inner[-1]
o, u = theano.scan(row, sequences=m, outputs_info=T.constant(np.float64(1)))
f = theano.function([m], [o, theano.grad(o[-1], m)])
outputs = f(np.arange(6.).reshape(2, 3) / 10)""")
program("scan: map, reduce, folds", """
x = T.dvector()
outputs = [theano.function([x], e)(np.arange(1, 5.)) for e in (theano.map(lambda a: a ** 2, x)[0], theano.reduce(lambda a, b: a - b, x, T.constant(np.float64(0)))[0],
           theano.foldl(lambda a, b: b - 2 * a, x, T.constant(np.float64(0)))[0], theano.foldr(lambda a, b: b - 2 * a, x, T.constant(np.float64(0)))[0])]""")
program("scan: nothing to tell the steps", "theano.scan(lambda x: x + 1, outputs_info=T.constant(1.))")
program("scan: another dtype comes back", "theano.scan(lambda x: x * T.constant(np.float64(2)), outputs_info=T.fscalar(), n_steps=2)")
program("scan: more dimensions come back", "v = T.dvector(); theano.scan(lambda x: x + v, outputs_info=T.dscalar(), n_steps=2)")
program("scan: taps ahead of an output", "theano.scan(lambda x: x, outputs_info=dict(initial=T.dvector(), taps=[1]), n_steps=2)")
program("scan: strict", "a = theano.shared(2.0); theano.scan(lambda x: x * a, sequences=T.dvector(), strict=True)")
program("scan: too many steps", "x = T.dvector(); theano.function([x], theano.scan(lambda a: a, x, n_steps=5)[0])(np.ones(3))")
program("ifelse", """
from theano.ifelse import ifelse
a, b = T.dscalars('a', 'b')
f = theano.function([a, b], [ifelse(T.lt(a, b), a * 2, b * 3), theano.grad(ifelse(T.lt(a, b), a * 2, b * 3), a)])
outputs = f(1., 2.) + f(2., 1.)""")
for method, arguments in (("uniform", "size=(2, 3)"), ("normal", "size=(2, 3)"), ("binomial", "size=(2, 3), p=.3"), ("random_integers", "size=(3,), low=0, high=9"), ("permutation", "n=5"),
                          ("uniform", "size=(2,), low=-1., high=3."), ("normal", "size=(2,), avg=1., std=2."), ("multinomial", "pvals=[.2, .3, .5], n=4, size=(2,)"), ("poisson", "size=(4,), lam=3."),
                          ("choice", "size=(3,), a=6")):
    program("random: shared streams, %s, %s" % (method, arguments), """
from theano.tensor.shared_randomstreams import RandomStreams
r = RandomStreams(seed=234)
f = theano.function([], r.%s(%s))
outputs = [f(), f()]""" % (method, arguments))
for method, arguments in (("uniform", "size=(2, 3)"), ("normal", "size=(2, 3)"), ("binomial", "size=(2, 3), p=.3"), ("multinomial", "pvals=np.array([[.2, .3, .5]] * 2, 'float32')"),
                          ("uniform", "size=(5,), low=-1., high=3., dtype='float64'"), ("truncated_normal", "size=(4,)"), ("choice", "size=2, p=np.array([[.2, .3, .5]] * 2, 'float32'), replace=False")):
    program("random: MRG, %s, %s" % (method, arguments), """
from theano.sandbox.rng_mrg import MRG_RandomStreams
r = MRG_RandomStreams(seed=123)
f = theano.function([], r.%s(%s))
outputs = [f(), f()]""" % (method, arguments))
program("random: a stream in a scan", """
from theano.tensor.shared_randomstreams import RandomStreams
r = RandomStreams(seed=1)
o, u = theano.scan(lambda x: x + r.uniform(), sequences=T.arange(4).astype('float64'))
f = theano.function([], o, updates=u)
outputs = [f(), f()]""")
program("random: without default updates", """
from theano.tensor.shared_randomstreams import RandomStreams
r = RandomStreams(seed=1)
x = r.uniform((2,))
f = theano.function([], x, no_default_updates=True)
outputs = [f(), f(), theano.function([], x - x)()]""")
program("an op with a perform", """
class Double(theano.Op):
    __props__ = ()
    def make_node(self, x):
        x = T.as_tensor_variable(x)
        return theano.Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * 2
    def grad(self, inputs, grads):
        return [grads[0] * 2]
    def infer_shape(self, node, shapes):
        return shapes
x = T.dvector()
y = Double()(x)
outputs = theano.function([x], [y, theano.grad((y ** 2).sum(), x), y.shape])([1., 2.])""")
program("as_op", """
from theano.compile.ops import as_op
@as_op(itypes=[T.dmatrix, T.dvector], otypes=[T.dvector])
def product(a, b):
    return a.dot(b)
m, v = T.dmatrix(), T.dvector()
outputs = [theano.function([m, v], product(m, v) + 1)(np.ones((2, 3)), np.arange(3.))]""")
program("OpFromGraph", """
x, y = T.dscalars('x', 'y')
op = theano.OpFromGraph([x, y], [x * y + 1])
a = T.dscalar('a')
outputs = theano.function([a], [op(a, a), theano.grad(op(a, a), a)])(3.)""")
program("clone", "x, y = T.dscalars('x', 'y'); z = x ** 2; outputs = [theano.function([y], theano.clone(z, replace={x: y + 1}))(2.)]")
program("eval", "x = T.dvector('x'); outputs = [(x ** 2).eval({x: [1., 2.]}), T.constant(2).eval()]")
program("borrowed shared value", "a = theano.shared(np.ones(2)); v = a.get_value(); v += 1; outputs = [a.get_value(), a.get_value(borrow=True)]")
program("a shared value of another dtype", "a = theano.shared(np.ones(2, 'float32')); a.set_value(np.ones(2, 'float64') * 1.5); outputs = [a.get_value()]")
program("an update of another dtype", "a = theano.shared(np.float32(1)); theano.function([], [], updates=[(a, a + T.constant(np.float64(1.5)))])")
program("an update of more dimensions", "a = theano.shared(1.0); theano.function([], [], updates=[(a, T.dvector())])")
program("names", "x = T.dscalar('x'); outputs = [len(repr(x)), str(x) == 'x', T.dmatrix().ndim, T.dmatrix().dtype == 'float64', T.drow().broadcastable == (True, False)]")
program("pp", "x = T.dscalar('x'); y = T.dscalar('y'); outputs = [theano.pp(x + y * 2) == '(x + (y * TensorConstant{2}))']")
program("a logistic regression", """
rng = np.random.RandomState(0)
x, y = T.dmatrix(), T.lvector()
w, b = theano.shared(np.zeros((4, 3))), theano.shared(np.zeros(3))
p = T.nnet.softmax(T.dot(x, w) + b)
cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y]) + .01 * (w ** 2).sum()
f = theano.function([x, y], cost, updates=[(v, v - .5 * theano.grad(cost, v)) for v in (w, b)])
X, Y = rng.normal(size=(20, 4)), rng.randint(0, 3, 20)
outputs = [f(X, Y) for _ in range(5)] + [w.get_value()]""")
program("a network with a hidden layer", """
rng = np.random.RandomState(0)
x, y = T.dmatrix(), T.dmatrix()
ps = [theano.shared(rng.normal(size=s) * .3) for s in ((4, 5), (5,), (5, 2), (2,))]
h = T.tanh(T.dot(x, ps[0]) + ps[1])
o = T.nnet.sigmoid(T.dot(h, ps[2]) + ps[3])
cost = T.nnet.binary_crossentropy(o, y).mean()
f = theano.function([x, y], [cost, o], updates=[(p, p - .5 * g) for p, g in zip(ps, theano.grad(cost, ps))])
X, Y = rng.normal(size=(10, 4)), (rng.uniform(size=(10, 2)) > .5).astype(float)
outputs = [f(X, Y)[0] for _ in range(5)] + [p.get_value() for p in ps]""")
program("batch normalisation", """
x, g, b = T.dmatrix(), T.dvector(), T.dvector()
o, m, i = T.nnet.bn.batch_normalization_train(x, g, b)
t = T.nnet.bn.batch_normalization_test(x, g, b, x.mean(0), x.var(0))
X = np.arange(12.).reshape(4, 3) ** 1.5
outputs = theano.function([x, g, b], [o, m, i, t] + theano.grad((o ** 3).sum(), [x, g, b]))(X, np.array([1., 2., .5]), np.array([0., 1., -1.]))""")
program("pooling and its gradient", """
from theano.tensor.signal.pool import pool_2d
x = T.dtensor4()
y = pool_2d(x, (2, 2), ignore_border=True)
X = np.arange(32.).reshape(1, 2, 4, 4) * 5 % 7
outputs = theano.function([x], [y, theano.grad((y ** 2).sum(), x)])(X)""")
program("convolution and its gradients", """
x, w = T.dtensor4(), T.dtensor4()
y = T.nnet.conv2d(x, w, border_mode='half', subsample=(2, 1))
X, W = np.arange(60.).reshape(2, 2, 3, 5) % 7 - 3, np.arange(36.).reshape(2, 2, 3, 3) % 5 - 2
outputs = theano.function([x, w], [y] + theano.grad((y ** 2).sum(), [x, w]))(X, W)""")
program("neighbours", """
x = T.dtensor4()
n = T.nnet.neighbours.images2neibs(x, (2, 2))
outputs = theano.function([x], [n, T.nnet.neighbours.neibs2images(n, (2, 2), x.shape)])(np.arange(16.).reshape(1, 1, 4, 4))""")
program("sparse products", """
import scipy.sparse
import theano.sparse as S
x, y = S.csr_matrix('x', dtype='float64'), T.dmatrix('y')
f = theano.function([x, y], [S.dot(x, y), S.dense_from_sparse(x * 2), S.sp_sum(x, axis=0)])
outputs = f(scipy.sparse.csr_matrix(np.array([[0, 1.5, 0], [2, 0, -1]])), np.arange(6.).reshape(3, 2))""")

# Settings: what they do is undone within the program, for others follow.
program("a test_value through an expression and its gradient", """
theano.config.compute_test_value = 'raise'
try:
    x, w = T.dvector('x'), theano.shared(np.array([[1., 2.], [3., -1.]]))
    x.tag.test_value = np.array([0.5, -1.5])
    y = T.tanh(T.dot(w, x))
    outputs = [y.tag.test_value, T.grad(y.sum(), x).tag.test_value, theano.gof.op.get_test_value(T.constant(3))]
finally:
    theano.config.compute_test_value = 'off'""")
program("a test_value in the steps of a scan", """
theano.config.compute_test_value = 'raise'
try:
    x = T.dmatrix('x')
    x.tag.test_value = np.arange(6.).reshape(3, 2)
    seen = []
    def step(row, state):
        seen.append(row.tag.test_value + state.tag.test_value)
        return row + state
    y, _ = theano.scan(step, x, T.zeros((2,), 'float64') + 10.)
    outputs = [y.tag.test_value, seen[-1]]
finally:
    theano.config.compute_test_value = 'off'""")
for what, lines in (("missing", "y = T.dvector(); x + y"), ("of another length", "y = T.dvector(); y.tag.test_value = np.ones(4); x + y"),
                    ("of another shape for dot", "y = T.dvector(); y.tag.test_value = np.ones(4); T.dot(x, y)"),
                    ("of a worse dtype", "y = T.fvector(); y.tag.test_value = np.ones(3); x + y"),
                    ("asked for where there is none", "theano.gof.op.get_test_value(T.dvector())")):
    program("a test_value " + what, """
theano.config.compute_test_value = 'raise'
try:
    x = T.dvector('x')
    x.tag.test_value = np.ones(3)
    %s
finally:
    theano.config.compute_test_value = 'off'""" % lines)
program("switches of a program by AddConfigVar", """
from theano.configparser import AddConfigVar, BoolParam, EnumStr, FloatParam, IntParam
number = str(np.random.randint(1 << 30))
AddConfigVar('parity%s.depth' % number, 'a number', IntParam(3, lambda v: v > 0))
AddConfigVar('parity%s.rate' % number, 'a rate', FloatParam(0.5))
AddConfigVar('parity%s.on' % number, 'a switch', BoolParam(True))
AddConfigVar('parity%s.colour' % number, 'a word', EnumStr('red', 'blue'))
mine = getattr(theano.config, 'parity' + number)
before = [mine.depth, mine.rate, mine.on, mine.colour == 'red']
mine.depth, mine.rate, mine.on, mine.colour = '5', '1e-3', 'False', 'blue'
outputs = before + [mine.depth, mine.rate, mine.on, mine.colour == 'blue']""")
for what, value in (("IntParam(3, lambda v: v > 0)", "-1"), ("IntParam(3)", "'a'"), ("BoolParam(True)", "'maybe'"), ("EnumStr('red', 'blue')", "'green'")):
    program("a wrong value for %s by AddConfigVar" % what, """
from theano.configparser import AddConfigVar, BoolParam, EnumStr, IntParam
name = 'parity_%%d' %% np.random.randint(1 << 30)
AddConfigVar(name, 'of a test', %s)
setattr(theano.config, name, %s)""" % (what, value))
for name, value in (("floatX", "float31"), ("optimizer", "fast"), ("mode", "SLOW"), ("on_unused_input", "maybe"), ("compute_test_value", "yes")):
    program("a wrong value for the setting %s" % name, "theano.config.%s = '%s'" % (name, value))
program("MonitorMode shows each step", """
x = T.dvector('x')
seen = []
mode = theano.compile.MonitorMode(post_func=lambda i, node, fn: seen.append(fn.outputs[0][0] + fn.inputs[0][0]), optimizer=None)
f = theano.function([x], T.exp(x) + T.exp(x) ** 2, mode=mode)
outputs = [f([0.5, 1.]), sorted(s.sum() for s in seen if s.shape == (2,))[0]]""")
for value in ("-1.", "0.", "1e11"):
    program("NanGuardMode at %s" % value, """
x = T.dvector('x')
from theano.compile.nanguardmode import NanGuardMode
theano.function([x], T.log(x) * 2, mode=NanGuardMode(True, True, True))([%s])""" % value)
program("warn_float64 raises", """
theano.config.warn_float64 = 'raise'
try:
    outputs = [theano.shared(1.0).get_value(), (T.fscalar() * 2).dtype == 'float32']
    T.dscalar()
finally:
    theano.config.warn_float64 = 'ignore'""")
program("change_flags as a block", """
before = theano.config.floatX
with theano.configparser.change_flags(floatX='float32', compute_test_value='ignore'):
    inside = [theano.config.floatX == 'float32', T.scalar().dtype == 'float32', theano.config.compute_test_value == 'ignore']
outputs = inside + [theano.config.floatX == before]""")
program("digests by hex_digest", """
from theano.printing import hex_digest
outputs = [[ord(c) for c in hex_digest(np.arange(6).reshape(2, 3).T)]]""")

"""Programs that use names of Theano's own machinery: helpers of its compiler, its sandbox; see `old_programs.py`, of which they are a part."""

PROGRAMS = {}


def program(name, text):
    assert name not in PROGRAMS, name
    PROGRAMS[name] = text.strip()


# Sparse matrices: draws, convolution by lists of indices ----------------------------------------------------------------
SPARSE = """
import scipy.sparse as ss
import theano.sparse as S
from theano.sparse.sandbox import sp, sp2
x, n, p, size = S.csr_dmatrix(), T.iscalar(), T.dscalar(), T.ivector()
m = ss.csr_matrix(np.array([[0, 2., 5], [1, 0, 3.]]))
chances = ss.csr_matrix(np.array([[0, .5, .5], [.25, .25, .5]]))
np.random.seed(3)
dense = lambda found: [found.toarray(), found.indices]
"""
for name, text in (
    ("draws of Poisson, twice", "f = theano.function([x], sp2.poisson(x))\noutputs = dense(f(m)) + dense(f(m))"),
    ("draws of Poisson, csc and float32", """
y = S.csc_fmatrix()
outputs = dense(theano.function([y], sp2.poisson(y) * 2)(m.tocsc().astype('float32')))"""),
    ("Poisson of a negative mean", "theano.function([x], sp2.poisson(x))(-m)"),
    ("Poisson of a dense matrix", "sp2.poisson(T.dmatrix())"),
    ("no gradient of Poisson", "theano.grad(S.sp_sum(sp2.poisson(x)), x)"),
    ("draws of csr_fbinomial", "outputs = dense(theano.function([n, p, size], sp2.csr_fbinomial(n, p, size))(5, .5, [2, 3]))"),
    ("draws of csc_dbinomial", "outputs = dense(theano.function([n, p, size], sp2.csc_dbinomial(n, p, size))(5, .5, [2, 3]))"),
    ("binomial: a float of trials", "sp2.csr_dbinomial(p, p, size)"),
    ("binomial: an integer chance", "sp2.csr_dbinomial(n, n, size)"),
    ("binomial: a chance above 1", "theano.function([n, p, size], sp2.csr_dbinomial(n, p, size))(5, 1.5, [2, 3])"),
    ("binomial: three sizes", "theano.function([n, p, size], sp2.csr_dbinomial(n, p, size))(5, .5, [2, 3, 4])"),
    ("draws of multinomial, one n", "outputs = dense(theano.function([n, x], sp2.multinomial(n, x))(7, chances))"),
    ("draws of multinomial, an n for each row", "outputs = dense(theano.function([size, x], sp2.multinomial(size, x))([7, 30], chances))"),
    ("multinomial: too many n", "theano.function([size, x], sp2.multinomial(size, x))([7, 3, 4], chances)"),
    ("multinomial of csc", "y = S.csc_dmatrix()\ntheano.function([n, y], sp2.multinomial(n, y))(7, chances.tocsc())"),
    ("where the ones of patches are", """
outputs = [a for args, options in [(((4, 4), (2, 2)), {}), (((2, 3, 3), (2, 2)), {}), (((3, 3), (2, 2)), {'mode': 'full'}),
                                   (((4, 5), (2, 2)), {'strides': (2, 1)}), (((5, 5), (2, 3)), {'strides': (2, 3)})]
           for a in sp.convolution_indices.evaluate(*args, **options) if not isinstance(a, str)]"""),
    ("a patch that does not fit", "sp.convolution_indices.evaluate((2, 2), (4, 4))"),
    ("patches without shared weights", "sp.convolution_indices.evaluate((4, 4), (2, 2), ws=False)"),
):
    program(name, SPARSE + text)
for options in ("", "step=(2, 1)", "mode='full'", "flatten=False", "bias=T.dvector('bias')"):
    program("convolve by indices: %s" % (options or "plain"), SPARSE + """
images, kernels = T.dmatrix(), T.dmatrix()
out, shape = sp.convolve(kernels, (2, 2), 3, images, (4, 4)%s)
inputs = [images, kernels] + [y for y in theano.gof.graph.inputs([out]) if y.name == 'bias']
numbers = [np.arange(32.).reshape(2, 16) %% 7, np.arange(12.).reshape(3, 4) %% 5] + [np.array([1., -1, 2])] * (len(inputs) - 2)
outputs = [theano.function(inputs, out)(*numbers), shape, theano.function(inputs, theano.grad((out ** 2).sum(), kernels))(*numbers)]"""
            % (", " + options if options else ""))
program("max_pool by indices", SPARSE + """
images = T.fmatrix()
out, shape = sp.max_pool(images, (2, 4, 5), (2, 2))
outputs = [theano.function([images], out)((np.arange(80.).reshape(2, 40) * 7 % 13).astype('float32')), shape]""")

# What compilers ask ops and types --------------------------------------------------------------------------------------
program("an op without C code", """
from theano.gof import Op, Type
class Plain(Op):
    pass
op, answers = Plain(), []
for name in ('c_headers c_header_dirs c_lib_dirs c_libraries c_compile_args c_no_compile_args c_support_code c_init_code').split():
    try:
        getattr(op, name)()
    except theano.gof.utils.MethodNotDefined:
        answers.append(name)
try:
    op.c_code(None, 'n', ['x'], ['z'], {'fail': ''})
except theano.gof.utils.MethodNotDefined:
    answers.append('c_code')
outputs = [len(answers), len(op.c_code_cache_version()), len(op.c_code_cache_version_apply(None)), len(Type().c_code_cache_version()),
           Type().c_is_simple()]""")
program("an op that asks its base about C code", """
class Twice(theano.Op):
    __props__ = ()
    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * node.tag.factor
    def prepare_node(self, node, storage_map, compute_map, impl):
        node.tag.factor = 2. if impl == 'py' else 3.
    def c_headers(self):
        try:
            return super(Twice, self).c_headers() + ['<math.h>']
        except theano.gof.utils.MethodNotDefined:
            return ['<math.h>']
    def c_code_cache_version(self):
        return super(Twice, self).c_code_cache_version() + (1,)
x = T.dvector()
outputs = [theano.function([x], Twice()(x))([1., 2.]), len(Twice().c_headers()), Twice().c_code_cache_version()]""")
program("a user's op is printed with its parameters", """
class Scale(theano.Op):
    __props__ = ('factor', 'word')
    def __init__(self, factor, word):
        self.factor, self.word = factor, word
outputs = [[ord(c) for c in str(Scale(2.5, 'a'))]]""")
program("constants of C pointers", """
from theano.gof.type import CDataType, CDataTypeConstant
t = CDataType('void*')
c = CDataTypeConstant(t, None)
try:
    t.filter(3)
except TypeError:
    outputs = [t == CDataType('void*'), t == CDataType('int*'), t.filter(None) is None, c.signature() == (t,), c.merge_signature() == id(None)]""")
program("guards of outputs, things loaded back", """
from theano.compile.ops import OutputGuard, _output_guard, load_back
x = T.dvector()
outputs = [_output_guard(x).type == x.type, _output_guard == OutputGuard(), load_back('numpy', 'pi')]""")
program("letters as numbers", """
from theano.compile.debugmode import char_from_number, default_make_thunk
from theano.printing import _TagGenerator
tags = _TagGenerator()
outputs = [[ord(c) for n in (0, 25, 26, 51, 52, 700, 703) for c in char_from_number(n)], [ord(tags.get_tag()) for _ in range(3)],
           len(default_make_thunk)]""")
program("dimensions turned round, printed", """
A = T.dmatrix('A')
texts = [theano.pp(y) for y in (A.T, A.dimshuffle('x', 0, 1), A.dimshuffle(1, 'x', 0), T.dvector('d').dimshuffle('x', 'x', 0))]
outputs = [[ord(c) for c in ' '.join(texts)]]""")
program("a printer of turned dimensions of something else", """
from theano.tensor.elemwise import DimShufflePrinter
DimShufflePrinter().process(T.dmatrix(), None)""")
program("products without zeros", """
from theano.tensor.elemwise import MulWithoutZeros, mul_without_zeros
from theano.scalar import upcast_out
op = MulWithoutZeros(upcast_out, name='mine')
x, y = T.dvectors('x', 'y')
a, b = theano.scalar.float64('a'), theano.scalar.float64('b')
outputs = [T.Elemwise(op)(x, y).eval({x: [0., 2., 3.], y: [4., 0., 5.]}), theano.function([a, b], mul_without_zeros(a, b))(0., 3.), op.impl(2, 0),
           op.identity, op.commutative, op.associative, op == MulWithoutZeros(upcast_out)]""")
program("a function by its module", """
from theano.compile.function import function, function_dump
import theano.compile
x = T.dscalar()
outputs = [function([x], x * 2)(3.), theano.compile.function is function, callable(function_dump)]""")

# Messages without mpi4py, hints, records --------------------------------------------------------------------------------
program("a message without mpi4py", "T.recv((2,), 'float64', 0, 11).eval()")
program("a message is sent without mpi4py", "x = T.dvector()\ntheano.function([x], T.send(x, 0, 11))([1.])")
program("messages as expressions", """
from theano.tensor.io import mpi_send_wait_key, mpi_tag_key, MPIRecv, MPISend
x = T.dvector()
request, data = T.isend(x, 1, 11)
got = T.recv((2, 3), 'float32', 0, 12)
outputs = [data.type == x.type, got.type == T.fmatrix, [ord(c) for c in '%s %s' % (MPISend(1, 2), MPIRecv(0, 1, (2,), 'float32'))],
           [mpi_send_wait_key(y.owner) for y in (request, got, x + 1)], [mpi_tag_key(y.owner) for y in (request, got, x + 1)],
           MPISend(1, 2) == MPISend(1, 2), MPISend(1, 2) == MPISend(1, 3)]""")
program("hints about matrices", """
from theano.sandbox.linalg.ops import Hint, hints, psd, is_psd, is_symmetric, is_positive, is_hint_node
A = T.dmatrix()
h = psd(A)
outputs = [theano.function([A], h * 2)(np.eye(2)), is_psd(h), is_symmetric(h), is_positive(h), is_positive(A ** 2), is_positive(A ** 3),
           is_positive(Hint(positive=True)(A)), is_hint_node(h.owner), sorted(hints(h)) == ['psd', 'symmetric'], Hint(a=1) == Hint(a=1),
           theano.function([A], theano.grad((Hint(a=1)(A) ** 2).sum(), A))(np.eye(2))]""")
program("hints kept by a feature of a graph", """
from theano.sandbox.linalg.ops import Hint, HintsFeature, hints, is_symmetric
A, B = T.dmatrices('A', 'B')
out = T.dot(A, B)
graph = theano.gof.FunctionGraph([A, B], [out], clone=False)
graph.attach_feature(HintsFeature())
graph.hints_feature.add_hint(A, 'symmetric', True)
graph.replace(A, A + B)
outputs = [is_symmetric(A), is_symmetric(graph.outputs[0].owner.inputs[0]), is_symmetric(B), len(hints(out))]""")
RECORD = """
from io import StringIO
from theano.tests.record import Record, RecordMode, MismatchError
from theano.tests.disturb_mem import disturb_mem
"""
program("lines recorded and replayed", RECORD + """
disturb_mem()
file = StringIO()
Record(file_object=file).handle_line(u'one\\n')
again = Record(file_object=StringIO(file.getvalue()), replay=True)
again.handle_line(u'one\\n')
try:
    again.handle_line(u'two\\n')
except MismatchError:
    outputs = [1]""")
program("a function recorded and replayed", RECORD + """
file, x = StringIO(), T.dvector('x')
def run(mode, number):
    return theano.function([x], 2 * x + 1, mode=mode, name='twice')([number, 1.])
class Text(Record):
    def handle_line(self, line):
        super(Text, self).handle_line(u'' + line)
found = run(RecordMode(Text(file_object=file)), 4.)
same = run(RecordMode(Text(file_object=StringIO(file.getvalue()), replay=True)), 4.)
try:
    run(RecordMode(Text(file_object=StringIO(file.getvalue()), replay=True)), 5.)
except MismatchError:
    outputs = [found, same, file.getvalue().startswith('Function twice has ')]""")

# Small things beside the functions of tensors --------------------------------------------------------------------------
program("types by their kind", """
import theano.tensor.basic as B
outputs = [[t.dtype == d and t.ndim == n for t, d in zip(getattr(B, '%s_%s_types' % (kind, shape)), dtypes.split())]
           for kind, dtypes in (('int', 'int8 int16 int32 int64'), ('float', 'float32 float64'), ('complex', 'complex64 complex128'))
           for n, shape in enumerate(('scalar', 'vector', 'matrix'))]
outputs += [B.float32_rtol, B.float64_atol, B.float16_rtol, B.int_types == B.int_scalar_types, T.int32('n').dtype == 'int32']""")
program("arrays that are nearly equal", """
from theano.tensor import type as t
from theano.tensor.type import (values_eq_approx as near, values_eq_approx_remove_inf as no_inf, values_eq_approx_remove_nan as no_nan,
                                values_eq_approx_remove_inf_nan as neither, values_eq_approx_always_true)
a = np.array
outputs = [near(a([1., np.nan]), a([1., np.nan])), near(a([1., 2]), a([1. + 1e-7, 2])), near(a([1., 2]), a([1.001, 2])),
           near(a([1., 2], 'float32'), a([1.00001, 2], 'float32')), near(a([1., 2]), a([1, 2])), near(1., 1.), near(a([1., 2]), a([1.])),
           no_nan(a([1., np.nan]), a([1., 3.])), no_inf(a([1., np.inf]), a([1., 3.])), no_inf(a([1., np.inf]), a([2., 3.])),
           neither(a([np.inf, np.nan]), a([1., 3.])), near(a([np.inf]), a([-np.inf])), near(a([1, 2]), a([1, 2])),
           values_eq_approx_always_true(a([1]), a([2])), near(a([1.]), a([1.1]), rtol=.2)]""")
program("axes counted from the start", """
from theano.tensor.basic import check_and_normalize_axes, is_flat, makeKeepDims
x = T.dmatrix()
outputs = [check_and_normalize_axes(x, -1), check_and_normalize_axes(x, [0, -1]), check_and_normalize_axes(x, None), is_flat(T.dvector()), is_flat(x),
           makeKeepDims(x, x.sum(1), 1).eval({x: np.eye(2)}), makeKeepDims(x, x.sum(), None).broadcastable]""")
program("an axis that there is not", "T.basic.check_and_normalize_axes(T.dmatrix(), 3)")
program("numbers of arrays", "outputs = [T.numpy_scalar(np.array(3.)), T.numpy_scalar(np.array([2.])), T.basic.python_all([1, 0])]")
program("no number in an array", "T.numpy_scalar(np.array([1., 2.]))")
program("a variable on its device", "x = T.dvector()\noutputs = [T.transfer(x, 'cpu') is x]")
program("a variable on no device", "T.transfer(T.dvector(), 'moon')")
for name, text in (
    ("AllocEmpty", "[x.ndim for x in [T.AllocEmpty('float32')(2, 3)]]"), ("ARange", "[T.ARange('int8')(0, 6, 2).eval()]"),
    ("Mean", "[T.basic.Mean(1)(m).eval({m: np.eye(2)})]"), ("Tri", "[T.Tri('float32')(2, 3, 0).eval()]"),
    ("Choose", "[T.Choose('wrap')(k, v.dimshuffle(0, 'x')).eval({k: [0, 4], v: [2., 3.]})]"),
    ("PermuteRowElements", "[T.PermuteRowElements()(m, k, 0).eval({m: np.arange(4.).reshape(2, 2), k: [1, 0]})]"),
    ("AdvancedSubtensor1", "[T.AdvancedSubtensor1()(m, k).eval({m: np.arange(4.).reshape(2, 2), k: [1, 0, 1]})]"),
    ("AdvancedIncSubtensor1", "[T.AdvancedIncSubtensor1()(v, w, k).eval({v: [1., 2], w: [3., 4, 5], k: [1, 0, 1]})]"),
    ("AdvancedIncSubtensor1 that sets", "[T.AdvancedIncSubtensor1(set_instead_of_inc=True)(v, w, k).eval({v: [1., 2], w: [3., 4], k: [1, 0]})]"),
    ("MaxAndArgmax", "[y.eval({m: np.arange(4.).reshape(2, 2)}) for y in T.MaxAndArgmax([1])(m)]"),
    ("SoftmaxGrad", "[T.nnet.softmax_grad(m, n).eval({m: np.arange(4.).reshape(2, 2), n: [[.2, .8], [.5, .5]]})]"),
    ("SoftmaxWithBias", "[T.nnet.nnet.SoftmaxWithBias()(m, v).eval({m: np.arange(4.).reshape(2, 2), v: [1., 2.]})]"),
    ("a constant before each row", "[f(m).eval({m: np.eye(2)}) for f in (T.nnet.prepend_0_to_each_row, T.nnet.prepend_1_to_each_row)]"),
    ("a number before each row", "[T.nnet.prepend_scalar_to_each_row(5., m).eval({m: np.eye(2)})]"),
    ("losses by labels", "[T.nnet.nnet.CrossentropyCategorical1Hot()(m, k).eval({m: [[.2, .8], [.5, .5]], k: [1, 0]})]"),
    ("slopes of losses by labels", "[T.nnet.crossentropy_categorical_1hot_grad(v, m, k).eval({v: [1., 2], m: [[.2, .8], [.5, .5]], k: [1, 0]})]"),
    ("slopes of losses of a softmax",
     "[T.nnet.crossentropy_softmax_1hot_with_bias_dx(v, m, k).eval({v: [1., 2], m: [[.2, .8], [.5, .5]], k: [1, 0]})]"),
    ("default", "[T.default(v, w).eval({v: [1.], w: [2.]})]"), ("DoubleOp", "[theano.misc.doubleop.DoubleOp()(v).eval({v: [1.]})]"),
):
    program("made as a class: " + name,
            "import theano.misc.doubleop\nv, w, m, n, k = T.dvector(), T.dvector(), T.dmatrix(), T.dmatrix(), T.lvector()\noutputs = " + text)
program("slices and None as variables", """
from theano.tensor.type_other import MakeSlice, NoneConst, NoneTypeT, SliceType, as_int_none_variable, make_slice, none_type_t, slicetype
i = T.iscalar()
found = theano.function([i], make_slice(slice(i, None)))(3)
outputs = [found == slice(3, None, None), NoneConst.data is None, NoneConst.type == NoneTypeT(), as_int_none_variable(None) is NoneConst,
           as_int_none_variable(2).eval(), slicetype == SliceType(), slicetype.filter(slice(1, 2)) == slice(1, 2),
           make_slice(1, i).eval({i: 5}) == slice(1, 5, None)]""")
program("a float as a part of a slice", "T.make_slice(1.5, 2)")
program("members of types of arrays", """
t = T.fmatrix
outputs = [t.dtype_specs()[0] is float,
           [ord(c) for c in t.dtype_specs()[1] + t.dtype_specs()[2] + T.zvector.dtype_specs()[1] + T.lvector.dtype_specs()[2]],
           t.get_size(t.get_shape_info(np.eye(3))), t.value_zeros((2, 1)), t.may_share_memory(np.eye(2), np.eye(2)), t.to_scalar_type()('x').ndim,
           t.filter_checks_isfinite, [ord(c) for c in t.c_element_type()]]""")
program("members of variables", """
x, c = T.dvector(), T.constant([1., 2.])
outputs = [x.searchsorted([1.5, 3.]).eval({x: [1., 2., 4.]}), c.merge_signature() == c.signature()]""")
program("updates added to a dictionary", """
a, b = theano.shared(1.), theano.shared(2.)
sums = {a: a + 1} + theano.OrderedUpdates([(b, b * 2)])
theano.function([], [], updates=sums)()
outputs = [a.get_value(), b.get_value(), isinstance(sums, theano.OrderedUpdates)]""")
program("null and disconnected types", """
from theano.gof.null_type import NullType, null_type
from theano.gradient import DisconnectedType, disconnected_type
class Half(theano.Op):
    __props__ = ()
    def make_node(self, x, y):
        return theano.Apply(self, [x, y], [x.type()])
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * 2.
    def grad(self, inputs, grads):
        return [grads[0] * 2, disconnected_type()]
    def connection_pattern(self, node):
        return [[True], [False]]
x, y = T.dvectors('x', 'y')
outputs = [theano.grad(Half()(x, y).sum(), x).eval({x: [1., 2.], y: [1., 2.]}), isinstance(null_type, NullType),
           isinstance(disconnected_type, DisconnectedType)]""")
program("an op from a graph whose derivative is replaced later", """
x, y = T.dscalars('x', 'y')
op = theano.OpFromGraph([x, y], [x * y])
op.set_grad_overrides([lambda inputs, grads: grads[0] * 10, 'default'])
outputs = theano.function([x, y], theano.grad(op(x, y), [x, y]))(2., 3.)""")

# Loops' and scalars' ---------------------------------------------------------------------------------------------------
program("helpers of loops", """
from theano.scan_module.scan_utils import (expand_empty, forced_replace, get_updates_and_outputs, isNaN_or_Inf_or_None, reconstruct_graph, safe_new,
                                           until)
x, s = T.dvector('x'), theano.shared(1.)
(fresh,), (double,) = reconstruct_graph([x], [x * 2], '_new')
condition, found, updates = get_updates_and_outputs(([x * 2], {s: s + 1}, until(s > 3)))
outputs = [isNaN_or_Inf_or_None(y) for y in (None, np.nan, 2, T.constant(np.inf), 'a', x)]
outputs += [expand_empty(x, 3)[:2].eval({x: [1., 2.]}), expand_empty(x, 3).shape.eval({x: [1., 2.]}), fresh.name == 'x_new',
            double.eval({fresh: [1., 2.]}),
            forced_replace(x * 2, x, x + 1).eval({x: [1., 2.]}), len(found), len(updates), condition.ndim, safe_new(T.constant(2.)).eval(),
            safe_new(x, '_').name == 'x_', get_updates_and_outputs(x)[0] is None]""")
program("checkpoints of loops by their module", """
from theano.scan_module.scan_checkpoints import scan_checkpoints
outputs = [theano.scan_module.scan_utils is not None, callable(scan_checkpoints)]""")
program("numbers as scalars", """
from theano import scalar as S
a, b = S.int8('a'), S.float32('b')
outputs = [S.convert(3), S.convert(3.5), S.convert(1000), S.convert(3, 'float32')]
outputs += [y.dtype.startswith('float') for y in S.as_common_dtype(a, b)]
outputs += [theano.function([a], S.convert_to_float64(a))(3), S.ints('x').dtype == 'int64', S.floats('x').dtype == 'float64',
            S.complexs64('x').dtype == 'complex64', S.same_out_min8(S.bool)[0] == S.int8, S.float_out_nocomplex(S.int8)[0] == S.float64,
            S.int_out_nocomplex(S.int8)[0] == S.int64, S.unary_out_lookup({S.int8: S.int16})(S.int8)[0] == S.int16, len(S.basic.integer_types),
            S.round_half_away_from_zero_(-2.5), S.round_half_away_from_zero_vec(np.array([0.5, -1.5, 2.2]))]""")
program("numbers within bounds", """
from theano import scalar as S
x, y, z = S.float64('x'), S.float64('y'), S.float64('z')
u, v, w = T.dvectors('u', 'v', 'w')
outputs = [theano.function([x, y, z], op(x, y, z))(*values) for op in (S.inopenrange, S.inclosedrange, S.InRange(True, False))
           for values in ((1., 0., 1.), (0., 0., 1.), (.5, 0., 1.))]""")
for base, number, impl in (("UnaryBitOp", 1, "~x"), ("BinaryBitOp", 2, "x & y"), ("LogicalComparison", 2, "x < y"),
                           ("FixedLogicalComparison", 1, "x > 2")):
    arguments = "x" if number == 1 else "x, y"
    program("an op on numbers of the kind " + base, """
from theano.scalar import BASE
class Mine(BASE):
    def impl(self, ARGUMENTS):
        return IMPL
x, y = T.lvectors('x', 'y')
f = theano.function([x, y], T.Elemwise(Mine(name='mine'))(ARGUMENTS), on_unused_input='ignore')
outputs = [f([1, 2, 5], [3, 2, 4])]""".replace("BASE", base).replace("ARGUMENTS", arguments).replace("IMPL", impl))
program("bits of floats", "from theano.scalar import UnaryBitOp\nT.Elemwise(UnaryBitOp(name='mine'))(T.dvector())")
program("NaN and infinities found", """
from theano.compile.nanguardmode import contains_inf, contains_nan
outputs = [f(np.array(a)) for f in (contains_nan, contains_inf) for a in ([1., np.nan], [1., np.inf], [1., 2.])]""")
program("texts without their margin", """
from theano.misc.strutil import pretty_format
import theano.sandbox.fourier
outputs = [[ord(c) for c in pretty_format('  a' + chr(10) + '    b')], theano.sandbox.fourier.dct_matrix(2, 3),
           theano.sandbox.fourier.dct_matrix(3, 3, False)]""")
program("memory that is shared", """
from theano.misc.may_share_memory import may_share_memory
import scipy.sparse
a, s = np.arange(4.), scipy.sparse.csr_matrix(np.eye(3))
outputs = [may_share_memory(a, a[1:]), may_share_memory(a, a.copy()), may_share_memory(s, s), may_share_memory(s, s.copy()),
           may_share_memory(s, s.data), may_share_memory(s.data, s), may_share_memory(a, [1.], raise_other_type=False)]""")
program("memory of a list", "from theano.misc.may_share_memory import may_share_memory\nmay_share_memory(np.arange(3.), [1])")

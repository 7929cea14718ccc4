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

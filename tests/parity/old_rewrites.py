"""Programs with rewrites of the user's own, graphs and lists, in the words of Theano; see `old_programs.py`, of which they are a part.

What is registered gets a name of its own in each run (`fresh`), for a program runs on several linkers.
"""

from old_ops import DOUBLE, program

# Rewrites ---------------------------------------------------------------------------------------------------------------
MARK = DOUBLE + """
class Triple(Double):
    def perform(self, node, inputs, storage):
        storage[0][0] = inputs[0] * 3
triple = Triple()
_last = []
def graph(inputs, outs):
    for one in _last:
        one.disown()
    _last[:] = [gof.FunctionGraph(inputs, outs, clone=False)]
    return _last[0]
def fresh(prefix, _number=itertools.count()):
    return '%s_%d_%d' % (prefix, next(_number), id(calls))
"""
for station in ("canonicalize", "stabilize", "specialize", "uncanonicalize"):
    program("rewrite registered: " + station, MARK + """
from theano.tensor.opt import register_%s
@gof.local_optimizer([Double])
def local_triple(node):
    if node.op == double:
        return [triple(node.inputs[0])]
register_%s(local_triple, name=fresh('triple'))
f = theano.function([x], double(x) + 1, mode='FAST_RUN')
outputs = [f([1., 2.]), any(n.op == triple for n in f.maker.fgraph.toposort()), any(n.op == double for n in f.maker.fgraph.toposort())]""" % (station, station))
program("rewrite: excluded by its name, included by its tag", MARK + """
from theano.tensor.opt import register_canonicalize
name, tag = fresh('excluded'), fresh('tag')
@gof.local_optimizer([double])
def local_triple(node):
    return [triple(node.inputs[0])] if node.op == double else False
register_canonicalize(local_triple, tag, name=name)
mode = theano.compile.mode.get_mode('FAST_RUN')
f, g = theano.function([x], double(x), mode=mode), theano.function([x], double(x), mode=mode.excluding(name))
h = theano.function([x], double(x), mode=theano.Mode(linker='py', optimizer=None))
k = theano.function([x], double(x), mode=theano.Mode(linker='py', optimizer=None).including(tag))
outputs = [one([1., 2.]) for one in (f, g, h, k)]""")
program("rewrite: whole graphs, in a mode and by optdb", MARK + """
class Triples(gof.Optimizer):
    def add_requirements(self, fgraph):
        fgraph.attach_feature(gof.toolbox.ReplaceValidate())
    def apply(self, fgraph):
        for node in fgraph.toposort():
            if node.op == double:
                fgraph.replace_validate(node.outputs[0], triple(node.inputs[0]), reason='triples')
outputs = [theano.function([x], double(double(x)), mode=theano.Mode('py', Triples()))([1., 2.])]
name, tag = fresh('triples'), fresh('triples_tag')
theano.compile.optdb.register(name, Triples(), 1.3, tag)
mode = theano.compile.mode.get_mode('FAST_RUN')
outputs += [theano.function([x], double(x), mode=mode)([1.]), theano.function([x], double(x), mode=mode.including(tag))([1.])]""")
program("rewrite: PatternSub", MARK + """
from theano.gof.opt import PatternSub, out2in, EquilibriumOptimizer
g = graph([x], [double(double(double(double(x))))])
EquilibriumOptimizer([PatternSub((double, (double, 'a')), (triple, 'a'))], max_use_ratio=10).optimize(g)
outputs = [len(g.toposort()), sum(n.op == triple for n in g.toposort()), sum(n.op == double for n in g.toposort())]
y = double(x)
g = graph([x], [double(y), y])
out2in(PatternSub((double, (double, 'a')), (triple, 'a')), name='sub').optimize(g)
outputs += [sum(n.op == triple for n in g.toposort())]
out2in(PatternSub((double, (double, 'a')), (triple, 'a'), allow_multiple_clients=True), name='sub').optimize(g)
outputs += [sum(n.op == triple for n in g.toposort()), len(g.toposort())]""")
program("rewrite: PatternSub with a constraint", MARK + """
from theano.gof.opt import PatternSub, out2in
sub = PatternSub((double, {'pattern': 'a', 'constraint': lambda v: v.name == 'x'}), (triple, 'a'))
z = T.dvector('z')
g = graph([x, z], [double(x), double(z)])
out2in(sub, name='sub').optimize(g)
outputs = [n.owner.op == triple for n in g.outputs]""")
program("rewrite: OpSub and OpRemove", MARK + """
from theano.gof.opt import OpSub, OpRemove, out2in, in2out
g = graph([x], [double(double(x))])
out2in(OpSub(double, triple), name='sub').optimize(g)
outputs = [sum(n.op == triple for n in g.toposort())]
in2out(OpRemove(triple), name='gone').optimize(g)
outputs += [len(g.toposort()), g.outputs[0] is x]
outputs += [theano.function([x], double(x), mode=theano.Mode('py', out2in(OpSub(double, triple), name='sub')))([1., 2.])]""")
program("rewrite: TopoOptimizer, once over the nodes", MARK + """
seen = []
@gof.local_optimizer(None)
def look(node):
    seen.append(node.op == double)
    return False
g = graph([x], [triple(double(x))])
gof.TopoOptimizer(look, order='in_to_out').optimize(g)
gof.TopoOptimizer(look, order='out_to_in').optimize(g)
outputs = [seen]""")
program("rewrite: a dictionary, and who reads what", MARK + """
from theano.gof.opt import out2in
@gof.local_optimizer([Double])
def shared_double(node):
    if node.op == double and len(node.outputs[0].clients) == 2:
        return {node.outputs[0]: triple(node.inputs[0])}
    return False
y, z = double(x), double(triple(x))
g = graph([x], [y + y, z])
out2in(shared_double).optimize(g)
outputs = [sum(n.op == triple for n in g.toposort()), sum(n.op == double for n in g.toposort())]""")
program("rewrite: classes of rewrites, groups, sequences", MARK + """
from theano.gof.opt import LocalOptimizer, LocalOptGroup, SeqOptimizer, in2out
class Local(LocalOptimizer):
    def tracks(self):
        return [double]
    def transform(self, node):
        return [triple(node.inputs[0])] if node.op == double else False
@gof.local_optimizer([Triple])
def gone(node):
    return [node.inputs[0]] if node.op == triple else False
g = graph([x], [double(double(x))])
in2out(LocalOptGroup(gone, Local()), name='group').optimize(g)
outputs = [sum(n.op == triple for n in g.toposort())]
SeqOptimizer([in2out(Local(), name='a'), in2out(gone, name='b')]).optimize(g)
outputs += [len(g.toposort())]
@gof.optimizer
def count(fgraph):
    outputs.append(len(fgraph.inputs))
count.optimize(g)""")
program("rewrite: databases", MARK + """
from theano.gof.optdb import EquilibriumDB, SequenceDB, Query
from theano.gof.opt import OpSub, OpRemove, in2out
db = EquilibriumDB()
db.register('sub', OpSub(double, triple), 'a', 'b')
db.register('gone', OpRemove(triple), 'b')
def after(rewrite):
    g = graph([x], [double(x)])
    rewrite.optimize(g)
    return len(g.toposort())
outputs = [after(db.query('+b')), after(db.query('+b', '-gone')), after(db.query('+b', '&a')), after(db.query(Query(include=['b'], exclude=['a']))), 'a' in db, 'c' in db, 'sub' in db]
seq = SequenceDB()
seq.register('second', in2out(OpRemove(triple), name='gone'), 2, 'x')
seq.register('first', in2out(OpSub(double, triple), name='sub'), 1, 'x')
outputs += [after(seq.query('+x')), after(seq.query(Query(include=['x'], position_cutoff=1.5)))]""")
program("rewrite: a name twice in a database", """
from theano.gof.optdb import EquilibriumDB
from theano.gof.opt import OpRemove
db = EquilibriumDB()
db.register('a', OpRemove(T.exp))
db.register('a', OpRemove(T.sin))""")
program("rewrite: nothing of a name in a database", "from theano.gof.optdb import EquilibriumDB; EquilibriumDB()['a']")
program("rewrite: what is no rewrite in a database", "from theano.gof.optdb import EquilibriumDB; EquilibriumDB().register('a', 3)")
program("rewrite: a query without signs", "from theano.gof.optdb import EquilibriumDB; EquilibriumDB().query('a')")

# Graphs -----------------------------------------------------------------------------------------------------------------
program("graph: reading", MARK + """
y = double(x)
g = graph([x], [triple(y) + y, y])
order = g.toposort()
outputs = [len(order), order[0].op == double, order[1].op == triple, len(g.apply_nodes), len(g.variables), g.inputs == [x], len(g.outputs),
           len(g.clients(y)), sorted(str(i) for n, i in g.clients(y)), len(g.clients(x)), g.clients(y) == y.clients, y.fgraph is g]""")
program("graph: copies", MARK + """
y = double(x)
g = gof.FunctionGraph([x], [y])
h = g.clone()
k, same = g.clone_get_equiv()
outputs = [g.inputs[0] is x, g.outputs[0] is y, h.outputs[0] is g.outputs[0], same[g.outputs[0]] is k.outputs[0], len(h.toposort())]""")
program("graph: replacing", MARK + """
y = double(x)
g = graph([x], [triple(y)])
g.replace(y, triple(x), reason='here')
outputs = [[n.op == triple for n in g.toposort()], y in g.variables]
g.replace_all([(g.outputs[0], x)])
outputs += [len(g.toposort()), g.outputs[0] is x]
g.replace(y, x)
g.attach_feature(gof.toolbox.ReplaceValidate())
outputs += [len(g.apply_nodes)]
g.check_integrity()""")
program("graph: replacing by another type", MARK + """
y = double(x)
g = graph([x], [triple(y)])
g.replace(y, T.dmatrix())""")
program("graph: an input that is missing", MARK + "gof.FunctionGraph([x], [double(x) + T.dvector('z')], clone=False)")
program("graph: features", MARK + """
told = []
class Listener(gof.toolbox.Feature):
    def on_attach(self, fgraph):
        told.append(0)
    def on_import(self, fgraph, node, reason):
        told.append(1)
    def on_prune(self, fgraph, node, reason):
        told.append(2)
    def on_change_input(self, fgraph, node, i, r, new_r, reason=None):
        told.append(3)
    def on_detach(self, fgraph):
        told.append(4)
y = double(x)
g = graph([x], [triple(y)])
listener = Listener()
g.attach_feature(listener)
g.attach_feature(listener)
g.replace(y, triple(x))
g.change_input('output', 0, x)
g.remove_feature(listener)
outputs = [sorted(told)]""")
program("graph: history", MARK + """
y = double(x)
g = graph([x], [triple(y)])
history = gof.toolbox.History()
g.attach_feature(history)
here = g.checkpoint()
g.replace(y, x)
outputs = [len(g.toposort())]
g.revert(here)
outputs += [len(g.toposort()), g.toposort()[0].op == double]""")
program("graph: a validation that fails is taken back", MARK + """
class Never(gof.toolbox.Feature):
    def validate(self, fgraph):
        if not any(n.op == double for n in fgraph.toposort()):
            raise gof.InconsistencyError('no double')
y = double(x)
g = graph([x], [triple(y)])
g.attach_feature(gof.toolbox.ReplaceValidate())
g.attach_feature(Never())
try:
    g.replace_validate(y, x)
    outputs = [0]
except gof.InconsistencyError:
    outputs = [1]
outputs += [len(g.toposort()), g.toposort()[0].op == double]""")
program("graph: nodes by their op", MARK + """
g = graph([x], [triple(double(x))])
g.attach_feature(gof.toolbox.NodeFinder())
outputs = [len(list(g.get_nodes(double)))]
g.replace(g.toposort()[0].outputs[0], x)
outputs += [len(list(g.get_nodes(double))), len(list(g.get_nodes(triple)))]""")
program("graph: of a function", """
x = T.dmatrix('x')
w = theano.shared(np.ones(3), name='w')
f = theano.function([x], [T.exp(x) * w, x.sum()])
nodes = f.maker.fgraph.toposort()
outputs = [any(isinstance(n.op, T.Elemwise) for n in nodes), any(isinstance(n.op, T.elemwise.CAReduce) for n in nodes), any(type(n.op).__name__ == 'Dot' for n in nodes),
           f.maker.fgraph.inputs[0].name == 'x', len(f.maker.fgraph.outputs), all(len(n.outputs) == 1 for n in nodes)]""")

# Lists and small things -------------------------------------------------------------------------------------------------
LISTS = """
from theano import typed_list as tl
a, b = tl.TypedListType(T.dvector)('a'), tl.TypedListType(T.dvector)('b')
x, k = T.dvector('x'), T.lscalar('k')
A, B = [np.array([1., 2.]), np.array([3.])], [np.array([4., 5., 6.])]
def values(*rows):
    return [v for row in rows for v in (row if isinstance(row, list) else [row])]
"""
program("typed_list: items, slices, length", LISTS + """
f = theano.function([a, k], [a[0], a[-1], a[k], a[0:1], tl.length(a), tl.getitem(a, k)], on_unused_input='ignore')
outputs = values(*f(A, 1))""")
program("typed_list: append, extend, insert, remove, reverse", LISTS + """
f = theano.function([a, b, x], [a.append(x), a.extend(b), a.insert(1, x), a.remove(x), a.reverse(), tl.append(tl.reverse(a), x)])
outputs = values(*f(A, B, A[0])) + A""")
program("typed_list: index, count", LISTS + """
f = theano.function([a, x], [tl.index_(a, x), tl.count(a, x), a.ind(x), a.count(x)])
outputs = f(A + [np.array([3.])], np.array([3.]))""")
program("typed_list: an index that is not there", LISTS + "theano.function([a], a[5])(A)")
program("typed_list: a wrong list", LISTS + "theano.function([a], a[0])(np.ones(2))")
program("typed_list: make_list, lists of lists", LISTS + """
y = tl.make_list((x, x * 2))
deep = tl.TypedListType(T.dvector, 1)('deep')
f, g = theano.function([x], [y[1], tl.length(y)]), theano.function([deep], deep[0][1])
outputs = f(np.ones(2)) + [g([[A[0], A[1]], B]), deep.type.get_depth(), a.type == tl.TypedListType(T.dvector), a.type == deep.type, a.type.ttype == T.dvector]""")
program("typed_list: make_list of several types", LISTS + "tl.make_list((x, T.dmatrix()))")
program("typed_list: in a scan", LISTS + """
n = tl.length(a)
s, _ = theano.scan(fn=lambda i, l: l[i].sum(), non_sequences=[a], sequences=[T.arange(n, dtype='int64')])
outputs = [theano.function([a], s)(A)]""")
program("typed_list: shared and constant", LISTS + """
c = tl.TypedListConstant(tl.TypedListType(T.dvector), A)
outputs = [theano.function([x], tl.append(c, x)[2])(np.ones(1)), theano.function([], tl.length(c))()]""")
program("gof.utils", """
from theano.gof import utils
outputs = [utils.flatten([1, (2, [3, 4])]), utils.uniq([2, 1, 2]), utils.difference([1, 2, 3], [2]), utils.toposort({1: set(), 2: {1}, 3: {1, 2}}),
           utils.unique([1, 2]), utils.unique([1, 1]), utils.hist([1, 1, 2])[1], list(utils.remove(lambda n: n > 1, [0, 1, 2])), utils.from_return_values(3), utils.from_return_values([3, 4]),
           utils.to_return_values([5]), utils.memoize(lambda n: n + 1)(2), utils.D(a=4).a]""")
program("gof.utils: a circle", "from theano.gof import utils; utils.toposort({1: {2}, 2: {1}})")
program("gof.graph: nodes of an expression", DOUBLE + """
from theano.gof import graph
y = double(x) + x
outputs = [len(graph.io_toposort([x], [y])), len(graph.ancestors([y])), graph.inputs([y]) == [x, x] or graph.inputs([y]) == [x], len(graph.list_of_nodes([x], [y]))]""")

"""Where the names of Theano's modules are in symgraph: the module or class to look in, the first that has the name."""

from __future__ import annotations

from typing import Any

import symgraph
import symgraph.random.rng_mrg
import symgraph.tensor as T
from symgraph import compile as compiling
from symgraph import errors, gradient, graph, printing
from symgraph.compile.function import function
from symgraph.expr.op import Op
from symgraph.expr.shared import SharedVariable
from symgraph.expr.types import TensorType
from symgraph.expr.variable import TensorVariable

HOMES: dict[str, tuple[Any, ...]] = {
    "theano": (symgraph,),
    "theano.compile": (compiling, symgraph, errors),
    "theano.compile.SharedVariable": (SharedVariable,),
    "theano.compile.function_module.Function": (compiling.Function,),
    "theano.compile.mode.Mode": (compiling.Mode(),),  # an instance: `optimizer` is an attribute
    "theano.config": (symgraph.config,),
    "theano.gof": (graph, symgraph, errors),
    "theano.gof.Op": (Op,),
    "theano.gradient": (gradient, symgraph, T, errors),
    "theano.ifelse": (symgraph.ifelse,),
    "theano.printing": (printing,),
    "theano.scan_module": (symgraph.scan_module,),
    "theano.sandbox": (symgraph.random,),
    "theano.sandbox.rng_mrg": (symgraph.random.rng_mrg,),
    "theano.sandbox.rng_mrg.MRG_RandomStreams": (symgraph.random.MRG_RandomStreams,),
    "theano.sparse": (symgraph.sparse,),
    "theano.tensor": (T,),
    "theano.tensor.TensorType": (TensorType,),
    "theano.tensor.TensorVariable": (TensorVariable,),
    "theano.tensor.fft": (T.fft, T),
    "theano.tensor.nlinalg": (T.nlinalg, T),
    "theano.tensor.raw_random": (T.raw_random,),
    "theano.tensor.shared_randomstreams": (T.shared_randomstreams,),
    "theano.tensor.shared_randomstreams.RandomStreams": (T.shared_randomstreams.RandomStreams,),
    "theano.tensor.slinalg": (T.slinalg, T),
    "theano.tensor.nnet": (T.nnet, T),
    "theano.tensor.nnet.Conv3D": (T.nnet.Conv3D,),
    "theano.tensor.nnet.abstract_conv": (T.nnet.abstract_conv,),
    "theano.tensor.nnet.blocksparse": (T.nnet.blocksparse,),
    "theano.tensor.nnet.bn": (T.nnet.bn,),
    "theano.tensor.nnet.conv": (T.nnet.conv,),
    "theano.tensor.nnet.conv3d2d": (T.nnet.conv3d2d,),
    "theano.tensor.nnet.ctc": (T.nnet.ctc,),
    "theano.tensor.nnet.neighbours": (T.nnet.neighbours,),
    "theano.tensor.nnet.nnet": (T.nnet.nnet,),
    "theano.tensor.nnet.sigm": (T.nnet.sigm,),
    "theano.tensor.sharedvar": (compiling, T, symgraph),
    "theano.tensor.signal": (T.signal,),
    "theano.tensor.signal.conv": (T.signal.conv,),
    "theano.tensor.signal.pool": (T.signal.pool,),
}
INSTANCES = {  # names that objects have, which their class does not show
    "theano.compile.SharedVariable": symgraph.shared(1.0),
    "theano.compile.function_module.Function": function([], []),
    "theano.tensor.TensorVariable": T.dmatrix("x"),
}


def found(name: str) -> Any:
    """What symgraph has under the name that matches a name of Theano's; AttributeError names it if there is none."""
    module, _, last = name.rpartition(".")
    while module and module not in HOMES:  # a module of Theano without a place of its own: where the one around it is
        module = module.rpartition(".")[0]
    for home in (*HOMES[module], *((INSTANCES[module],) if module in INSTANCES else ())):
        try:
            return getattr(home, last)
        except AttributeError:
            continue
    raise AttributeError(f"{name} has no counterpart")

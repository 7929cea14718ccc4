"""Softmax, losses and activations under the names of Theano's nnet.nnet: names only."""

from symgraph.ops.nnet.activations import elu, relu, selu, softsign
from symgraph.ops.nnet.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    crossentropy_categorical_1hot,
    crossentropy_softmax_1hot,
    crossentropy_softmax_1hot_with_bias,
    crossentropy_softmax_argmax_1hot_with_bias,
    crossentropy_softmax_max_and_argmax_1hot,
    crossentropy_softmax_max_and_argmax_1hot_with_bias,
    h_softmax,
    sigmoid_binary_crossentropy,
    softmax_with_bias,
)
from symgraph.ops.nnet.labels import confusion_matrix
from symgraph.ops.nnet.softmax import LogSoftmax, Softmax, logsoftmax, softmax, softmax_graph
from symgraph.ops.unary import sigmoid, softplus

__all__ = [
    "LogSoftmax", "Softmax", "binary_crossentropy", "categorical_crossentropy", "confusion_matrix", "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot", "crossentropy_softmax_1hot_with_bias", "crossentropy_softmax_argmax_1hot_with_bias",
    "crossentropy_softmax_max_and_argmax_1hot", "crossentropy_softmax_max_and_argmax_1hot_with_bias", "elu", "h_softmax", "logsoftmax", "relu",
    "selu", "sigmoid", "sigmoid_binary_crossentropy", "softmax", "softmax_graph", "softmax_with_bias", "softplus", "softsign",
]

"""Batch normalisation under the names of Theano's nnet.bn: names only."""

from symgraph.ops.nnet.normalisation import batch_normalization, batch_normalization_test, batch_normalization_train

__all__ = ["batch_normalization", "batch_normalization_test", "batch_normalization_train"]

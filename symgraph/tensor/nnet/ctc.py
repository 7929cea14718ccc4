"""Connectionist temporal classification under the names of Theano's nnet.ctc: names only."""

from symgraph.ops.nnet.ctc import CTC, ConnectionistTemporalClassification, ctc, ctc_loss

__all__ = ["CTC", "ConnectionistTemporalClassification", "ctc", "ctc_loss"]

"""Ops of neural networks, loaded by name (symgraph/tensor/nnet): activations, losses, normalisation, attention, lookups."""

"""Pooling of windows of arrays."""

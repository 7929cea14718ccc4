"""`sklearn.cross_validation`, whose folds were made of a number of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import model_selection


def KFold(n: int, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> list[tuple[Any, Any]]:
    """(rows to train with, rows to test with) for each fold of n rows."""
    folds = model_selection.KFold(n_folds, shuffle=shuffle, random_state=random_state if shuffle else None)
    return list(folds.split(np.empty((n, 1))))


def StratifiedKFold(y: Any, n_folds: int = 3, shuffle: bool = False, random_state: Any = None) -> list[tuple[Any, Any]]:
    """(rows to train with, rows to test with) for each fold, in which classes are as frequent as in all."""
    folds = model_selection.StratifiedKFold(n_folds, shuffle=shuffle, random_state=random_state if shuffle else None)
    return list(folds.split(np.empty((len(y), 1)), y))

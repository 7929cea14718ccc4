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


def ShuffleSplit(
    n: int, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None,
) -> list[tuple[Any, Any]]:
    """(rows to train with, rows to test with), drawn n_iter times of n rows."""
    splits = model_selection.ShuffleSplit(n_iter, test_size=test_size, train_size=train_size, random_state=random_state)
    return list(splits.split(np.empty((n, 1))))


def StratifiedShuffleSplit(
    y: Any, n_iter: int = 10, test_size: Any = 0.1, train_size: Any = None, random_state: Any = None,
) -> list[tuple[Any, Any]]:
    """(rows to train with, rows to test with), drawn n_iter times so that classes are as frequent as in all."""
    splits = model_selection.StratifiedShuffleSplit(n_iter, test_size=test_size, train_size=train_size, random_state=random_state)
    return list(splits.split(np.empty((len(y), 1)), y))


def LeaveOneOut(n: int) -> list[tuple[Any, Any]]:
    """(rows to train with, the row to test with) for each of n rows."""
    return list(model_selection.LeaveOneOut().split(np.empty((n, 1))))

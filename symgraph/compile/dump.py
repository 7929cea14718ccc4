"""function_dump: what was asked of `function`, on disk, to be looked at by somebody else."""

from __future__ import annotations

import pickle
from typing import Any

__all__ = ["function_dump"]


def function_dump(
    filename: Any, inputs: Any, outputs: Any = None, mode: Any = None, updates: Any = None, givens: Any = None, no_default_updates: bool = False,
    accept_inplace: bool = False, name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None,
    profile: Any = None, on_unused_input: str | None = None, extra_tag_to_remove: Any = None,
) -> None:
    """Write the arguments of a call of `function` to a file, pickled as a dictionary: ``function(**pickle.load(file))`` makes it again.

    The arguments are those of `symgraph.function`; extra_tag_to_remove is accepted for Theano's sake. Raises what pickle raises for
    what it cannot write.

    >>> import os, pickle, tempfile
    >>> import symgraph
    >>> import symgraph.tensor as T
    >>> x = T.dscalar('x')
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, 'f.pkl')
    ...     function_dump(path, [x], x * 2)
    ...     with open(path, 'rb') as file:
    ...         symgraph.function(**pickle.load(file))(3.0)
    array(6.)
    """
    arguments = {
        "inputs": inputs, "outputs": outputs, "mode": mode, "updates": updates, "givens": givens, "no_default_updates": no_default_updates,
        "accept_inplace": accept_inplace, "name": name, "rebuild_strict": rebuild_strict, "allow_input_downcast": allow_input_downcast,
        "profile": profile, "on_unused_input": on_unused_input,
    }
    with open(filename, "wb") as file:
        pickle.dump(arguments, file)

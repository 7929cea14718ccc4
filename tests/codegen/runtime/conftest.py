"""Both ways to call an executable."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.runtime.executable import Executable, NativeCallable, PlainCallable


@pytest.fixture(params=[PlainCallable, NativeCallable])
def bind(request):
    def bound(executable: Executable, *args: Any, **kwargs: Any) -> Any:
        return executable.bind(*args, into=request.param(), **kwargs)

    return bound

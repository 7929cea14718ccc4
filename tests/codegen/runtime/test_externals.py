"""Functions that scipy offers to native code, by name and signature."""

import ctypes

import pytest
import scipy.special

from codegen.errors import LibraryNotFound
from codegen.runtime.externals import address_of_external

# One of a single type, two of several (the variant of doubles only is wanted), one of four arguments.
FUNCTIONS = {"psi": (0.7,), "owens_t": (0.5, 0.3), "betainc": (1.5, 2.5, 0.3), "jv": (1.5, 2.0), "hyp2f1": (0.5, 1.5, 2.0, 0.3)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_doubles(name):
    args = FUNCTIONS[name]
    address = address_of_external(f"scipy.special.{name}/{len(args)}")
    function = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * len(args), ctypes.c_int)(address)
    assert function(*args, 0) == pytest.approx(getattr(scipy.special, name)(*args), rel=1e-15)


@pytest.mark.parametrize("name", ["scipy.special.betainc/2", "scipy.special.nothing/1", "scipy.linalg.inv/1", "scipy.special.wofz/1"])
def test_what_is_not_there(name):
    with pytest.raises(LibraryNotFound):
        address_of_external(name)

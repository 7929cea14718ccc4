"""Activations: functions of one number that stand between the layers of a network, and the two that join several numbers into one.

Integers become floats, and float32 stays float32: constants of the formulas take the dtype of what they meet.
"""

from __future__ import annotations

import math
from typing import Any

from symgraph.expr.make import as_tensor
from symgraph.expr.sizes import as_axis, size_constant, size_of, static_int
from symgraph.ops.elementwise import function
from symgraph.ops.nnet.floats import floating, like, scalar_like

__all__ = [
    "celu", "elu", "gelu", "glu", "hard_sigmoid", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "maxout", "mish", "relu", "relu6",
    "selu", "silu", "soft_shrink", "softsign", "swish", "tanh_shrink", "ultra_fast_sigmoid",
]


def _maximum(x: Any, y: Any) -> Any:
    """The larger of two, whose gradient at equal ones is half of either: `maximum` hands it to its first operand there."""
    half = like(0.5, x)
    return half * x.maximum(y) + half * y.maximum(x)


def _minimum(x: Any, y: Any) -> Any:
    half = like(0.5, x)
    return half * x.minimum(y) + half * y.minimum(x)


def relu(x: Any, alpha: Any = 0) -> Any:
    """x where it is positive, else alpha * x. alpha: a number or a variable that broadcasts.

    The gradient at 0 is that in the middle, (1 + alpha) / 2. Out: of x's shape and dtype.

    >>> relu([-2.0, 0.0, 3.0]).eval()
    array([0., 0., 3.])
    """
    x = floating(x, "relu")
    zero = like(0, x)
    if isinstance(alpha, (int, float)) and alpha == 0:
        return _maximum(x, zero)
    return _maximum(x, zero) + scalar_like(alpha, x) * _minimum(x, zero)


def leaky_relu(x: Any, alpha: Any = 0.01) -> Any:
    """relu(x, alpha) (Maas, Hannun and Ng 2013); with a variable alpha, one for each channel, the PReLU of He, Zhang, Ren and Sun 2015.

    >>> leaky_relu([-2.0, 3.0], 0.5).eval()
    array([-1.,  3.])
    """
    return relu(x, alpha)


def relu6(x: Any) -> Any:
    """x, kept between 0 and 6 (Krizhevsky 2010).

    >>> relu6([-1.0, 2.0, 9.0]).eval()
    array([0., 2., 6.])
    """
    x = floating(x, "relu6")
    return _minimum(_maximum(x, like(0, x)), like(6, x))


def elu(x: Any, alpha: Any = 1) -> Any:
    """x where it is positive, else alpha * (exp(x) - 1) (Clevert, Unterthiner and Hochreiter 2015).

    >>> elu([0.0, 2.0]).eval()
    array([0., 2.])
    """
    x = floating(x, "elu")
    zero = like(0, x)
    return (x > zero).switch(x, scalar_like(alpha, x) * x.minimum(zero).expm1())  # so that the branch not taken cannot overflow


def celu(x: Any, alpha: Any = 1) -> Any:
    """x where it is positive, else alpha * (exp(x / alpha) - 1): smooth for every alpha (Barron 2017).

    >>> celu([0.0, 2.0], 0.5).eval()
    array([0., 2.])
    """
    x = floating(x, "celu")
    zero, alpha = like(0, x), scalar_like(alpha, x)
    return (x > zero).switch(x, alpha * (x.minimum(zero) / alpha).expm1())


def selu(x: Any) -> Any:
    """elu, scaled so that mean 0 and variance 1 are kept (Klambauer, Unterthiner, Mayr and Hochreiter 2017).

    >>> selu([0.0, 1.0]).eval()
    array([0.        , 1.05070099])
    """
    x = floating(x, "selu")
    return like(1.0507009873554804934193349852946, x) * elu(x, 1.6732632423543772848170429916717)


def softsign(x: Any) -> Any:
    """x / (1 + |x|).

    >>> softsign([-1.0, 3.0]).eval()
    array([-0.5 ,  0.75])
    """
    x = floating(x, "softsign")
    return x / (like(1, x) + abs(x))


def log_sigmoid(x: Any) -> Any:
    """The logarithm of sigmoid(x), exact far below 0.

    >>> log_sigmoid([-1000.0]).eval()
    array([-1000.])
    """
    return -(-floating(x, "log_sigmoid")).softplus()


def gelu(x: Any, approximate: bool = False) -> Any:
    """x times the normal distribution's probability of less than x (Hendrycks and Gimpel 2016).

    approximate: by their formula with tanh, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), off by 5e-4 at most.

    >>> gelu([-1.0, 0.0, 2.0]).eval()
    array([-0.15865525,  0.        ,  1.95449974])
    """
    x = floating(x, "gelu")
    half = like(0.5, x)
    if approximate:
        return half * x * (like(1, x) + (like(math.sqrt(2 / math.pi), x) * (x + like(0.044715, x) * x * x * x)).tanh())
    return half * x * (-x * like(math.sqrt(0.5), x)).erfc()  # erfc: 1 + erf loses its digits far below 0


def silu(x: Any, beta: Any = 1) -> Any:
    """x * sigmoid(beta x) (Elfwing, Uchibe and Doya 2017; as "swish", with beta, Ramachandran, Zoph and Le 2017).

    >>> silu([0.0, 1.0]).eval()
    array([0.        , 0.73105858])
    """
    x = floating(x, "silu")
    inner = x if isinstance(beta, (int, float)) and beta == 1 else scalar_like(beta, x) * x
    return x * inner.sigmoid()


swish = silu


def mish(x: Any) -> Any:
    """x * tanh(softplus(x)) (Misra 2019).

    >>> mish([0.0, 1.0]).eval()
    array([0.        , 0.86509839])
    """
    x = floating(x, "mish")
    return x * x.softplus().tanh()


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5, kept between 0 and 1: an approximation of sigmoid by three straight lines.

    >>> hard_sigmoid([-3.0, 1.0]).eval()
    array([0. , 0.7])
    """
    x = floating(x, "hard_sigmoid")
    return (like(0.2, x) * x + like(0.5, x)).clip(like(0, x), like(1, x))


def hard_tanh(x: Any, low: float = -1, high: float = 1) -> Any:
    """x, kept between `low` and `high`. ValueError if low is not below high.

    >>> hard_tanh([-3.0, 0.5]).eval()
    array([-1. ,  0.5])
    """
    x = floating(x, "hard_tanh")
    if not low < high:
        raise ValueError(f"hard_tanh: low must be below high, got {low} and {high}")
    return x.clip(like(low, x), like(high, x))


def hard_swish(x: Any) -> Any:
    """x * relu6(x + 3) / 6: silu by straight lines and a parabola (Howard and others 2019).

    >>> hard_swish([-4.0, 0.0, 3.0]).eval()
    array([-0.,  0.,  3.])
    """
    x = floating(x, "hard_swish")
    return x * (x + like(3, x)).clip(like(0, x), like(6, x)) / like(6, x)


def soft_shrink(x: Any, threshold: Any = 0.5) -> Any:
    """x, moved by `threshold` towards 0, and 0 where it is nearer than that: the proximal map of the absolute value (Donoho 1995).

    >>> soft_shrink([-2.0, 0.1, 1.0]).eval()
    array([-1.5,  0. ,  0.5])
    """
    x = floating(x, "soft_shrink")
    return x - x.clip(-scalar_like(threshold, x), scalar_like(threshold, x))


def tanh_shrink(x: Any) -> Any:
    """x - tanh(x).

    >>> tanh_shrink([0.0]).eval()
    array([0.])
    """
    x = floating(x, "tanh_shrink")
    return x - x.tanh()


def ultra_fast_sigmoid(x: Any) -> Any:
    """An approximation of sigmoid without exponentials, off by 0.08 at most: with z = |x| / 2, 1.5 z / (1 + z) up to z = 1.7, a
    straight line up to 3 and a constant from there stand for tanh.

    >>> ultra_fast_sigmoid([0.0, 2.0]).eval()
    array([0.5  , 0.875])
    """
    x = floating(x, "ultra_fast_sigmoid")
    number = lambda value: like(value, x)
    z = abs(x) * number(0.5)
    line = number(0.935409070603099) + number(0.0458812946797165) * (z - number(1.7))
    near = number(1.5) * z / (number(1) + z)
    y = (z < number(1.7)).switch(near, (z < number(3)).switch(line, number(0.99505475368673)))
    return number(0.5) * (number(1) + function("sign")(x) * y)


def _in_pieces(x: Any, pieces: int, axis: int, name: str) -> Any:
    """x with the dimension `axis` cut into (pieces, rest) if it divides; ValueError, at once or at the call, if it does not."""
    n = size_of(x, axis)
    known = static_int(n)
    if known is not None and known % pieces:
        raise ValueError(f"{name}: dimension {axis} of size {known} cannot be cut into {pieces} equal parts")
    sizes = [size_of(x, d) for d in range(x.ndim)]
    return x.reshape([*sizes[:axis], n // size_constant(pieces), size_constant(pieces), *sizes[axis + 1 :]])


def maxout(x: Any, pieces: int, axis: int = 1) -> Any:
    """Of each `pieces` neighbours along `axis` the largest (Goodfellow, Warde-Farley, Mirza, Courville and Bengio 2013).

    x: of any shape; out: the same with size / pieces along the axis. ValueError if pieces is not positive, or the size is no multiple of it.

    >>> maxout([[1.0, 5.0, 2.0, 3.0]], 2).eval()
    array([[5., 3.]])
    """
    x = as_tensor(x)
    axis = as_axis(axis, x.ndim, "maxout: axis")
    if not isinstance(pieces, int) or isinstance(pieces, bool) or pieces < 1:
        raise ValueError(f"maxout: the number of pieces must be a positive integer, got {pieces!r}")
    return _in_pieces(x, pieces, axis, "maxout").max(axis=axis + 1)


def glu(x: Any, axis: int = -1) -> Any:
    """The first half of x along `axis` times the sigmoid of the second (Dauphin, Fan, Auli and Grangier 2017).

    x: of any shape, of even size there (ValueError where that is known not to be so); out: half of it along the axis.

    >>> glu([3.0, 5.0, 0.0, 0.0]).eval()
    array([1.5, 2.5])
    """
    x = floating(x, "glu")
    axis = as_axis(axis, x.ndim, "glu: axis")
    n = size_of(x, axis)
    known = static_int(n)
    if known is not None and known % 2:
        raise ValueError(f"glu: dimension {axis} of size {known} cannot be cut into 2 equal parts")
    sizes = [size_of(x, d) for d in range(x.ndim)]
    halves = x.reshape([*sizes[:axis], size_constant(2), n // size_constant(2), *sizes[axis + 1 :]])
    first, second = (halves[(slice(None),) * axis + (k,)] for k in (0, 1))
    return first * second.sigmoid()

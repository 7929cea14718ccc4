"""The images of `scipy.misc`, by Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    from PIL import Image
except ImportError as error:
    raise ImportError("the images of scipy.misc need Pillow: python -m pip install 'symgraph[old]'", name="PIL") from error

_WAYS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "cubic": 3}  # as Pillow numbers them


def bytescale(data: Any, cmin: Any = None, cmax: Any = None, high: int = 255, low: int = 0) -> Any:
    """Numbers as bytes from `low` to `high`, which stand for `cmin` (the smallest) and `cmax` (the largest). Bytes stay as they are."""
    data = np.asarray(data)
    if data.dtype == np.uint8:
        return data
    if not 0 <= low <= high <= 255:
        raise ValueError(f"0 <= low <= high <= 255 is wanted, got low={low}, high={high}")
    least, most = data.min() if cmin is None else cmin, data.max() if cmax is None else cmax
    if most < least:
        raise ValueError(f"cmax={most} is less than cmin={least}")
    scaled = (data - least) * (float(high - low) / ((most - least) or 1)) + low
    return (scaled.clip(low, high) + 0.5).astype(np.uint8)


def toimage(
    arr: Any, high: int = 255, low: int = 0, cmin: Any = None, cmax: Any = None, pal: Any = None, mode: str | None = None, channel_axis: Any = None
) -> Any:
    """An array as an image: a matrix in grey (mode 'F': as it is, floats), three or four layers in colours. They are scaled to bytes."""
    data = np.asarray(arr)
    if np.iscomplexobj(data):
        raise ValueError("an image of complex numbers: take their real part, or their modulus")
    if data.ndim == 2:
        if mode == "F":
            return Image.fromarray(data.astype(np.float32))
        if mode == "I":
            return Image.fromarray(data.astype(np.int32))
        image = Image.fromarray(bytescale(data, cmin, cmax, high, low))
        if pal is not None:
            image.putpalette(np.asarray(pal, np.uint8).tobytes())
        return image if mode in (None, "L", "P") else image.convert(mode)
    if data.ndim != 3 or not {3, 4} & set(data.shape):
        raise ValueError(f"an image is a matrix, or has three or four layers; got shape {data.shape}")
    if channel_axis is None:
        sizes = (3, 4) if mode is None else (len(mode),)
        channel_axis = next(axis for size in sizes for axis in (2, 1, 0) if data.shape[axis] == size)
    layers = np.ascontiguousarray(np.moveaxis(bytescale(data, cmin, cmax, high, low), channel_axis, 2))
    image = Image.fromarray(layers)
    return image if mode in (None, image.mode) else image.convert(mode)


def fromimage(im: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """An image as an array; flatten: in grey, as floats."""
    if mode is not None and mode != im.mode:
        im = im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    elif im.mode == "1":
        im = im.convert("L")
    return np.array(im.convert("F") if flatten else im)


def imread(name: Any, flatten: bool = False, mode: str | None = None) -> Any:
    """The array of an image in a file."""
    with Image.open(name) as image:
        return fromimage(image, flatten, mode)


def imsave(name: Any, arr: Any, format: str | None = None) -> None:
    """Write an array as an image."""
    toimage(arr, channel_axis=2 if np.ndim(arr) == 3 else None).save(name, format)


def imshow(arr: Any) -> None:
    """Show an array as an image, in the system's viewer."""
    toimage(arr).show()


def imresize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Any:
    """An image in another size: per cent (an int), a factor (a float), or the new (height, width)."""
    image = toimage(arr, mode=mode)
    if isinstance(size, (int, np.integer)):
        wanted = tuple(int(n * size / 100.0) for n in image.size)
    elif isinstance(size, (float, np.floating)):
        wanted = tuple(int(n * size) for n in image.size)
    else:
        wanted = size[1], size[0]
    return fromimage(image.resize(wanted, _way(interp)))


def imrotate(arr: Any, angle: float, interp: str = "bilinear") -> Any:
    """An image turned against the clock by degrees."""
    return fromimage(toimage(arr).rotate(angle, resample=_way(interp)))


def _way(interp: str) -> int:
    if interp not in _WAYS:
        raise ValueError(f"interp is one of {', '.join(_WAYS)}, got {interp!r}")
    return _WAYS[interp]

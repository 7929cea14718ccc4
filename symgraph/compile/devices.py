"""Which devices functions can be compiled for, and what to say of one that is not there."""

from __future__ import annotations

import importlib.util

from symgraph.errors import DeviceError
from symgraph.settings import config

__all__ = ["check_device", "cuda_available", "cuda_enabled", "use"]

cuda_available = cuda_enabled = False  # of Theano's first GPU back end, `theano.sandbox.cuda`, which programs ask after


def check_device() -> None:
    """Raise DeviceError, saying what is missing, unless the device of the settings can be used."""
    device = config.device
    if device == "cpu":
        return
    missing = [name for name in ("pycuda",) if importlib.util.find_spec(name) is None]
    if missing:
        raise DeviceError(f"device={device} needs the packages of the extra [cuda], of which {', '.join(missing)} is not installed: "
                          "pip install 'symgraph[cuda]' (and an NVIDIA driver); device=cpu needs nothing")
    raise DeviceError(f"device={device}: this version has no code generator for GPUs yet; use device=cpu")


def use(device: str, *args: object, **options: object) -> None:
    """Theano's call to take a GPU from then on. Raises DeviceError for any but the CPU: here the flag `device` says it at the start."""
    if device != "cpu":
        raise DeviceError(f"use({device!r}): a device is chosen before the first function is compiled, by the flag device=cuda")

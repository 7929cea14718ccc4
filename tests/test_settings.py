"""The table of switches, the values they take, where they come from, and changing them for a while."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from symgraph.settings import Settings, config
from symgraph.settings.sources import flags_of_text
from symgraph.settings.table import ACCEPTED, ACTS, ALIASES, MAPPED, OWN, TABLE, WAITING, Derived
from symgraph.settings.values import DERIVED, checked

# Every flag of Theano 1.0.5, in the order of its documentation.
THEANO = """
DebugMode.check_c DebugMode.check_finite DebugMode.check_preallocated_output DebugMode.check_preallocated_output_ndim
DebugMode.check_py DebugMode.check_strides DebugMode.patience DebugMode.warn_input_not_reused NanGuardMode.action
NanGuardMode.big_is_error NanGuardMode.inf_is_error NanGuardMode.nan_is_error allow_gc assert_no_cpu_op
base_compiledir blas.check_openmp blas.ldflags cache_optimizations cast_policy check_input check_stack_trace
cmodule.age_thresh_use cmodule.compilation_warning cmodule.debug cmodule.preload_cache cmodule.remove_gxx_opt
cmodule.warn_no_version compile.timeout compile.wait compiledir compiledir_format compute_test_value
compute_test_value_opt contexts conv.assert_shape ctc.root cuda.include_path cuda.root cxx cycle_detection
deterministic device dnn.base_path dnn.bin_path dnn.conv.algo_bwd dnn.conv.algo_bwd_data dnn.conv.algo_bwd_filter
dnn.conv.algo_fwd dnn.conv.precision dnn.conv.workmem dnn.conv.workmem_bwd dnn.enabled dnn.include_path
dnn.library_path exception_verbosity experimental.local_alloc_elemwise experimental.local_alloc_elemwise_assert
experimental.unpickle_gpu_on_cpu floatX force_device gcc.cxxflags gpu.local_elemwise_fusion gpuarray.cache_path
gpuarray.preallocate gpuarray.sched gpuarray.single_stream gpuarray.sync gpuelemwise.sync init_gpu_device int_division
lib.amdlibm linker magma.enabled magma.include_path magma.library_path metaopt.optimizer_excluding
metaopt.optimizer_including metaopt.verbose mode nocleanup numpy.seterr_all numpy.seterr_divide numpy.seterr_invalid
numpy.seterr_over numpy.seterr_under on_opt_error on_shape_error on_unused_input openmp openmp_elemwise_minsize
optdb.max_use_ratio optdb.position_cutoff optimizer optimizer_excluding optimizer_including optimizer_requiring
optimizer_verbose pickle_test_value print_active_device print_global_stats print_test_value profile profile_memory
profile_optimizer profiling.debugprint profiling.destination profiling.ignore_first_call profiling.min_memory_size
profiling.min_peak_memory profiling.n_apply profiling.n_ops profiling.output_line_width profiling.time_thunks
reoptimize_unpickled_function scan.allow_gc scan.allow_output_prealloc scan.debug tensor.cmp_sloppy
tensor.insert_inplace_optimizer_validate_nb tensor.local_elemwise_fusion traceback.compile_limit traceback.limit
unittests.rseed unpickle_function vm.lazy warn.argmax_pushdown_bug warn.gpu_set_subtensor1 warn.gpusum_01_011_0111_bug
warn.identify_1pexp_bug warn.ignore_bug_before warn.inc_set_subtensor1 warn.inc_subtensor1_opt warn.reduce_join
warn.round warn.signal_conv2d_interface warn.subtensor_merge_bug warn.sum_div_dimshuffle_bug warn.sum_sum_bug
warn.vm_gc_bug warn_float64
""".split()


def settings(**environ: str) -> Settings:
    """Settings of a process with this environment and no files but those it names; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return Settings({"THEANORC": "", "SYMGRAPHRC": "", **environ})


# --- The table ---


def test_every_flag_of_theano_is_there() -> None:
    assert set(THEANO) <= TABLE.keys()
    ours = {name for name, row in TABLE.items() if row.standing != OWN} - set(THEANO)
    assert sorted(ours) == [
        *("debug", "debug_directory", "fusion_budget", "lib.cnmem", "nvcc.compiler_bindir", "nvcc.fastmath", "nvcc.flags", "threads"),
    ]


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.standing != OWN])
def test_row(name: str) -> None:
    row = TABLE[name]
    assert row.name == name
    assert row.doc and "\n" not in row.doc
    assert row.standing in (ACTS, WAITING, MAPPED, ACCEPTED)
    assert isinstance(row.in_key, bool) and not (row.in_key and row.standing == ACCEPTED)
    if isinstance(row.default, Derived):
        assert isinstance(checked(name, DERIVED[row.default.rule](settings())), str)
        return
    kept = checked(name, row.default)
    assert kept == row.default and type(kept) is type(row.default)
    again = checked(name, str(row.default))  # as it would be said in the environment
    assert again == row.default and type(again) is type(row.default)


def test_no_switch_is_a_section_too() -> None:
    sections = {name.rsplit(".", depth)[0] for name in TABLE for depth in range(1, name.count(".") + 1)}
    assert not sections & TABLE.keys()


def test_aliases_mean_allowed_values() -> None:
    for name, aliases in ALIASES.items():
        for word, meaning in aliases.items():
            assert checked(name, word) == meaning == checked(name, meaning)


# --- Defaults ---


def test_defaults() -> None:
    ours = settings()
    assert (ours.floatX, ours.device, ours.linker) == ("float64", "cpu", "llvm")
    assert (ours.mode, ours.optimizer) == ("Mode", "o4")
    assert (ours.on_unused_input, ours.exception_verbosity, ours.cast_policy) == ("raise", "low", "custom")
    assert (ours.int_division, ours.compute_test_value, ours.debug, ours.warn_float64) == ("int", "off", 0, "ignore")
    assert ours.DebugMode.check_c is False
    assert ours.scan.allow_gc is False
    assert ours.dnn.conv.algo_fwd == "small"


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = settings()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ours.base_compiledir == os.path.join(tmp_path, "symgraph") == ours.compiledir
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ours.base_compiledir == os.path.join(tmp_path, ".cache", "symgraph")
    ours.base_compiledir = tmp_path / "here"
    assert ours.base_compiledir == os.path.join(tmp_path, "here") == ours.compiledir
    ours.compiledir = "~/there"
    assert ours.compiledir == os.path.join(tmp_path, "there")


def test_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    assert settings().cxx == ""
    for name in ("cc", "clang", "wished"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}")  # what was found is kept by PATH
    assert settings().cxx == os.path.join(tmp_path, "clang")
    monkeypatch.setenv("CC", "wished")
    assert settings().cxx == os.path.join(tmp_path, "wished")
    assert settings(THEANO_FLAGS="cxx=").cxx == ""


# --- Values ---


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("floatX", "32", "float32"),
        ("linker", "vm", "llvm"),
        ("linker", "cvm", "llvm"),
        ("linker", "c|py", "llvm"),
        ("linker", "c", "c"),
        ("optimizer", "fast_compile", "fast_compile"),
        ("optimizer", None, "None"),
        ("device", "gpu", "cuda"),
        ("device", "gpu1", "cuda1"),
        ("device", "cuda", "cuda"),
        ("device", "cuda0", "cuda0"),
        ("init_gpu_device", "", ""),
        ("allow_gc", 0, False),
        ("allow_gc", "true", True),
        ("allow_gc", " False ", False),
        ("vm.lazy", "None", None),
        ("vm.lazy", "True", True),
        ("debug", "5", 5),
        ("threads", "2", 2),
        ("compile.wait", "-1", -1),
        ("optdb.max_use_ratio", 3, 3.0),
        ("unittests.rseed", "random", "random"),
        ("dnn.enabled", False, "False"),
        ("mode", "DEBUG_MODE", "DebugMode"),
        ("cast_policy", "numpy+floatX", "numpy+floatX"),
    ],
)
def test_value(name: str, given: Any, kept: Any) -> None:
    value = config.checked(name, given)
    assert value == kept and type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("floatX", "float46", "float64, float32, float16"),
        ("floatX", 32, "float64"),
        ("floatX", None, "float64"),
        ("linker", "lvm", "llvm, c, py (vm, cvm"),
        ("device", "cpu0", "cpu, cuda"),
        ("device", "opencl0:0", "cpu, cuda"),
        ("device", "", "cpu, cuda"),
        ("allow_gc", "perhaps", "True or False"),
        ("allow_gc", 2, "True or False"),
        ("allow_gc", None, "True or False"),
        ("allow_gc", [True], "True or False"),
        ("debug", 6, "0, 1, 2, 3, 4, 5"),
        ("debug", "much", "0, 1, 2, 3, 4, 5"),
        ("debug", 1.5, "0, 1, 2"),
        ("threads", -1, "an integer from 0"),
        ("compile.wait", "soon", "an integer"),
        ("unittests.rseed", "dice", "random"),
        ("optdb.max_use_ratio", "high", "a number"),
        ("optdb.max_use_ratio", None, "a number"),
        ("gcc.cxxflags", ["-O3"], "a text"),
        ("base_compiledir", 3, "a path"),
        ("base_compiledir", b"x", "a path"),
        ("mode", "FAST", "FAST_RUN"),
        ("mode", 3, "or a Mode"),
    ],
)
def test_wrong_value(name: str, given: Any, says: str) -> None:
    message = f"wrong value {re.escape(repr(given))} for the setting {name}: allowed is "
    with pytest.raises(ValueError, match=message) as caught:
        config.checked(name, given)
    assert says in str(caught.value)


def test_a_mode_object_is_a_value() -> None:
    ours = settings()
    mode = SimpleNamespace(linker="py", optimizer=None)
    ours.mode = mode
    assert ours.mode is mode
    assert dict(ours.code_key())["mode"] == repr(mode)


# --- The object ---


def test_assignment_is_checked_and_changes_nothing_when_wrong() -> None:
    ours = settings()
    ours.floatX = "float32"
    with pytest.raises(ValueError, match="float64, float32, float16"):
        ours.floatX = "float"
    assert ours.floatX == "float32"
    ours.scan.allow_gc = "1"
    assert ours.scan.allow_gc is True


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("floatx", "floatX"),
        ("lnker", "linker"),
        ("allow_output_prealloc", "scan.allow_output_prealloc"),
        ("algo_fwd", "dnn.conv.algo_fwd"),
        ("Debug", "debug"),
    ],
)
def test_unknown_names_say_what_is_near(name: str, like: str) -> None:
    ours = settings()
    for wrong in (
        lambda: getattr(ours, name),
        lambda: setattr(ours, name, 1),
        lambda: ours.change_flags({name: 1}),
        lambda: ours.checked(name, 1),
    ):
        with pytest.raises(AttributeError, match=f"recognise this flag: {name} .did you mean .*{re.escape(like)}"):
            wrong()


def test_other_misuse() -> None:
    ours = settings()
    with pytest.raises(AttributeError, match="flag: scan.allow_gcc .did you mean scan.allow_gc or allow_gc"):
        ours.scan.allow_gcc  # noqa: B018
    with pytest.raises(AttributeError, match="scan is a section of settings: set one of scan.allow_gc, "):
        ours.scan = True
    with pytest.raises(AttributeError, match="cannot be deleted: floatX"):
        del ours.floatX
    with pytest.raises(AttributeError, match="flag: entirely_different$"):
        ours.entirely_different  # noqa: B018
    assert not hasattr(ours, "__wrapped__")


def test_text_and_names() -> None:
    ours = settings()
    text = str(ours)
    assert text.count("\n") == len(TABLE) - 1
    assert "floatX = 'float64' " in text and TABLE["floatX"].doc in text
    assert str(ours.scan).count("scan.") == 3
    assert {"floatX", "scan", "cxx", "change_flags"} <= set(dir(ours))
    assert {"conv", "enabled"} <= set(dir(ours.dnn)) and "conv.algo_fwd" not in dir(ours.dnn)
    assert (repr(ours), repr(ours.dnn.conv)) == ("<settings>", "<settings dnn.conv>")


def test_code_key() -> None:
    ours = settings()
    key = ours.code_key()
    hash(key)
    assert key == ours.code_key() == settings().code_key()
    assert [name for name, _ in key] == [name for name, row in TABLE.items() if row.in_key]
    for change in ({"floatX": "float32"}, {"tensor.local_elemwise_fusion": False}, {"linker": "py"}, {"optimizer_excluding": "a"}):
        with ours.change_flags(change):
            assert ours.code_key() != key
    for unseen in ({"debug": 5}, {"base_compiledir": "elsewhere"}, {"profile": True}):
        with ours.change_flags(unseen):
            assert ours.code_key() == key


# --- change_flags ---


def test_change_flags_as_a_block() -> None:
    ours = settings()
    with ours.change_flags({"scan.allow_gc": True}, floatX="float32", linker="cvm"):
        assert (ours.floatX, ours.scan.allow_gc, ours.linker) == ("float32", True, "llvm")
        with ours.change_flags([("floatX", "float16")]):
            assert ours.floatX == "float16"
        assert ours.floatX == "float32"
    assert (ours.floatX, ours.scan.allow_gc) == ("float64", False)


def test_change_flags_restores_after_an_error_and_what_was_set_inside() -> None:
    ours = settings()
    with pytest.raises(KeyError), ours.change_flags(floatX="float32"):
        ours.floatX = "float16"
        raise KeyError
    assert ours.floatX == "float64"


def test_change_flags_restores_a_derived_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = settings()
    with ours.change_flags(base_compiledir="elsewhere"):
        assert ours.compiledir == "elsewhere"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ours.compiledir == os.path.join(tmp_path, "symgraph")


def test_change_flags_as_a_decorator() -> None:
    ours = settings()

    @ours.change_flags(floatX="float32")
    def depth(n: int) -> list[str]:
        """Its doc."""
        return [ours.floatX] if n == 0 else [ours.floatX, *depth(n - 1)]

    assert depth(2) == ["float32"] * 3
    assert depth.__doc__ == "Its doc." and ours.floatX == "float64"


def test_change_flags_changes_nothing_when_wrong() -> None:
    ours = settings()
    with pytest.raises(ValueError), ours.change_flags(floatX="float32", linker="no"):
        pytest.fail("entered")
    with pytest.raises(AttributeError), ours.change_flags(floatX="float32", lnker="c"):
        pytest.fail("entered")
    assert ours.floatX == "float64"


# --- The environment and the files ---


def test_flags_of_the_environment() -> None:
    ours = settings(SYMGRAPH_FLAGS=" device = gpu0 , floatX=float32,,scan.allow_gc=True,floatX=float16,cxx='a,b'")
    assert (ours.device, ours.floatX, ours.scan.allow_gc, ours.cxx) == ("cuda0", "float16", True, "a,b")


def test_quotes_and_commas() -> None:
    assert flags_of_text('a="x,y",b=it\'s,c=1=2,d=', "") == {"a": "x,y", "b": "it's", "c": "1=2", "d": ""}
    with pytest.warns(UserWarning, match="HERE: 'floatX' is not name=value"):
        assert flags_of_text("floatX,a=1", "HERE") == {"a": "1"}


def test_precedence(tmp_path: Path) -> None:
    ours_file, theanos = tmp_path / "ours", tmp_path / "theanos"
    ours_file.write_text("[global]\nfloatX = float32\nlinker = py\ndebug = 3\n")
    theanos.write_text("[global]\nfloatX = float16\nlinker = c\ndebug = 4\nprofile = True\n")
    environ = {
        "SYMGRAPHRC": str(ours_file),
        "THEANORC": str(theanos),
        "THEANO_FLAGS": "debug=2,linker=cvm",
        "SYMGRAPH_FLAGS": "debug=1",
    }
    ours = settings(**environ)
    assert (ours.debug, ours.linker, ours.floatX, ours.profile) == (1, "llvm", "float32", True)


def test_files(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(
        """
        [global]
        floatx = float32
        device = gpu
        base_compiledir = /scratch/%(USER)s
        compiledir_format = %(short_platform)s-x
        [nvcc]
        fastmath = True
        [blas]
        ldflags = -lopenblas
        [dnn.conv]
        algo_fwd = fft
        [debugmode]
        Check_Py = no way
        """.replace("\n        ", "\n").replace("no way", "False")
    )
    second.write_text("[global]\nfloatX = float16\n")
    ours = settings(THEANORC=f"{first}{os.pathsep}{second}{os.pathsep}{tmp_path / 'missing'}", USER="me")
    assert (ours.floatX, ours.device) == ("float16", "cuda")
    assert (ours.blas.ldflags, ours.dnn.conv.algo_fwd) == ("-lopenblas", "fft")
    assert (ours.base_compiledir, ours.compiledir_format) == ("/scratch/me", "%(short_platform)s-x")
    assert ours.DebugMode.check_py is False


def test_files_in_the_home(tmp_path: Path) -> None:
    (tmp_path / ".theanorc").write_text("[global]\nfloatX = float32\ndebug = 2\n")
    (tmp_path / ".symgraphrc").write_text("[global]\ndebug = 3\n")
    ours = Settings({"HOME": str(tmp_path)})
    assert (ours.floatX, ours.debug) == ("float32", 3)


def test_unknown_flags_warn_once_and_the_program_goes_on(tmp_path: Path) -> None:
    with pytest.warns(UserWarning) as seen:
        theano_flags = "flaotX=float32,lib.nothing=1,debug=1"
        ours = Settings({"THEANO_FLAGS": theano_flags, "SYMGRAPH_FLAGS": "flaotX=2", "HOME": "x"})
    assert ours.debug == 1
    assert [str(one.message) for one in seen] == [
        "SYMGRAPH_FLAGS: symgraph does not recognise this flag: flaotX (did you mean floatX?)",
        "THEANO_FLAGS: symgraph does not recognise this flag: lib.nothing",
    ]
    file = tmp_path / "rc"
    file.write_text("[lib]\nnothing = 1\n")
    assert settings(THEANORC=str(file)).floatX == "float64"  # Theano says nothing of files either
    with pytest.warns(UserWarning, match="lib.nothing"):
        Settings({"SYMGRAPHRC": str(file), "THEANORC": ""})


def test_wrong_values_outside_the_code_say_where(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="^THEANO_FLAGS: wrong value 'float46' for the setting floatX: "):
        settings(THEANO_FLAGS="floatX=float46")
    file = tmp_path / "rc"
    file.write_text("[global]\nfloatX = float46\n")
    with pytest.raises(ValueError, match=f"^{re.escape(str(file))}: wrong value 'float46'"):
        settings(THEANORC=str(file))


@pytest.mark.parametrize("content", [b"floatX = 1\n", b"[global\n", b"\xff\xfe[global]\n", b"[a]\nx=1\n[a]\nx=1\n"])
def test_files_that_are_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rc"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(str(file))} is not an ini file: "):
        settings(SYMGRAPHRC=str(file))


def test_import_reads_the_environment() -> None:
    program = "from symgraph.settings import config; print(config.floatX, config.debug)"
    environ = {**os.environ, "THEANO_FLAGS": "floatX=float32,flaotX=1", "SYMGRAPH_FLAGS": "debug=2"}
    run = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert run.stdout == "float32 2\n"
    assert run.stderr.count("UserWarning: THEANO_FLAGS: symgraph does not recognise this flag: flaotX") == 1


def test_import_loads_no_parser() -> None:
    program = "import numpy, sys; old = set(sys.modules); import symgraph.settings; print(*(set(sys.modules) - old))"
    environ = {**os.environ, "THEANO_FLAGS": "floatX=float32", "SYMGRAPH_FLAGS": ""}
    run = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert not {"configparser", "difflib", "shutil", "subprocess"} & set(run.stdout.split())

"""What Python loads as it starts, below `python -m symgraph run`: after it `import theano` means symgraph.

Nothing of symgraph is loaded before the program asks for theano. The folder of this file comes first on the path, so the
`sitecustomize` that would have been loaded otherwise is loaded from here. Processes that the program starts inherit all of it.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))  # the folder that symgraph lies in


class First:
    """Asked before all other finders; at the first `import theano` it makes room for the modules of symgraph."""

    def find_spec(self, name, path=None, target=None):  # type: ignore[no-untyped-def]
        if name != "theano" and not name.startswith("theano."):
            return None
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        try:
            modules = import_module("symgraph.theano.modules")
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] != "symgraph":
                raise
            sys.path.append(PACKAGES)
            modules = import_module("symgraph.theano.modules")
        import_module("symgraph.theano")
        modules.install()
        return modules.FINDER.find_spec(name, path)


def bring_old_world(words):  # type: ignore[no-untyped-def]
    """Supply what `run --old-world` and `--python2` say. Its package needs nothing of symgraph, so it is loaded alone, by its file."""
    spec = PathFinder.find_spec("symgraph.oldworld", [os.path.join(PACKAGES, "symgraph")])
    assert spec is not None and spec.loader is not None
    package = sys.modules["symgraph.oldworld"] = module_from_spec(spec)
    spec.loader.exec_module(package)
    package.begin(os.environ.get("SYMGRAPH_PYTHON2_FOLDER") if "python2" in words else None, "verbose" in words)


sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or ".") != HERE]
sys.meta_path.insert(0, First())  # type: ignore[arg-type]
if os.environ.get("SYMGRAPH_OLD_WORLD"):
    bring_old_world(os.environ["SYMGRAPH_OLD_WORLD"].split())
spec = PathFinder.find_spec("sitecustomize")
if spec is not None and spec.loader is not None:
    module = sys.modules["sitecustomize"] = module_from_spec(spec)
    spec.loader.exec_module(module)

"""A module that is loaded when it is first used, for packages that import more than they need."""

import sys
from importlib import import_module
from importlib.util import LazyLoader, find_spec, module_from_spec

__all__ = ["load_when_used"]


def load_when_used(name: str) -> None:
    """Let `import` find the module `package.name` without loading it, until something of it is asked for.

    Parameters
    ----------
    name
        A module inside a package. The package is imported; a module that is loaded already stays as it is.
    """
    if name in sys.modules:
        return
    package, _, child = name.rpartition(".")
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        return  # whoever needs it says so
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    # `from package import child` asks the package first, and so does not look into the module.
    setattr(import_module(package), child, module)

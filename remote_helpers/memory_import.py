"""Makes `import remote_helpers` work on a server where nothing is installed.

The packer sends this file's text, followed by a call of `start`; it runs before the package
exists, so it imports nothing of it. Tracebacks show file names and source lines as usual.
"""

import sys
from importlib.machinery import ModuleSpec
from typing import Any, Dict, List, Optional


class SourcesInMemory:
    """A meta-path finder and loader: module name -> (file name, is a package, source)."""

    def __init__(self, modules: Dict[str, List[Any]]) -> None:
        self.modules = modules

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Optional[ModuleSpec]:
        if name not in self.modules:
            return None
        file_name, is_package, _ = self.modules[name]
        return ModuleSpec(name, self, origin=file_name, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, _spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        file_name, _, source = self.modules[module.__name__]
        module.__file__ = file_name
        exec(compile(source, file_name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102

    def get_source(self, name: str) -> Optional[str]:
        """For tracebacks: linecache asks the loader."""
        return str(self.modules[name][2]) if name in self.modules else None


def install(modules: Dict[str, List[Any]]) -> None:
    """First in line, so that a package of the same name on the server is never taken."""
    if sys.version_info < (3, 6):
        print("HASYS-NO-PYTHON")  # this file is still read by 3.5; what follows is not
        sys.exit(1)
    sys.meta_path.insert(0, SourcesInMemory(modules))


def start(modules: Dict[str, List[Any]]) -> None:
    install(modules)
    from remote_helpers import serve  # noqa: PLC0415 - it exists only from here on

    serve.main()

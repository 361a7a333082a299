"""Where shipped files lie: in a wheel, in an editable install and in a checkout."""

import importlib.util
from importlib.resources import files
from pathlib import Path


def playbook_library() -> Path:
    """The built-in playbooks, which people copy and change."""
    return _package() / "playbooks" / "library"


def example_inventory() -> Path:
    """What `hasys init` copies. A wheel holds it inside the package, a checkout beside it."""
    shipped = _package() / "_data" / "inventory"
    return shipped if shipped.is_dir() else _package().parent / "inventory" / "example"


def helper_package() -> Path:
    """The sources that are sent to the servers; take `*.py` from it and nothing else."""
    found = importlib.util.find_spec("remote_helpers")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package remote_helpers is not installed with this program")
    return Path(found.origin).parent


def _package() -> Path:
    # A zip file would hold no paths; neither pip nor a distribution installs one.
    return Path(str(files("orchestrator")))

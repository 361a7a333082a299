"""Two servers as namespaces of this machine's kernel: up in a second, but no kernel faults."""

from tests.lab.namespaces.lab import attach, up

__all__ = ["attach", "up"]

"""The kernel lab: two user-mode-linux machines with kernels of their own, which really die.

What a machine is made of stands in `image` (root disk), `identity` (what differs between
machines), `machine` (the process), `console` (its kernel's control socket), `chassis` (its power
switch) and `link` (the way in that no fault touches); `build` puts a lab together.
"""

from tests.lab.kernel.lab import attach, up

__all__ = ["attach", "up"]

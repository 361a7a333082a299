"""Test hosts: pairs of real servers that exist for the length of a test.

Two kinds stand behind one interface (`interface.Lab`): `namespaces` (seconds, this machine's
kernel) and `kernel` (user-mode-linux, own kernels, real DRBD, real power cuts). Tests and
`python -m tests.lab` call this package; nothing in the product does.
"""

"""The part that runs on the managed servers: Python 3.6, standard library only.

Sent over stdin at the start of an SSH session, it answers JSON lines until the session ends and
leaves no file of its own. The controller imports it too: to pack it, and to share the pure
protocol code. See README.md in this folder for the contract.
"""

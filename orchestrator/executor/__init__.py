"""Walks a program and acts on the servers: journal, guard, act, verify, journal. Nothing else acts.

A run is replayable: each step has an id that depends only on where it stands, its outcome is in
the journal, and walking the program again with that journal takes the same way up to where the
run was cut. Resuming is walking again. Called by `runtime.operate`.
"""

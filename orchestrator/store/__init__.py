"""Keeps what must survive this process: runs and their journal, events, who this controller is.

One SQLite file a controller (`hasys.db` in the state directory), written by one thread; called
by `executor` and `runtime`. A write is on disk when its await returns: the journal rests on it.
"""

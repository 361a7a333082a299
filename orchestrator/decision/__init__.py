"""Turns what was seen into what to do and why. Pure: no I/O, no clock, no dice, no log.

`roles` says what each server is, `movement` whether a person's wish can be granted; both are
called by `runtime`. Whatever is not done carries a `Refusal` with its evidence.
"""

"""The lease protocol: who may hold the resources of a group, as plain data and pure functions.

Runs in the guard on each server, in the controller and in the simulator: Python 3.6, standard
library, no I/O, no clock, no dice. Time, boot id and random words are handed in; what must be
done comes back as a list of outputs, in the order in which it must be done.

    words      reigns, registrations, times        clocks    how long a promise may last elsewhere
    messages   what is said, and its seal          record    what a server keeps on disk
    holder     the right to be ACTIVE              grantor   the votes that a server gives
    gate       what a mutating step must hold      watchdog  the reset that needs no guard
    guard      all of it on one server             control   what the controller may ask of a guard

Why it is safe: docs/explanation/safety.md.
"""

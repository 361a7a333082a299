"""HA_SYS keeps a service running on a pair of servers, with nothing installed on them.

The way through the code, from what people write to what happens:

    config      inventory and group definitions (YAML)   -> model
    graph       a group's resources                      -> start and stop order
    probes      questions to both servers                -> one view of both
    decision    group, durable state, view, now          -> what to do and why (pure)
    playbooks   YAML, group                              -> a compiled playbook
    executor    a compiled playbook                      -> journaled steps on the servers
    transport   one request                              -> one reply, over SSH
    runtime     builds the objects and runs a turn
    cli         people

Layers are enforced; see docs/ARCHITECTURE.md.
"""

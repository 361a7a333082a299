"""A world in which time is virtual and everything that can go wrong does, by a seed.

`run.simulate(seeds)` plays production code - guards, the controller's half, `decide` - against
faults and checks the invariants after every event. A seed replays exactly: nothing here reads a
clock or rolls dice but the one generator of its `World`.

    world       virtual time and the network      server       a machine with its guard
    controller  the loop around `decide`          faults       what goes wrong, and when
    invariants  what must never be                run          seeds, many at once, the report
    transcript  decisions written down            virtual_time for async production code
    helped      a server behind its helper        process      the daemon itself, killed anywhere
    schedule    which faults strike, and when     phases       where in a failover they do
    data        both copies, and what is lost     liveness     what must come about in time
    runs        playbooks by the executor, cut anywhere and resumed
    cuts        the daemon killed between any two of its effects, and started again
    weather     the daemon among faults by dice
"""

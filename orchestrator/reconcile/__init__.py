"""The loop around `decide`: one for each group, the same in the daemon and in the simulator."""

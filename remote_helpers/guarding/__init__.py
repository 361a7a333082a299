"""The guard process: one for each group and server, it holds the lease and takes the service down.

A thin driver around `remote_helpers.protocol`, which decides everything. It outlives the SSH
session of the helper that starts it, and the controller.

On the server, in the helper:  operations -> launch (start, hand over)   line (talk to it)
The process:                   process -> driver -> protocol
                               links (UDP)    clients (Unix socket)    background (threads)
                               record_file, state_file, gate_file      looking, letting_go
                               cover, device_cover, systemd_cover      reset
"""

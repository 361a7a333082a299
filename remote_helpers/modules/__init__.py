"""What playbook modules do on a server: each file turns arguments into a `Change`, or only looks.

Called through `operations.TABLE`.
"""

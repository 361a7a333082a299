"""DRBD as it was seen: its own words as types, and what follows from them.

Pure: `resources.drbd_view` asks the kernel on the servers, the controller reads the same types.
"""

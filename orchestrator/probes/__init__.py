"""Turns a question to both servers into one view of them. Called by `executor` and `runtime`.

request   group -> what a server is asked            reply   what it answered -> its view
collect   asks both at once; the one file here that waits for anything
"""

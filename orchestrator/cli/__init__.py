"""Turns what a person types into calls of `runtime`, and answers into text, JSON and exit codes.

Each command is one small function; heavy imports happen inside it, so that `--help` and completion
answer at once.
"""

"""Looks after groups for as long as it runs: the loop's ports over SSH and SQLite, and its runs."""

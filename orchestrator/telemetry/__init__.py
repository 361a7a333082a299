"""Tells the world what happened: one `publish(event)` to the store and to whoever listens."""

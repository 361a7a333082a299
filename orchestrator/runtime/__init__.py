"""Puts the objects together and offers one function for each thing that a person may ask.

Called by `cli` (and whatever else lets people steer). Nothing here decides, nothing here prints.
"""

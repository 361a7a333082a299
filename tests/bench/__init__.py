"""How fast the product is beside what else could do its work, as ratios within one run.

`make bench` runs everything; `python -m tests.bench NAME` one. Other work on the machine moves all
contenders alike: they take turns, and the ratios of their medians are what is worth reading.
"""

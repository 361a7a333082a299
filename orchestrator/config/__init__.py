"""Files that people write to frozen model types, or to all that is wrong with them at once.

`strict_yaml` reads YAML with positions, `ansible_inventory` the servers, `schema` and `build` the
group definitions, `load` all of it together. The only package that knows pydantic and PyYAML.
"""

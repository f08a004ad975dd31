"""One file a version; a step never changes once it was released, so it names no table of `schema.py`."""

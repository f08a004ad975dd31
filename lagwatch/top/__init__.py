"""`lagwatch top`: a live view in the terminal, of a lagwatch that runs or of one inside the same process; it asks its API."""

from lagwatch.top.app import Top

__all__ = ["Top"]

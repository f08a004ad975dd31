"""Notices: what changed in the alerts of a poll, brought to the people who must know."""

"""Settings: one YAML file, the environment over it, flags over both; every problem reported at once."""

from lagwatch.config.load import find_file, load
from lagwatch.config.reload import recipes, reloadable
from lagwatch.config.rules import default_rules, effective_rules
from lagwatch.config.settings import ClusterSettings, Settings

__all__ = [
    "ClusterSettings",
    "Settings",
    "default_rules",
    "effective_rules",
    "find_file",
    "load",
    "recipes",
    "reloadable",
]

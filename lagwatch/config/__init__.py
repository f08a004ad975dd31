"""Settings: YAML, environment, flags; every problem reported at once."""

"""Pure. Snapshot and history to View: lag, growth, placement."""

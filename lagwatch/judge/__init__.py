"""Pure. View and rules to Verdict: conditions, alert states, notices."""

"""The facts (Snapshot), what is derived from them (View), and what is made of that (Rule, Alert, Verdict). Pure."""

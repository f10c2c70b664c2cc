"""The bench: what is counted, timed and driven from outside. Never shipped."""

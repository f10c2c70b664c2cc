"""The HTTP API /v1: one module a noun. nouns.py lists them; who needs a single one imports that alone."""

"""The demo day: does a whole day of trade, on the running system and over HTTP alone, leave exact books?

The day is driven as its customers, promoters and office would drive it; then the
books are checked from outside, by arithmetic of the demo's own: nothing here
imports the rules that it checks.
"""

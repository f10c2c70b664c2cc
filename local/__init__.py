"""One machine: everything that AWS gives the shipped code, run here. Never shipped to Lambda."""

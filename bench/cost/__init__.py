"""The cost: what does a million orders cost on AWS, from counted units and public prices?

A batch of orders P is sold on the embedded engine, each by a buyer of its own below
promoters of its own, and every reader of every stream then gets its records in batches
as AWS hands them over. What was counted (batch.py) is multiplied by prices.toml (bill.py).

    python -m bench.cost            count, print the bill, fail where a gate does not hold
"""

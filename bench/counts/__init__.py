"""The cost meter: how many round trips and units does each operation take, and what does each unit buy?

Counted twice on the embedded engine, by two ways that share nothing: by the engine's
own meter, and from the sizes of the items that were touched (trace.py, sizes.py).
Both must agree with each other, with golden.json, and with the gates of gates.py.

    python -m bench.counts                      measure, compare, print the table
    python -m bench.counts --write              measure, and write golden.json and docs/costs.md
    python -m bench.counts --distributors N     the same at another size of the tree
"""

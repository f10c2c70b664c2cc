"""Instructions: what does our own code cost on top of the calls it makes, cold and warm?

Counted by valgrind, which knows neither noise nor load: the same program gives the same
count within a per mille. Each of our functions runs in a process of its own, with
`.pyc`; AWS answers from another process (canned.py), so that what an engine does is
never counted. Beside it runs a bare program that makes the very same calls by boto3
alone, and the gates of gates.py hold the one over the other.

    python -m bench.icount                     count, print the table, fail where a gate does not hold
    python -m bench.icount --only app.app      one function
"""

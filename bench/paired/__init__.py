"""Side by side: how much CPU does a paid order take here, and in what others would use instead?

Each side posts the same three transfers (the sale, and commission for two levels) and is
asked by turns, in rounds A B B A, so that a machine that grows slower hurts both. CPU is
that of every process involved: ours and the embedded engine's, or the peer's and the
database server's. Medians are reported and nothing fails on them.

    python -m bench.paired                  django-hordak on PostgreSQL, SQLite, and ours
"""

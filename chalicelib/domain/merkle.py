"""The Merkle tree: which one hash stands for a whole list, in its order?

As in RFC 9162 section 2.1.1: a leaf is SHA-256(0x00 || entry), a node is
SHA-256(0x01 || left || right), and a list of n > 1 entries is split at the
largest power of two below n. The tree is grown one entry at a time and keeps one
hash for each perfect subtree: a day of millions fits in twenty hashes.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MerkleTree:
    """A list so far: how many entries, and the roots of its perfect subtrees, the largest first."""

    count: int = 0
    peaks: tuple[bytes, ...] = ()

    def grown(self, entry: bytes) -> "MerkleTree":
        """The tree with one more entry at its end."""
        peaks = list(self.peaks)
        peak = leaf_hash(entry)
        merged = self.count
        while merged & 1:  # as many equal subtrees wait as the count ends in ones
            peak = node_hash(peaks.pop(), peak)
            merged >>= 1
        return MerkleTree(self.count + 1, (*peaks, peak))

    @property
    def root(self) -> str:
        """The hash of the whole list, hexadecimal; of the empty list it is the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256(b"").hexdigest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root.hex()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(entries: Iterable[bytes]) -> str:
    """The root of a whole list, hexadecimal."""
    tree = MerkleTree()
    for entry in entries:
        tree = tree.grown(entry)
    return tree.root

"""The Merkle tree: the same root as the recursive definition of RFC 9162."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.merkle import leaf_hash, merkle_root, node_hash


def by_definition(entries: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return node_hash(by_definition(entries[:k]), by_definition(entries[k:]))


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_growing_one_by_one_gives_the_root_of_the_definition(entries: list[bytes]) -> None:
    assert merkle_root(entries) == by_definition(entries).hex()


# The test vectors of Certificate Transparency's reference implementation.
CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("count", CT_ROOTS)
def test_the_known_roots_of_certificate_transparency_come_out(count: int) -> None:
    assert merkle_root(CT_ENTRIES[:count]) == CT_ROOTS[count]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == hashlib.sha256(b"").hexdigest()

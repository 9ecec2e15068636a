from __future__ import annotations

import pytest

from doorward.http.client_address import ClientAddress


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_believes_nobody_by_default(header):
    headers = {b"x-forwarded-for": b"198.51.100.1", b"forwarded": b"for=198.51.100.1"}
    assert ClientAddress((), header).of("10.0.0.1", headers) == ("10.0.0.1", False)


@pytest.mark.parametrize(
    ("peer", "value", "client"),
    [
        ("10.0.0.1", b"198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"6.6.6.6, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", b"[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", b"2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", b"fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", b"::ffff:198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.1", b"198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", b"6.6.6.6, unknown", "10.0.0.1"),
        ("10.0.0.1", b"6.6.6.6, <script>, 10.0.0.5", "10.0.0.5"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"1.1.1.1," * 5000 + b"198.51.100.7", "198.51.100.7"),
    ],
)
def test_reads_from_the_right_and_no_further_than_trust_goes(peer, value, client):
    found = ClientAddress(("10.0.0.0/8",), "x-forwarded-for").of(peer, {b"x-forwarded-for": value})
    assert found == (client, True)


def test_does_not_let_an_outsider_choose_the_address():
    assert ClientAddress(("10.0.0.0/8",), "x-forwarded-for").of("203.0.113.9", {b"x-forwarded-for": b"10.0.0.1"}) == (
        "203.0.113.9",
        False,
    )


def test_ignores_the_header_that_is_not_chosen():
    headers = {b"x-forwarded-for": b"6.6.6.6", b"forwarded": b'proto=https;for="[2001:db8::7]:47", for=10.0.0.2'}
    trusted = ("10.0.0.0/8",)
    assert ClientAddress(trusted, "forwarded").of("10.0.0.1", headers) == ("2001:db8::7", True)
    assert ClientAddress(trusted, "forwarded").of("10.0.0.1", {b"x-forwarded-for": b"6.6.6.6"}) == ("10.0.0.1", True)


def test_believes_a_unix_socket_only_when_told_to():
    headers = {b"x-forwarded-for": b"198.51.100.7"}
    assert ClientAddress(("unix",), "x-forwarded-for").of(None, headers) == ("198.51.100.7", True)
    assert ClientAddress(("10.0.0.0/8",), "x-forwarded-for").of(None, headers) == (None, False)

from __future__ import annotations

import pytest

from doorward.http.call import Call
from doorward.http.csrf import CrossSiteRequest, require_same_site
from doorward.http.settings import HttpSettings

OWN = "https://id.example.com"


def call(**headers: str) -> Call:
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Call("r", "192.0.2.1", sent, 0.0, HttpSettings())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://id.example.com.evil.example"},
        {"origin": "http://id.example.com"},
        {"origin": "https://id.example.com:444"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "none"},
        {"origin": "https://evil.example", "sec_fetch_site": "cross-site"},
        {"referer": "https://id.example.com/"},
    ],
)
def test_refuses_what_no_page_of_ours_sent(headers):
    for method in ("POST", "PUT", "PATCH", "DELETE", "SURPRISE"):
        with pytest.raises(CrossSiteRequest):
            require_same_site(call(**headers), method, OWN)


def test_takes_what_our_pages_send():
    for headers in (
        {"origin": OWN},
        {"sec_fetch_site": "same-origin"},
        {"origin": OWN, "sec_fetch_site": "same-origin"},
    ):
        require_same_site(call(**headers), "POST", OWN)
    require_same_site(call(origin="https://app.example.com"), "POST", OWN, {"https://app.example.com"})


def test_lets_reads_through():
    for method in ("GET", "HEAD", "OPTIONS"):
        require_same_site(call(origin="https://evil.example"), method, OWN)

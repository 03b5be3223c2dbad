"""Digest authentication: published vectors, both sides against each other, nonces and their counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from opencec.sip.digest import (
    ALGORITHMS,
    Challenge,
    Credentials,
    DigestResult,
    authorize,
    hash_a1,
    parse_challenges,
    verify,
)
from opencec.sip.errors import SipParseError
from opencec.sip.nonce import NonceState, NonceWindow, check_nonce, make_nonce

pytestmark = pytest.mark.unit

_KEY = b"0123456789abcdef"


def _fresh(_nonce: str, _count: int | None) -> NonceState:
    return NonceState.FRESH


def _never(_nonce: str, _count: int | None) -> NonceState:
    raise AssertionError("a wrong secret must not reach the nonce check")


def test_vector_of_rfc_2617() -> None:
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    value = authorize(
        challenge, method="GET", uri="/dir/index.html", user="Mufasa", password="Circle Of Life", cnonce="0a4f113b"
    )
    credentials = Credentials.parse(value)
    assert credentials.response == "6629fae49393a05397450978507c4ef1"
    assert credentials.opaque == "5ccc069c403ebaf9f0171e9517f40e41"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = Challenge(
        realm="http-auth@example.org",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm=algorithm,
        qop=("auth", "auth-int"),
        opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    )
    value = authorize(
        challenge,
        method="GET",
        uri="/dir/index.html",
        user="Mufasa",
        password="Circle of Life",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert Credentials.parse(value).response == response
    assert verify(value, method="GET", password="Circle of Life", nonce_check=_fresh) is DigestResult.OK


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",), ("auth", "auth-int")])
def test_our_two_sides_agree(algorithm: str, qop: tuple[str, ...]) -> None:
    challenge = Challenge.parse(str(Challenge(realm='a "b", c', nonce="n", algorithm=algorithm, qop=qop)))
    sign = partial(authorize, challenge, uri="sip:h;x=1,2", user="7101", body=b"v=0", nc=11, cnonce="c,d")
    value = sign(method="INVITE", password="s3cret:ü")
    check = partial(verify, value, nonce_check=_fresh)
    assert check(method="INVITE", body=b"v=0", password="s3cret:ü") is DigestResult.OK
    ha1 = hash_a1(user="7101", realm='a "b", c', password="s3cret:ü", algorithm=algorithm.removesuffix("-sess"))
    assert check(method="INVITE", body=b"v=0", ha1=ha1) is DigestResult.OK
    assert check(method="BYE", body=b"v=0", password="s3cret:ü") is DigestResult.WRONG
    changed = check(method="INVITE", body=b"v=1", password="s3cret:ü")
    assert changed is (DigestResult.WRONG if qop == ("auth-int",) else DigestResult.OK)
    assert Credentials.parse(value).nonce_count == (11 if qop else None)


def test_wrong_secret_or_no_account_never_reaches_the_nonce() -> None:
    value = authorize(
        Challenge(realm="r", nonce="n"), method="REGISTER", uri="sip:h", user="u", password="", cnonce="c"
    )
    assert verify(value, method="REGISTER", password="x", nonce_check=_never) is DigestResult.WRONG
    # An account that does not exist has no password; the empty one must not open it.
    assert verify(value, method="REGISTER", nonce_check=_never) is DigestResult.WRONG


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"nc": None}, DigestResult.MALFORMED),
        ({"cnonce": None}, DigestResult.MALFORMED),
        ({"nc": "xyz"}, DigestResult.MALFORMED),
        ({"nc": "0" * 4_000}, DigestResult.MALFORMED),
        ({"qop": "auth-conf"}, DigestResult.UNSUPPORTED),
        ({"algorithm": "SHA-512-256"}, DigestResult.UNSUPPORTED),
        ({"response": "é"}, DigestResult.WRONG),
        ({"nonce": "other"}, DigestResult.WRONG),
    ],
)
def test_odd_credentials(change: dict[str, str | None], result: DigestResult) -> None:
    value = authorize(Challenge(realm="r", nonce="n"), method="INVITE", uri="sip:h", user="u", password="p", cnonce="c")
    credentials = msgspec.structs.replace(Credentials.parse(value), **change)
    assert verify(credentials, method="INVITE", password="p", nonce_check=_never) is result


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Digest",
        "Digest ",
        'Digest username="u", realm="r", nonce="n", uri="sip:h"',
        'Digest username="u, realm="r", nonce="n", uri="sip:h", response="x"',
        'Digest username="u" realm="r"',
        "Digest =x",
    ],
)
def test_malformed_credentials(value: str) -> None:
    with pytest.raises(SipParseError):
        Credentials.parse(value)
    assert verify(value, method="X", password="p", nonce_check=_never) in (
        DigestResult.MALFORMED,
        DigestResult.UNSUPPORTED,
    )


def test_nonce_count_is_hashed_as_it_was_written() -> None:
    challenge = Challenge(realm="r", nonce="n")
    credentials = Credentials.parse(
        authorize(challenge, method="INVITE", uri="sip:h", user="u", password="p", nc=10, cnonce="c")
    )
    assert credentials.nc == "0000000a"
    upper = msgspec.structs.replace(credentials, nc="0000000A")
    assert upper.nonce_count == 10
    assert verify(upper, method="INVITE", password="p", nonce_check=_fresh) is DigestResult.WRONG


def test_challenges_are_read_in_order_and_unreadable_ones_skipped() -> None:
    values = ['Basic realm="x"', 'Digest realm="r"', 'Digest realm="r",nonce=1,algorithm=sha-256,stale=TRUE,qop=auth']
    (challenge,) = parse_challenges(values)
    assert (challenge.algorithm, challenge.is_stale, challenge.qop) == ("SHA-256", True, ("auth",))
    unknown = Challenge.parse('Digest realm="r",nonce="1",algorithm=AKAv1-MD5')
    with pytest.raises(ValueError, match="algorithm"):
        authorize(unknown, method="REGISTER", uri="sip:h", user="u", password="p")
    with pytest.raises(ValueError, match="qop"):
        authorize(Challenge(realm="r", nonce="n", qop=("x",)), method="REGISTER", uri="sip:h", user="u", password="p")


def test_nonces_tell_their_age_and_origin() -> None:
    nonce = make_nonce(_KEY, now_ms=1_000_000, salt="call 1")
    check = partial(check_nonce, _KEY, max_age_ms=60_000)
    assert check(nonce, now_ms=1_000_000) is NonceState.FRESH
    assert check(nonce, now_ms=1_060_000) is NonceState.FRESH
    assert check(nonce, now_ms=1_060_001) is NonceState.STALE
    assert check(nonce, now_ms=900_000) is NonceState.STALE
    assert check_nonce(b"another key 0123", nonce, now_ms=1_000_000, max_age_ms=60_000) is NonceState.FORGED
    for index in range(len(nonce)):
        forged = nonce[:index] + ("0" if nonce[index] != "0" else "1") + nonce[index + 1 :]
        assert check(forged, now_ms=1_000_000) is NonceState.FORGED
    for odd in ("", "x", nonce + "0", nonce[:-1], "é" * len(nonce)):
        assert check(odd, now_ms=1_000_000) is NonceState.FORGED
    assert make_nonce(_KEY, now_ms=1_000_000, salt="call 2") != nonce


def _window(capacity: int = 100) -> tuple[NonceWindow, Callable[[str, int | None], NonceState], str]:
    window = NonceWindow(_KEY, max_age_ms=60_000, capacity=capacity)
    return window, partial(window.check, now_ms=5_000), make_nonce(_KEY, now_ms=0)


def test_a_count_is_good_once_in_any_order_within_the_window() -> None:
    _, check, nonce = _window()
    assert [check(nonce, count).value for count in (1, 2, 5, 4, 3)] == ["fresh"] * 5
    assert [check(nonce, count).value for count in (1, 2, 3, 4, 5, 0)] == ["replayed"] * 6
    assert check(nonce, 0xFFFFFFFF) is NonceState.FRESH
    assert check(nonce, 6) is NonceState.REPLAYED  # too far behind to know
    assert check(nonce, 0xFFFFFFFF - 127) is NonceState.FRESH
    assert check(nonce, 0xFFFFFFFF - 128) is NonceState.REPLAYED


def test_window_leaves_old_clients_and_foreign_nonces_to_age() -> None:
    window, check, nonce = _window()
    assert [check(nonce, None) for _ in range(2)] == [NonceState.FRESH] * 2
    assert check("forged", 1) is NonceState.FORGED
    assert window.check(nonce, 1, now_ms=100_000) is NonceState.STALE


def test_window_is_bounded() -> None:
    _, check, nonce = _window(capacity=2)
    others = [make_nonce(_KEY, now_ms=0, salt=str(index)) for index in range(2)]
    for name in (nonce, *others):
        assert check(name, 1) is NonceState.FRESH
    assert check(others[1], 1) is NonceState.REPLAYED
    assert check(nonce, 1) is NonceState.FRESH  # was the oldest: forgotten


def test_stale_only_with_the_right_secret() -> None:
    window, _, nonce = _window()
    challenge = Challenge(realm="r", nonce=nonce)
    value = authorize(challenge, method="REGISTER", uri="sip:h", user="u", password="p", cnonce="c")
    late = partial(window.check, now_ms=70_000)
    assert verify(value, method="REGISTER", password="p", nonce_check=late) is DigestResult.STALE
    assert verify(value, method="REGISTER", password="q", nonce_check=late) is DigestResult.WRONG
    now = partial(window.check, now_ms=10)
    assert verify(value, method="REGISTER", password="p", nonce_check=now) is DigestResult.OK
    assert verify(value, method="REGISTER", password="p", nonce_check=now) is DigestResult.REPLAYED

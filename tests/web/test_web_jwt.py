"""JWTs of a configured issuer: which are let in, and where their keys may come from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from scimbridge.errors import TemporarilyUnavailable, Unauthorized
from scimbridge.web.jwks import KeySet
from scimbridge.web.jwt_issuer import JwtIssuer
from tests.conftest import World, open_world
from tests.web.callers import AUDIENCE, CLIENT, ISSUER, TENANT, Issuer, Presenting, open_issuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with open_issuer() as opened:
        opened.add_key("curve", kind="EC")
        yield opened


@pytest.fixture(scope="module")
def accepting(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("jwt"), policy=issuer.policy()) as world:
        yield world


def get(world: World, token: str) -> Any:
    return Presenting(world.scim.base_url, f"Bearer {token}")("GET", "/Users?count=0")


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_jwt_of_the_issuer_is_let_in(accepting: World, issuer: Issuer) -> None:
    assert get(accepting, issuer.sign()).status_code == 200
    assert get(accepting, issuer.sign(alg="PS256")).status_code == 200
    assert get(accepting, issuer.sign("curve", alg="ES256")).status_code == 200
    assert get(accepting, issuer.sign(appid=None, azp=CLIENT)).status_code == 200
    assert get(accepting, issuer.sign(aud=["another", AUDIENCE])).status_code == 200


def test_a_minute_of_difference_between_the_clocks_is_tolerated(
    accepting: World, issuer: Issuer
) -> None:
    now = int(time.time())

    assert get(accepting, issuer.sign(exp=now - 20)).status_code == 200
    assert get(accepting, issuer.sign(nbf=now + 40, iat=now + 40)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -120},
        {"exp": None},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"nbf": 600},
        {"iat": 600},
        {"iss": "https://sts.windows.net/another/"},
        {"iss": None},
        {"aud": "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"},
        {"aud": None},
        {"aud": []},
        {"tid": "00000000-0000-0000-0000-000000000000"},
        {"tid": None},
        {"tid": [TENANT]},
        {"appid": "another-client"},
        {"appid": None},
        {"appid": [CLIENT]},
        {"appid": {"": CLIENT}},
    ],
    ids=str,
)
def test_a_jwt_with_another_claim_is_refused(
    accepting: World, issuer: Issuer, claims: dict[str, Any]
) -> None:
    now = int(time.time())
    claims = {name: now + value if type(value) is int else value for name, value in claims.items()}

    assert get(accepting, issuer.sign(**claims)).status_code == 401


def unsigned(issuer: Issuer) -> str:
    _, payload, _ = issuer.sign().split(".")
    return f"{segment({'alg': 'none', 'typ': 'JWT', 'kid': 'one'})}.{payload}."


def hmac_under_the_public_key(issuer: Issuer) -> str:
    public = issuer.signing["one"].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{segment({'alg': 'HS256', 'kid': 'one'})}.{issuer.sign().split('.')[1]}"
    return f"{signed}.{segment(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def of_a_stranger(header: Callable[[Issuer], dict[str, Any]]) -> Callable[[Issuer], str]:
    """Signed with a key of one's own, which the header offers in some way."""

    def make(_: Issuer) -> str:
        stranger = Issuer(url="http://127.0.0.1:9")
        stranger.add_key("one")
        return stranger.sign(header=header(stranger))

    return make


def with_another(part: int) -> Callable[[Issuer], str]:
    def make(issuer: Issuer) -> str:
        parts = issuer.sign().split(".")
        others = issuer.sign(sub="another", exp=int(time.time()) + 9999, alg="PS256").split(".")
        return ".".join(others[n] if n == part else parts[n] for n in range(3))

    return make


DEEP = b'{"a":' + b"[" * 3000
NO_TEXT = b"\xff\xfe" * 9
FORGED: dict[str, Callable[[Issuer], str]] = {
    "no signature": unsigned,
    "HMAC under the public key": hmac_under_the_public_key,
    "a stranger's key": of_a_stranger(lambda _: {}),
    "a key in the header": of_a_stranger(lambda own: {"jwk": own.public("one")}),
    "a URL in the header": of_a_stranger(lambda own: {"jku": f"{own.url}/keys"}),
    "an unknown key": of_a_stranger(lambda _: {"kid": "../../one"}),
    "another header": with_another(0),
    "another payload": with_another(1),
    "another signature": with_another(2),
    "no kid": lambda issuer: issuer.sign(header={"kid": ""}),
    "an RSA key's token under the EC key's id": lambda issuer: issuer.sign(header={"kid": "curve"}),
    "another algorithm": lambda issuer: issuer.sign(alg="RS512"),
    "no payload": lambda issuer: issuer.sign().split(".")[0] + "..",
    "one part": lambda _: "eyJhbGciOiJub25lIn0",
    "a header of arrays": lambda _: segment(DEEP) + ".e30.e30",
    "a header that is a list": lambda _: "eyJ." + segment([]) + ".",
    "a kid that is a number": lambda _: f"{segment({'alg': 'RS256', 'kid': 1})}.e30.e30",
    "a header that is no text": lambda _: f"eyJ{segment(NO_TEXT)}.e30.e30",
    "a critical extension": lambda issuer: issuer.sign(header={"crit": ["exp"], "exp": 1}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_jwt_is_refused(
    accepting: World, issuer: Issuer, forge: Callable[[Issuer], str]
) -> None:
    answer = get(accepting, forge(issuer))

    assert answer.status_code == 401, answer.text


def test_a_target_without_an_issuer_takes_no_jwt(shared: World, issuer: Issuer) -> None:
    assert get(shared, issuer.sign()).status_code == 401


def test_the_audit_trail_names_the_client_of_a_jwt(accepting: World, issuer: Issuer) -> None:
    client = Presenting(accepting.scim.base_url, f"Bearer {issuer.sign()}")

    client("POST", "/Users", {"schemas": [], "userName": "by-jwt@example.com"})

    with accepting.bridge.directory.read() as connection:
        actors = connection.execute(text("SELECT DISTINCT actor FROM audit")).scalars().all()
    assert f"jwt:{CLIENT}" in actors


@pytest.mark.parametrize("subject", ["", "two\r\nlines", "x" * 101, "<script>", None])
def test_a_jwt_about_nobody_that_could_be_named_is_refused(
    issuer: Issuer, subject: str | None
) -> None:
    anybody = JwtIssuer(ISSUER, AUDIENCE, None, frozenset(), KeySet(f"{issuer.url}/keys"))
    assert anybody.subject(issuer.sign(appid=None)) == "a-subject"

    with pytest.raises(Unauthorized):
        anybody.subject(issuer.sign(appid=None, sub=subject))


# --- where the keys come from -----------------------------------------------------------------


class Moment:
    """Seconds that pass when they are told to."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def own() -> Iterator[Issuer]:
    with open_issuer() as opened:
        yield opened


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def keys(own: Issuer, moment: Moment) -> KeySet:
    return KeySet(f"{own.url}/keys", clock=moment)


def test_keys_are_fetched_once_an_hour(own: Issuer, keys: KeySet, moment: Moment) -> None:
    for seconds in (0, 1, 3599):
        moment.seconds = seconds
        assert keys.find("one") is not None
    assert own.fetched == 1

    moment.seconds = 3601
    keys.find("one")

    assert own.fetched == 2


def test_a_new_key_is_found_at_once_and_a_made_up_one_is_not_asked_for_twice(
    own: Issuer, keys: KeySet, moment: Moment
) -> None:
    keys.find("one")
    own.add_key("two", kind="EC")
    moment.seconds = 31
    assert keys.find("two") is not None

    for number in range(100):
        assert keys.find(f"made-up-{number}") is None

    assert own.fetched == 2


def test_a_key_that_was_withdrawn_is_not_trusted_for_longer_than_an_hour(
    own: Issuer, keys: KeySet, moment: Moment
) -> None:
    own.add_key("two", kind="EC")
    keys.find("two")
    del own.signing["two"]

    moment.seconds = 3601

    assert keys.find("two") is None


def test_the_last_keys_serve_for_a_day_while_the_issuer_is_down(
    own: Issuer, keys: KeySet, moment: Moment
) -> None:
    keys.find("one")
    own.status = 500
    moment.seconds = 86_400
    assert keys.find("one") is not None

    moment.seconds = 86_401

    with pytest.raises(TemporarilyUnavailable):
        keys.find("one")


@pytest.mark.parametrize(
    ("status", "served"),
    [
        (500, None),
        (302, None),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, []),
        (200, {"keys": []}),
        (200, {"keys": {"a": 1}}),
        (200, {"keys": ["one", {"kid": "one"}, {"kid": 1, "kty": "RSA"}]}),
        (200, {"keys": [{"kid": "one", "kty": "oct", "k": "c2VjcmV0"}]}),
        (200, {"keys": [{"kid": "one", "kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
        (200, {"keys": [{"kid": "one", "kty": "RSA", "n": 5, "e": "AQAB"}]}),
        (200, {"keys": [{"kid": "one", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}),
        (200, b" " * 300_000),
    ],
)
def test_what_is_no_set_of_keys_is_an_outage_of_the_issuer(
    own: Issuer, keys: KeySet, status: int, served: Any
) -> None:
    own.status, own.served = status, served

    with pytest.raises(TemporarilyUnavailable) as raised:
        keys.find("one")

    assert raised.value.retry_after == 30


def test_a_key_that_is_not_for_signatures_or_too_short_is_left_out(
    own: Issuer, keys: KeySet
) -> None:
    own.add_key("short", bits=1024)
    own.add_key("private", kind="EC")
    own.served = {
        "keys": [
            own.public("one"),
            own.public("short"),
            {**own.public("one"), "kid": "enc", "use": "enc"},
            {**own.public("private"), "d": "AQAB"},
            {**own.public("one"), "kid": "unknown", "kty": "OKP"},
        ]
    }

    found = [kid for kid in ("one", "short", "enc", "private", "unknown") if keys.find(kid)]

    assert found == ["one"]


def test_an_issuer_that_is_down_does_not_say_that_the_token_is_bad(tmp_path: Any) -> None:
    with open_issuer() as issuer:
        issuer.status = 500
        with open_world(tmp_path, policy=issuer.policy()) as world:
            answer = get(world, issuer.sign())

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")

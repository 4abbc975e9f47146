"""Sign-in by an OpenID provider that runs beside the test and speaks HTTP."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import oidc_provider_mock
import pytest
from joserfc import jwk, jwt
from oidc_provider_mock import User

from tutorpulse.errors import SettingsError, SignInError, UnavailableError
from tutorpulse.service.access import oidc, provider
from tutorpulse.service.access.oidc import Pending, Provider, Vouched
from tutorpulse.service.access.roles import claim_at, role_of
from tutorpulse.settings import Settings

BACK = "http://127.0.0.1:8600/login/provider/done"
PEOPLE = [
    User(sub="7", claims={"preferred_username": "dana", "groups": ["staff", "ops"]}),
    User(sub="8", claims={"groups": "staff"}),
    User(sub="9", claims={"preferred_username": "eve", "groups": ["guests"]}),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(user_claims=PEOPLE, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def settings(issuer: str, tmp_path: Path) -> Settings:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    return Settings(
        oidc_client_secret_file=str(secret),
        oidc_issuer=issuer,
        oidc_client_id="pulse",
        oidc_viewers=("staff",),
        oidc_operators=("ops",),
        oidc_admins=("it",),
    )


@dataclass
class Trip:
    """To the provider's page and back."""

    door: Provider
    pending: Pending
    answer: dict[str, str]

    def end(self) -> Vouched:
        return self.door.finish(self.pending, self.answer, BACK)


def trip(settings: Settings, subject: str, **form: str) -> Trip:
    door = Provider(settings)
    address, pending = door.begin(BACK, "/tutors")
    came_back = httpx.post(address, data={"sub": subject, **form}).headers["location"]
    assert came_back.startswith(BACK)
    return Trip(door, pending, dict(parse_qsl(urlsplit(came_back).query)))


def test_the_provider_says_who_it_is_and_a_claim_gives_the_role(settings: Settings, issuer: str) -> None:
    there = trip(settings, "7")
    assert there.pending.onward == "/tutors"
    assert there.end() == Vouched(issuer, "7", "dana", "operator")


def test_without_a_name_the_subject_is_the_name(settings: Settings) -> None:
    found = trip(settings, "8").end()
    assert (found.name, found.role) == ("8", "viewer")


@pytest.mark.parametrize(
    ("methods", "secret", "basic", "posted"),
    [
        (("client_secret_basic",), True, True, None),
        (("client_secret_post",), True, False, "hush"),
        (("client_secret_basic",), False, False, None),
    ],
    ids=["basic", "post", "public"],
)
def test_a_client_shows_its_secret_as_the_provider_takes_it(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    methods: tuple[str, ...],
    secret: bool,
    basic: bool,
    posted: str | None,
) -> None:
    chosen = settings if secret else msgspec.structs.replace(settings, oidc_client_secret_file="")
    door, seen = Provider(chosen), []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id_token": "i", "access_token": "a"})

    monkeypatch.setattr(oidc, "client_of", lambda: httpx.Client(transport=httpx.MockTransport(answered)))
    about = provider.About("i", "", "https://id.example/token", "", None, methods)
    door._about = about, jwk.KeySet([]), time.monotonic() + 60
    door._exchanged("the code", Pending("s", "n", "v", "/"), BACK)
    form = dict(parse_qsl(seen[0].content.decode()))
    assert (form["code_verifier"], form["client_id"], form.get("client_secret")) == ("v", "pulse", posted)
    assert ("authorization" in seen[0].headers) == basic


def test_who_has_no_role_here_is_told_which_claim_lacks(settings: Settings) -> None:
    with pytest.raises(
        SignInError, match=r"nothing in its claim 'groups' gives you a role here\. Ask an admin"
    ):
        trip(settings, "9").end()


def test_a_refusal_of_the_provider_is_told(settings: Settings) -> None:
    there = trip(settings, "7", action="deny")
    there.answer["state"] = there.pending.state  # The one beside the test forgets it.
    with pytest.raises(SignInError, match="The provider refused: access_denied"):
        there.end()


def test_an_answer_to_another_browser_is_refused(settings: Settings) -> None:
    there = trip(settings, "7")
    there.answer["state"] = "forged"
    with pytest.raises(SignInError, match="begun elsewhere, or took too long"):
        there.end()


def test_a_code_works_once(settings: Settings) -> None:
    there = trip(settings, "7")
    there.end()
    with pytest.raises(SignInError, match="did not take the code"):
        there.end()


def test_an_id_token_of_another_sign_in_is_refused(settings: Settings) -> None:
    there = trip(settings, "7")
    there.pending = msgspec.structs.replace(there.pending, nonce="another")
    with pytest.raises(SignInError, match="What the provider says does not hold"):
        there.end()


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": int(time.time()) - 3_600},
        {"nonce": "another"},
        {"azp": "another"},
        {"sub": None},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_claims_that_are_not_for_this_sign_in_are_refused(
    settings: Settings, wrong: dict[str, object]
) -> None:
    key, door = jwk.RSAKey.generate_key(2048), Provider(settings)
    about = provider.About("https://id.example", "", "", "")
    door._about = about, jwk.KeySet([key]), time.monotonic() + 60
    now_s = int(time.time())
    good = {"iss": about.issuer, "aud": "pulse", "sub": "7", "exp": now_s + 60, "iat": now_s, "nonce": "n"}

    def verified(claims: dict[str, object]) -> dict[str, object]:
        return door._verified(jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key), "n")

    assert verified(good)["sub"] == "7"
    with pytest.raises(SignInError, match="What the provider says"):
        verified(good | wrong)


def test_a_token_without_the_providers_signature_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs, door = jwk.RSAKey.generate_key(2048), jwk.RSAKey.generate_key(2048), Provider(settings)
    monkeypatch.setattr(oidc, "asked", lambda _issuer: (provider.About("i", "", "", ""), jwk.KeySet([ours])))
    forged = jwt.encode({"alg": "RS256"}, {"iss": "i"}, theirs)
    with pytest.raises(SignInError, match="does not hold"):
        door._verified(forged, "n")
    unsigned = forged.split(".")[1]
    with pytest.raises(SignInError, match="does not hold"):
        door._verified(f"eyJhbGciOiJub25lIn0.{unsigned}.", "n")


def test_keys_that_the_provider_changed_are_fetched_anew(settings: Settings) -> None:
    there = trip(settings, "7")
    about, _, until = there.door._about or (None, None, 0.0)
    assert about
    there.door._about = about, jwk.KeySet([jwk.RSAKey.generate_key(2048, {"kid": "old"})]), until
    assert there.end().name == "dana"


def test_a_provider_that_cannot_be_reached_is_said_to_be_so() -> None:
    nobody = Settings(oidc_issuer="http://127.0.0.1:9", oidc_client_id="pulse", oidc_viewers=("*",))
    with pytest.raises(UnavailableError, match=r"The provider at 127\.0\.0\.1 cannot be reached"):
        Provider(nobody).begin(BACK, "/")


def test_a_provider_of_another_name_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "issuer": "https://evil.example",
        "authorization_endpoint": "",
        "token_endpoint": "",
        "jwks_uri": "",
    }
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=told))
    monkeypatch.setattr(provider, "client_of", lambda: httpx.Client(transport=transport))
    with pytest.raises(UnavailableError, match=r"calls itself https://evil\.example\. Mend oidc_issuer"):
        Provider(settings).begin(BACK, "/")


def test_something_that_is_no_provider_is_said_to_be_none(issuer: str) -> None:
    with pytest.raises(UnavailableError, match=r"answer from .* cannot be read: status 404"):
        provider.asked(issuer + "/nowhere")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"oidc_issuer": "http://id.example"}, "must begin with https://"),
        ({"oidc_client_id": ""}, "needs oidc_client_id"),
        ({"oidc_viewers": (), "oidc_operators": (), "oidc_admins": ()}, "lets nobody in as long as"),
        (
            {"oidc_client_secret_file": "no/such/file"},
            "oidc_client_secret_file = 'no/such/file' cannot be read",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(
    settings: Settings, changed: dict[str, object], message: str
) -> None:
    assert oidc.configured(settings)
    assert not oidc.configured(Settings())
    with pytest.raises(SettingsError, match=message):
        oidc.configured(msgspec.structs.replace(settings, **changed))


def test_a_claim_is_found_by_its_name_or_by_dots() -> None:
    claims = {"https://x.example/roles": ["a"], "realm_access": {"roles": ["b"]}, "flat": "c"}
    assert claim_at(claims, "https://x.example/roles") == ["a"]
    assert claim_at(claims, "realm_access.roles") == ["b"]
    assert claim_at(claims, "flat.deeper") is None
    assert claim_at(claims, "nothing") is None


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["it", "staff"], "admin"),
        (["ops", "staff"], "operator"),
        ("staff", "viewer"),
        (["*"], None),
        ([7], None),
        (None, None),
    ],
)
def test_the_highest_role_that_a_claim_gives_counts(
    settings: Settings, groups: object, role: str | None
) -> None:
    assert role_of({"groups": groups}, settings) == role


def test_everybody_may_be_a_viewer(settings: Settings) -> None:
    open_to_all = msgspec.structs.replace(settings, oidc_viewers=("*",))
    assert role_of({}, open_to_all) == "viewer"
    assert role_of({"groups": ["it"]}, open_to_all) == "admin"

"""Who may see what: every real route of the exporter with every credential, and whatever else a header may hold."""

import asyncio
import base64
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.processes import free_port
from monitor.exporter.scopes import METRICS, SCOPES
from monitor.exporter.service import Service
from monitor.http.access import Rules, Scope, digest_of, tokens_of
from monitor.http.guard import ScopeMissing, require_scopes
from monitor.listening.tokens import SHORTEST, TokensUnusable, rules_of
from monitor.settings import AccessSettings
from tests.eventually import wait_until
from tests.exporter.serving import listening
from tests.exporter.world import World, configuration, missions

FIGURES_TOKEN, MISSIONS_TOKEN = "f" * SHORTEST, "m" * SHORTEST
EXAMPLES = {"area": "oslo", "period": "2024-05", "name": "none.css"}
"""What stands for a part of an address."""
ACCESS = {
    "figures_tokens": FIGURES_TOKEN, "missions_tokens": MISSIONS_TOKEN, "figures_groups": ["readers"],
    "missions_groups": ["duty officers", "auditors"],
}  # fmt: skip
Headers = tuple[tuple[str, str], ...]


def login(user: str, groups: str | None = None) -> Headers:
    """What a proxy tells of its visitor."""
    return (("X-Forwarded-User", user), *([] if groups is None else [("X-Forwarded-Groups", groups)]))


def bearer(token: str) -> Headers:
    return (("Authorization", f"Bearer {token}"),)


NOTHING, FIGURES, ALL = set[Scope](), {Scope.FIGURES}, {Scope.FIGURES, Scope.MISSIONS}
CREDENTIALS: dict[str, tuple[Headers, set[Scope]]] = {
    "nothing": ((), NOTHING),
    "token for figures": (bearer(FIGURES_TOKEN), FIGURES),
    "token for missions": (bearer(MISSIONS_TOKEN), ALL),
    "scheme in other letters": ((("Authorization", f"bEARER  {MISSIONS_TOKEN} "),), ALL),
    "wrong token": (bearer("x" * SHORTEST), NOTHING),
    "beginning of a token": (bearer(MISSIONS_TOKEN[:-1]), NOTHING),
    "token and more": (bearer(MISSIONS_TOKEN + "m"), NOTHING),
    "token in capitals": (bearer(MISSIONS_TOKEN.upper()), NOTHING),
    "no token": ((("Authorization", "Bearer"),), NOTHING),
    "token as a password": (
        (("Authorization", "Basic " + base64.b64encode(f"x:{MISSIONS_TOKEN}".encode()).decode()),), NOTHING),
    "token without its scheme": ((("Authorization", MISSIONS_TOKEN),), NOTHING),
    "two tokens": (bearer(FIGURES_TOKEN) + bearer(MISSIONS_TOKEN), NOTHING),
    "token as a cookie": ((("Cookie", f"Authorization=Bearer {MISSIONS_TOKEN}"),), NOTHING),
}  # fmt: skip
"""Headers, and what they give, whoever sends them."""
OF_A_PROXY: dict[str, tuple[Headers, set[Scope]]] = {
    "somebody": (login("kari"), NOTHING),
    "a reader": (login("kari", "readers"), FIGURES),
    "an officer": (login("kari", "staff, duty officers"), ALL),
    "somebody of another group": (login("kari", "staff,readers2"), NOTHING),
    "a group in capitals": (login("kari", "READERS"), NOTHING),
    "nobody, with a group": (login("", "auditors"), NOTHING),
    "a group without a user": ((("X-Forwarded-Groups", "auditors"),), NOTHING),
    "groups twice": ((*login("kari", "staff"), ("X-Forwarded-Groups", "auditors")), NOTHING),
    "users twice": ((*login("kari", "auditors"), ("X-Forwarded-User", "ola")), NOTHING),
    "underscores": ((("X_Forwarded_User", "kari"), ("X_Forwarded_Groups", "auditors")), NOTHING),
    "a user, and a token for figures": (login("kari", "staff") + bearer(FIGURES_TOKEN), FIGURES),
    "a reader with a password of the proxy's": (
        (*login("kari", "readers"), ("Authorization", "Basic a2FyaTo=")), FIGURES),
}  # fmt: skip
"""What these give where the connection comes from a declared proxy."""


def routes(application: web.Application) -> list[str]:
    """Every path of an application, as it was declared."""
    return sorted({resource.canonical for resource in application.router.resources()})


def address(route: str) -> str:
    """One address of a route."""
    return re.sub(r"\{(\w+)\}", lambda part: EXAMPLES[part[1]], route) + (
        "?period=2024-05" if route.endswith("/missions") else ""
    )


@asynccontextmanager
async def served(
    access: Mapping[str, object], exporter: Mapping[str, object] | None = None
) -> AsyncIterator[tuple[World, aiohttp.ClientSession]]:
    """The exporter with these settings, ready; and a client of it."""
    world = World(configured=configuration(access=access, exporter=exporter))
    await world.tell(missions(3, late=1))
    async with listening(world) as url, aiohttp.ClientSession(url) as session:
        await wait_until(lambda: _ready(session), "readiness")
        yield world, session


async def _ready(session: aiohttp.ClientSession) -> bool:
    return await status(session, "/readyz") == 200


async def status(session: aiohttp.ClientSession, path: str, headers: Headers = (), method: str = "GET") -> int:
    """What is answered; of a stream, the beginning."""
    async with session.request(method, path, headers=list(headers)) as answer:
        return answer.status


def expected(scope: Scope, given: set[Scope]) -> set[int]:
    """What a route of a scope answers to whom this was given."""
    if scope is Scope.OPEN or scope in given:
        return {200, 404}  # of what is not there: it was looked for
    return {403} if given else {401}


async def test_every_route_has_a_scope() -> None:
    """The table is that of the routes; a new one without a scope keeps the exporter from starting."""
    world = World()
    refresh = world.refresh()
    application = Service(world.configuration, refresh, world.clock, world.reading).application()
    assert routes(application) == sorted(SCOPES)
    application.router.add_get("/new", nobodys)
    with pytest.raises(ScopeMissing, match="/new"):
        require_scopes(application, SCOPES)
    refresh.close()


async def nobodys(_request: web.Request) -> web.Response:
    """A handler that nobody may reach."""
    raise AssertionError


@pytest.mark.parametrize("proxies", [[], ["127.0.0.0/8", "::1"], ["192.0.2.1"]], ids=["none", "ours", "another"])
async def test_every_route_by_every_credential(proxies: list[str]) -> None:
    """Each with what it gives, and with nothing more; headers of a proxy count from a proxy's address alone."""
    access = ACCESS | {"proxies": proxies or ["203.0.113.9"]}
    believed = proxies[:1] == ["127.0.0.0/8"]
    wrong = []
    async with served(access) as (_, session):
        for name, (headers, gives) in (CREDENTIALS | OF_A_PROXY).items():
            given = gives if name in CREDENTIALS or believed else ALONE.get(name, NOTHING)
            for route, scope in SCOPES.items():
                for method in ("GET", "HEAD"):
                    found = await status(session, address(route), headers, method)
                    if found not in expected(scope, given):
                        wrong.append(f"{method} {route} with {name}: {found}")
    assert wrong == []


ALONE = {"a user, and a token for figures": FIGURES}
"""What is left where the proxy's part is not believed."""


async def test_where_nothing_is_configured_figures_are_open_and_missions_are_not() -> None:
    """As before; and no header makes it otherwise."""
    async with served({}) as (_, session):
        for headers, _gives in (CREDENTIALS | OF_A_PROXY).values():
            for route, scope in SCOPES.items():
                assert await status(session, address(route), headers) in expected(scope, FIGURES), route


async def test_tokens_for_missions_alone_leave_figures_open() -> None:
    """Whoever wants figures closed says so."""
    async with served({"missions_tokens": MISSIONS_TOKEN}) as (_, session):
        assert await status(session, "/") == 200
        assert await status(session, address("/api/v1/missions")) == 403
        assert await status(session, address("/api/v1/missions"), bearer(MISSIONS_TOKEN)) == 200


async def test_whoever_is_logged_in_sees_figures_where_no_group_is_named() -> None:
    """And missions never without one."""
    async with served({"proxies": ["127.0.0.1"]}) as (_, session):
        assert await status(session, "/", login("kari")) == 200
        assert await status(session, "/") == 401
        assert await status(session, address("/api/v1/missions"), login("kari", "auditors")) == 403


async def test_a_refusal_says_what_is_missing_and_nothing_else() -> None:
    """A challenge that clients understand; neither token nor question is repeated."""
    async with (
        served(ACCESS) as (_, session),
        session.get("/?secret=hunter2", headers={"Authorization": "Bearer hunter2"}) as answer,
    ):
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "hunter2" not in await answer.text() + str(answer.headers)


async def test_readiness_is_told_to_everybody_and_its_reason_to_some() -> None:
    """A probe has no login; addresses of servers are in the reasons."""
    async with served(ACCESS) as (world, session):
        world.spoil()

        async def unready() -> bool:
            return await status(session, "/readyz") == 503

        await wait_until(unready, "the exporter to be unready")
        async with session.get("/readyz") as answer:
            assert await answer.text() == "not ready\n"
        async with session.get("/readyz", headers=dict(bearer(FIGURES_TOKEN))) as answer:
            assert "cannot read" in await answer.text()


async def test_tokens_are_changed_without_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new one beside the old, then the old one taken out; a file that cannot be used changes nothing."""
    file = tmp_path / "tokens"
    file.write_text(f"{FIGURES_TOKEN}\n")
    async with served({"figures_tokens_file": file}) as (_, session):
        new = "n" * SHORTEST
        assert await status(session, "/", bearer(new)) == 401
        file.write_text(f"{FIGURES_TOKEN}\n{new}\n")
        await wait_until(lambda: _is(session, new, 200), "the new token")
        assert await status(session, "/", bearer(FIGURES_TOKEN)) == 200
        file.write_text("short\n")

        async def told() -> bool:
            assert await status(session, "/", bearer(FIGURES_TOKEN)) == 200
            return "cannot be used" in caplog.text

        await wait_until(told, "the fault to be told")
        file.write_text(f"{new}\n")
        await wait_until(lambda: _is(session, FIGURES_TOKEN, 401), "the old token to be gone")
        assert "short" not in caplog.text.replace("shorter", "")


async def _is(session: aiohttp.ClientSession, token: str, wanted: int) -> bool:
    return await status(session, "/", bearer(token)) == wanted


async def test_metrics_have_a_port_of_their_own() -> None:
    """Then the board's has none of them, and theirs nothing else."""
    port = free_port()
    async with served(ACCESS, {"metrics_port": port}) as (_, session):
        assert await status(session, METRICS, bearer(FIGURES_TOKEN)) == 404
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as theirs:
            assert await status(theirs, METRICS, bearer(FIGURES_TOKEN)) == 200
            assert await status(theirs, METRICS) == 401
            for route in SCOPES.keys() - {METRICS}:
                assert await status(theirs, address(route), bearer(MISSIONS_TOKEN)) == 404
            assert await status(theirs, METRICS, (("Host", "evil.example"), *bearer(FIGURES_TOKEN))) == 421


@pytest.mark.parametrize("logged", ["nothing", "requests", "requests_and_addresses"])
async def test_an_access_log_holds_nothing_of_a_person(logged: str, caplog: pytest.LogCaptureFixture) -> None:
    """Method, route, status, time: no question, no token, no user; an address where it is wanted."""
    caplog.set_level(logging.INFO, "monitor.http.requests")
    async with served(ACCESS | {"proxies": ["127.0.0.1"]}, {"access_log": logged}) as (_, session):
        caplog.clear()
        headers = (*login("kari.nordmann", "readers"), *bearer("t" * SHORTEST))
        for path in ("/area/oslo?token=hunter2", "/nobody/hunter2", "/area/hunter2", "/"):
            await status(session, path, headers)
        await status(session, "/?hunter2")
        await status(session, "/", (("Host", "evil.example"),))
        await status(session, "/", headers, "PROPFIND")
    lines = [record.getMessage() for record in caplog.records if record.name == "monitor.http.requests"]
    told = "\n".join(lines)
    assert not re.search("hunter2|HUNTER2|kari|tttt|readers|evil", told)
    assert ("127.0.0.1" in told) is (logged == "requests_and_addresses")
    if logged == "nothing":
        assert lines == []
        return
    assert [" ".join(line.split()[:-2 if logged == "requests" else -3]) for line in lines] == [
        "GET /area/{area} 200", "GET nothing 404", "GET /area/{area} 404", "GET / 200", "GET / 401", "GET / 421",
        "another method nothing 405",
    ]  # fmt: skip


async def test_a_list_of_missions_is_what_the_command_prints() -> None:
    """With their ids, the worst first; what cannot be asked is told, and not repeated."""
    async with served({"missions_tokens": MISSIONS_TOKEN}) as (_, session):
        headers = dict(bearer(MISSIONS_TOKEN))
        async with session.get("/api/v1/missions?period=2024-06&area=oslo", headers=headers) as answer:
            told = await answer.json()
            assert answer.headers["Cache-Control"] == "no-store"
        assert (told["question"], told["sealed"], told["left_out"]) == ("late", 0, 0)
        assert [dict(zip(told["columns"], row, strict=True))["mission_id"] for row in told["missions"]] == ["m-0"]
        for wrong in (
            "",
            "?period=hunter2",
            "?period=2031",
            "?period=2024&question=hunter2",
            "?period=2024&area=hunter2",
        ):
            async with session.get(f"/api/v1/missions{wrong}", headers=headers) as answer:
                assert (answer.status, "hunter2" in await answer.text()) == (400, False), wrong
        several = [session.get("/api/v1/missions?period=2024", headers=headers) for _ in range(30)]
        found = await asyncio.gather(*several)
        assert {one.status for one in found} <= {200, 503}
        for one in found:
            one.release()


@pytest.mark.parametrize(
    ("access", "told"),
    [
        ({"figures_tokens": "short"}, ["MONITOR_ACCESS__FIGURES_TOKENS: token 1 is shorter"]),
        (
            {"figures_tokens": f"{FIGURES_TOKEN},with blank {FIGURES_TOKEN}", "missions_tokens_file": "nowhere"},
            ["token 2", "access.missions_tokens_file: nowhere: no such file"],
        ),
    ],
)
def test_tokens_that_cannot_be_used_are_told_at_once_and_not_shown(
    access: dict[str, object], told: list[str]
) -> None:
    """By where they stand and which of them."""
    with pytest.raises(TokensUnusable) as caught:
        rules_of(AccessSettings.model_validate(access))
    assert all(one in str(caught.value) for one in told), caught.value
    assert FIGURES_TOKEN not in str(caught.value)


def test_an_empty_file_of_tokens_closes_nothing_by_mistake(tmp_path: Path) -> None:
    """It is a fault: whoever named it meant to close something."""
    (tmp_path / "tokens").write_text("\n\n")
    with pytest.raises(TokensUnusable, match="holds no token"):
        rules_of(AccessSettings(figures_tokens_file=tmp_path / "tokens"))


RULES = Rules(
    tokens=tokens_of([FIGURES_TOKEN], [MISSIONS_TOKEN]),
    proxies=(ip_network("10.0.0.0/24"),),
    missions_groups=frozenset({"auditors"}),
    closed=True,
)
WORDS = st.sampled_from(
    ["Bearer", "bearer", "Basic", FIGURES_TOKEN, MISSIONS_TOKEN, MISSIONS_TOKEN[:-1], ",", "\t", " "]
)
LINES = st.lists((WORDS | st.text(max_size=8)), max_size=5).map("".join)


@given(st.lists(LINES, max_size=3))
def test_no_authorization_gives_more_than_its_token(lines: list[str]) -> None:
    """What is given is of the one token that stands there alone, whole, behind its scheme."""
    given = RULES.by_token(lines)
    if given:
        (line,) = lines
        scheme, _, token = line.strip().partition(" ")
        assert scheme.lower() == "bearer"
        assert given == RULES.tokens[digest_of(token.strip())]


PEERS = st.ip_addresses().map(str) | st.sampled_from(
    ["10.0.0.7", "::ffff:10.0.0.7", "10.0.1.7", "", "10.0.0.7.evil.example", "fe80::1%eth0", "10.0.0.07"]
)
GROUPS = st.lists(
    st.sampled_from(["auditors", "staff", " auditors ", "auditors2", ",", ""]) | st.text(max_size=6), max_size=3
)


@given(PEERS, st.lists(st.text(max_size=6), max_size=3), GROUPS)
def test_no_header_gives_anything_but_from_a_proxy(peer: str, users: list[str], groups: list[str]) -> None:
    """One user, at most one line of groups, an address of its network; missions for a group that is named alone."""
    given = RULES.by_proxy(peer, users, groups)
    believed = peer in {"10.0.0.7", "::ffff:10.0.0.7"} or (peer.startswith("10.0.0.") and RULES.believes(peer))
    if given:
        assert believed
        assert len(users) == 1
        assert users[0].strip()
        assert len(groups) <= 1
    named = {one.strip() for line in groups for one in line.split(",")}
    assert (Scope.MISSIONS in given) <= ("auditors" in named)

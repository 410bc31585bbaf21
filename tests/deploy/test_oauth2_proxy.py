"""The example with oauth2-proxy: its options exist, its files fit together, and the exporter does what it says."""

import json
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any, Final, Self

import aiohttp
import pytest
import yaml
from aiohttp import web
from compose_spec import PyCompose

from monitor.settings import load
from tests.compose.stack import FILE, filled_in
from tests.eventually import wait_until
from tests.exporter.serving import listening
from tests.exporter.world import World, configuration, missions

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "oauth2-proxy"
OPTIONS: Final[Mapping[str, type]] = {
    "provider": str, "oidc_issuer_url": str, "client_id": str, "client_secret_file": str, "scope": str,
    "oidc_groups_claim": str, "code_challenge_method": str, "email_domains": list, "redirect_url": str,
    "https_address": str, "tls_cert_file": str, "tls_key_file": str, "cookie_name": str, "cookie_secret_file": str,
    "cookie_secure": bool, "cookie_samesite": str, "cookie_expire": str, "upstreams": list, "pass_host_header": bool,
    "pass_user_headers": bool, "pass_basic_auth": bool, "pass_access_token": bool, "pass_authorization_header": bool,
    "skip_auth_strip_headers": bool, "api_routes": list, "request_logging": bool, "silence_ping_logging": bool,
}  # fmt: skip
"""From its documentation (Configuration, Overview, tables of options): keys of its file, and what each is."""
USER, GROUPS = "X-Forwarded-User", "X-Forwarded-Groups"
"""What `pass_user_headers` sends on, by the same tables."""
VARIABLES = {
    "GRAFANA_USER": "operations", "GRAFANA_PASSWORD_FILE": "./secrets/grafana",
    "REDIS_PASSWORD_FILE": "./secrets/redis",
    "OAUTH2_PROXY_IMAGE": "oauth2-proxy@sha256:" + "0" * 64,
}  # fmt: skip


def config() -> dict[str, Any]:
    """The proxy's file."""
    return tomllib.loads((EXAMPLE / "oauth2-proxy.cfg").read_text())


def added() -> dict[str, Any]:
    """What the example adds to the stack, with its variables filled in."""
    found: dict[str, Any] = yaml.safe_load(filled_in((EXAMPLE / "docker-compose.yml").read_text(), VARIABLES))
    return found


def test_every_option_is_one_of_the_proxys() -> None:
    """It would refuse to start with another."""
    assert {key: type(value) for key, value in config().items()} == dict(OPTIONS)


def test_the_example_is_compose() -> None:
    """By its specification; what it builds on is in the stack, and its secrets and networks are declared."""
    stack = yaml.safe_load(filled_in(FILE.read_text(), VARIABLES))
    file = added()
    alone = {"services": {"oauth2-proxy": file["services"]["oauth2-proxy"] | {"depends_on": []}}}
    rest = {key: file[key] for key in ("networks", "secrets")} | {"networks": file["networks"] | {"published": {}}}
    PyCompose.from_json(json.dumps(alone | rest)).validate()
    declared = set(stack["secrets"]) | set(file["secrets"])
    networks = set(stack["networks"]) | set(file["networks"])
    for service in file["services"].values():
        assert set(service["secrets"]) <= declared
        assert set(service["networks"]) <= networks
    assert set(file["services"]) - {"oauth2-proxy"} <= set(stack["services"])
    # Lists replace nothing and mappings are merged: what the exporter had it still has.
    assert set(stack["services"]["exporter"]["networks"]) <= set(file["services"]["exporter"]["networks"])
    assert set(stack["services"]["exporter"]["secrets"]) <= set(file["services"]["exporter"]["secrets"])


def test_what_the_proxy_reads_is_mounted() -> None:
    """Each file of its configuration is a secret of its container, its own file a mount that is there."""
    proxy = added()["services"]["oauth2-proxy"]
    named = {Path(value).name for key, value in config().items() if key.endswith("_file")}
    assert named == set(proxy["secrets"])
    source, target, _ = proxy["volumes"][0].split(":")
    assert (ROOT / source).read_text() == (EXAMPLE / "oauth2-proxy.cfg").read_text()
    assert proxy["command"] == [f"--config={target}"]
    assert proxy["ports"][0].endswith(config()["https_address"].removeprefix("0.0.0.0"))  # noqa: S104


def environment() -> dict[str, str]:
    """What the example sets for the exporter."""
    found: dict[str, str] = added()["services"]["exporter"]["environment"]
    return found


def test_the_exporter_believes_the_proxys_address_and_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One address, that of the container; the headers that it sends; the name that people type."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    settings = load().settings
    network = added()["services"]["oauth2-proxy"]["networks"]["login"]
    assert settings.access.proxies == (f"{network['ipv4_address']}/32",)
    assert (settings.access.user_header, settings.access.groups_header) == (USER, GROUPS)
    assert config()["pass_user_headers"]
    assert config()["skip_auth_strip_headers"]
    board = config()["redirect_url"].removeprefix("https://").partition("/")[0]
    assert board in settings.exporter.hosts
    assert config()["upstreams"] == [f"http://exporter:{settings.exporter.port}/"]


def test_every_address_of_the_network_is_fixed() -> None:
    """Docker would give the first free one, the proxy's, to whoever starts before it."""
    services = added()["services"]
    stack = yaml.safe_load(filled_in(FILE.read_text(), VARIABLES))["services"]
    assert not [name for name, one in stack.items() if "login" in one.get("networks", ())]
    (pool,) = added()["networks"]["login"]["ipam"]["config"]
    gateway, *free = IPv4Network(pool["subnet"]).hosts()
    taken = [IPv4Address(one["networks"]["login"]["ipv4_address"]) for one in services.values()]
    assert len(set(taken)) == len(taken) == len(services)
    assert set(taken) <= set(free), f"{gateway} is the gateway's"


async def test_visitors_see_what_their_groups_give(tmp_path: Path) -> None:
    """By the example's settings, through a proxy that does with headers what oauth2-proxy says it does."""
    token = "t" * 64
    (tmp_path / "tokens").write_text(token + "\n")
    set_for = environment()
    figures, secret = set_for["MONITOR_ACCESS__FIGURES_GROUPS"], set_for["MONITOR_ACCESS__MISSIONS_GROUPS"]
    access = {
        "proxies": ["127.0.0.2"], "figures_groups": [figures], "missions_groups": [secret],
        "figures_tokens_file": tmp_path / "tokens",
    }  # fmt: skip
    world = World(configured=configuration(access=access))
    await world.tell(missions(3, late=1))
    async with listening(world) as url, Proxy(url) as proxy, aiohttp.ClientSession() as session:

        async def status(where: str, path: str, **headers: str) -> int:
            async with session.get(where + path, headers=headers) as answer:
                return answer.status

        async def ready() -> bool:
            return await status(url, "readyz") == 200

        await wait_until(ready, "readiness")
        lists = "api/v1/missions?period=2024"
        seen = {
            who: (await status(proxy.url, "", **as_who), await status(proxy.url, lists, **as_who))
            for who, as_who in {
                "nobody": {}, "another": {"Visitor": "kari;staff"}, "a reader": {"Visitor": f"kari;staff,{figures}"},
                "an officer": {"Visitor": f"ola;{secret}"},
                "who claims to be": {"Visitor": "kari;staff", USER: "ola", GROUPS: secret},
            }.items()
        }  # fmt: skip
        assert seen == {
            "nobody": (401, 401), "another": (401, 401), "a reader": (200, 403), "an officer": (200, 200),
            "who claims to be": (401, 401),
        }  # fmt: skip
        assert await status(url, "", **{USER: "ola", GROUPS: secret}) == 401, "around the proxy"
        assert await status(url, "metrics", Authorization=f"Bearer {token}") == 200


class Proxy:
    """Takes the headers of logins off a request and puts its own there; comes from an address of its own.

    Who the visitor is, and in which groups, stands in `Visitor`, in place of a cookie.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.url = ""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        headers = {}
        if visitor := request.headers.get("Visitor"):
            headers[USER], _, headers[GROUPS] = visitor.partition(";")
        async with self._session.get(self._upstream + request.path_qs.lstrip("/"), headers=headers) as answer:
            return web.Response(status=answer.status, body=await answer.read())

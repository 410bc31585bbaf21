"""``monitor exporter``: serve metrics, page and API from the store until told to stop."""

import asyncio
import logging
import signal
from pathlib import Path

import click

from monitor.exporter.service import serve
from monitor.http.server import AddressUnavailable
from monitor.listening.option import served_behind, web_config_option
from monitor.settings import Configuration
from monitor.wiring import redis_store

_log = logging.getLogger(__name__)


@click.command("exporter")
@click.option("--host", help="Address to listen on. [default: exporter.host of the configuration]")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help="Port to listen on; 0: any free one. [default: exporter.port of the configuration]",
)
@web_config_option("exporter")
@click.pass_obj
def exporter(configuration: Configuration, host: str | None, port: int | None, web_config_file: Path | None) -> None:
    """Serve the verdicts: /metrics for Prometheus, / for people, /api/v1/compliance for programs.

    Reads the store that the workers write to and follows its changes; any number of exporters may run. With the
    store down it goes on serving the last figures, and says so. Ends on SIGTERM or Ctrl-C.
    """
    configuration = served_behind(configuration, "exporter", web_config_file)
    settings = configuration.settings.exporter
    try:
        asyncio.run(
            _run(
                configuration,
                host=settings.host if host is None else host,
                port=settings.port if port is None else port,
            )
        )
    except AddressUnavailable as fault:
        raise click.ClickException(str(fault)) from fault


async def _run(configuration: Configuration, *, host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = redis_store(configuration)
    try:
        await serve(configuration, store, host=host, port=port, stop=stop, ready=_announce)
    finally:
        await store.close()


def _announce(url: str) -> None:
    click.echo(f"Exporter on {url}")

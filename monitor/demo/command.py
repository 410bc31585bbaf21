"""`monitor demo`: everything on one machine, out of wheels, until Ctrl-C."""

import asyncio

import click

from monitor.settings import Configuration


@click.command("demo")
@click.option("--duration", type=click.FloatRange(min=1), metavar="SECONDS",
              help="End by itself after so long.  [default: on Ctrl-C]")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65_535), default=8080, show_default=True,
              help="Port of the page on 127.0.0.1; another free one where it is taken.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 1000), default=400, show_default=True,
              help="Days of history to invent.")  # fmt: skip
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), default=30.0, show_default=True,
              help="New missions a minute that count, in all areas together.")  # fmt: skip
@click.option("--storm-after", type=click.FloatRange(min=0), default=90.0, show_default=True, metavar="SECONDS",
              help="When the storm comes over one area, counted from the first live mission.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 4), default=2, show_default=True, help="Worker processes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other missions.")
@click.pass_obj
def demo(
    configuration: Configuration,
    *,
    duration: float | None,
    port: int,
    days: int,
    rate: float,
    storm_after: float,
    workers: int,
    seed: int,
) -> None:
    """Show the whole monitor on this machine: broker, store, workers and page, with invented missions.

    Starts an embedded Kafka-compatible broker and Redis, sends 400 days of history as the configured service
    declares it (from published figures, where they came along), then live missions, and
    after a while a storm that slows one area down. Prints where to look. A worker that dies (try kill -9) is
    replaced and continues where the store stands. Ctrl-C ends everything; nothing is left behind.
    """
    try:
        from monitor.demo.stage import Show, play  # noqa: PLC0415 - asking for help needs no servers
    except ImportError as fault:
        raise click.ClickException(str(fault)) from fault
    asyncio.run(
        play(
            Show(
                configuration=configuration,
                duration_seconds=duration,
                port=port,
                days=days,
                rate_per_minute=rate,
                storm_after_seconds=storm_after,
                workers=workers,
                seed=seed,
            )
        )
    )

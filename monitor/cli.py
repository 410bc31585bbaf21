"""The command line: which commands there are, what they need, and what their failures mean to a shell.

Decides exit codes: 0 done, 1 something failed at run time, 2 usage or configuration, 130 interrupted. A command is
imported when it is used, so that help is quick and the stream engine is loaded by the worker alone. The
configuration is read only when a command that needs it runs, never to show its help.
"""

import copy
import errno
import functools
import io
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from monitor import log
from monitor.core.fault import Fault
from monitor.core.plain_text import one_line
from monitor.repeated import once, require_once

if TYPE_CHECKING:
    from monitor.settings import Configuration

INTERRUPTED: Final = 130
FAILED: Final = 1
MISUSED: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives, and what it wants: `configured` gets the Configuration as its object."""

    target: str
    summary: str
    configured: bool = True
    warns: bool = False
    """Whether the configuration's warnings are shown when it starts."""


_SERVICE_HELP: Final = (
    "Whose missions: a folder of config/services by its name, or the path of one with a service.toml.  "
    "[default: MONITOR_SERVICE, or as the configuration file says]"
)

COMMANDS: Final[dict[str, Entry]] = {
    "demo": Entry("monitor.demo.command:demo", "Run everything on this machine: broker, store, worker, page."),
    "worker": Entry("monitor.worker.command:worker", "Count mission events from Kafka into the store.", warns=True),
    "feed": Entry("monitor.feeding.command:feed", "Send a source's records as mission events.", warns=True),
    "exporter": Entry(
        "monitor.exporter.command:exporter", "Serve the page, the metrics and the verdicts.", warns=True
    ),
    "report": Entry("monitor.report.command:report", "Judge a year or a part of one."),
    "backtest": Entry("monitor.backtest.command:backtest", "Look back: which pages and tickets would have come."),
    "missions": Entry("monitor.missions.command:missions", "List the missions behind a figure."),
    "history": Entry("monitor.past.command:history", "Write what /metrics would have said, for Prometheus."),
    "convert": Entry("monitor.convert.command:convert", "Make mission events of a source's own files."),
    "simulate": Entry("monitor.simulator.command:simulate", "Write invented mission events."),
    "replay": Entry("monitor.replay:replay", "Send mission events from a file to the topic."),
    "topics": Entry("monitor.topics_command:topics", "Create the topics that are missing."),
    "dead-letters": Entry("monitor.dead_letters.command:dead_letters", "Look at events that could not be counted."),
    "check": Entry("monitor.check:check", "Find everything wrong with the configuration.", configured=False),
    "init": Entry("monitor.init_command:init", "Write a service into a folder of your own.", configured=False),
    "services": Entry("monitor.services_command:services", "List the services, and prove them.", configured=False),
    "generate": Entry("monitor.generate:generate", "Write the generated files of a clone anew."),
}


class Monitor(click.Group):
    """Commands imported on use; failures told in words, with the exit code they deserve."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = _of_a_service(_imported(cmd_name, entry))
        return once(_configured(command, entry) if entry.configured else command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table above: nothing is imported to list the commands."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        require_once(self, ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (KeyboardInterrupt, click.Abort):
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _silence_output()
            ctx.exit(0)  # the reader has seen enough
        except click.ClickException as fault:
            fault.message = "\n".join(map(one_line, fault.message.split("\n")))
            raise
        except click.exceptions.Exit:
            raise
        except Exception as fault:
            if _is_of_streams(fault):
                _silence_output()
            if logging.getLogger("monitor").isEnabledFor(logging.DEBUG):
                logging.getLogger(__name__).debug("this is where it happened", exc_info=True)
            _tell(fault, ctx)
            raise
        return result


@click.group(
    cls=Monitor,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 something failed at run time, 2 wrong usage or configuration, 130 interrupted.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Configuration file.  [default: MONITOR_CONFIG, config/monitor.toml, or the one that came along]",
)
@click.option("--service", metavar="NAME", help=_SERVICE_HELP)
@click.option("--verbose", "-v", is_flag=True, help="Log more, mission ids included, and show where failures happen.")
@click.version_option(package_name="response-time-monitor", prog_name="monitor")
def cli(config: Path | None, service: str | None, verbose: bool) -> None:
    """Response times of emergency missions: percentiles and means, judged by what a service declares.

    Try `monitor demo` first. Every command explains itself with --help.
    """
    del config, service  # read from the context by whoever needs them
    log.set_up(verbose=verbose)


def configured() -> "Configuration":
    """The configuration that --config and --service name, for the command that is running.

    Raises ConfigurationError, which holds every fault.
    """
    from monitor.settings import load  # noqa: PLC0415 - help must not wait for it

    named = click.get_current_context().find_root().params
    return load(named.get("config"), service=named.get("service"))


def _of_a_service(command: click.Command) -> click.Command:
    """The same command with --service, which may stand before its name or after it."""
    command = copy.copy(command)
    if isinstance(command, click.Group):
        command.commands = {name: _of_a_service(one) for name, one in command.commands.items()}
    else:
        option = click.Option(
            ["--service"], metavar="NAME", expose_value=False, callback=_name_service, help=_SERVICE_HELP
        )
        command.params = [*command.params, option]
    return command


def _name_service(ctx: click.Context, option: click.Parameter, named: str | None) -> None:
    said = ctx.find_root().params
    if named is None:
        return
    if said.get("service") not in {None, named}:
        raise click.BadParameter(
            f"{said['service']!r} was named before the command: keep one of the two.", ctx, option
        )
    said["service"] = named


def _imported(name: str, entry: Entry) -> click.Command:
    module, _, attribute = entry.target.partition(":")
    try:
        command = getattr(import_module(module), attribute)
    except ModuleNotFoundError as fault:
        if fault.name is not None and module.startswith(fault.name):
            raise click.UsageError(f"The command {name!r} is not part of this installation.") from fault
        raise click.ClickException(
            f"The command {name!r} needs the package {fault.name!r}, which is not installed: "
            "pip install '.[demo]' in a clone of the project"
        ) from fault
    except ImportError as fault:
        raise click.ClickException(str(fault)) from fault
    if not isinstance(command, click.Command):
        raise TypeError(f"{entry.target} is no click command")
    return command


def _configured(command: click.Command, entry: Entry) -> click.Command:
    """The same command, for which the configuration is read once its own arguments have proved right."""
    command = copy.copy(command)
    if isinstance(command, click.Group):
        command.commands = {name: _configured(one, entry) for name, one in command.commands.items()}
    elif command.callback is not None:
        command.callback = _with_configuration(command.callback, entry)
    return command


def _with_configuration(callback: Callable[..., Any], entry: Entry) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*args: Any, **kwargs: Any) -> Any:
        configuration = configured()
        if entry.warns:
            for fault in [*configuration.warnings, *_of_files(configuration, entry)]:
                click.echo(one_line(f"{fault.severity}: {fault.where}: {fault.message}"), err=True)
        click.get_current_context().obj = configuration
        return callback(*args, **kwargs)

    return run


def _of_files(configuration: "Configuration", entry: Entry) -> list[Fault]:
    """Warnings about the files that a starting command reads. Raises ConfigurationError with every fault."""
    from monitor.listening.looked_at import port_faults  # noqa: PLC0415 - help must not wait for it
    from monitor.settings import ConfigurationError, open_secrets  # noqa: PLC0415

    name = next(name for name, one in COMMANDS.items() if one is entry)
    found = [*open_secrets(configuration), *port_faults(configuration, (name,))]
    if any(fault.severity == "error" for fault in found):
        raise ConfigurationError(found)
    return found


def _tell(fault: Exception, ctx: click.Context) -> None:
    """End with a message where the failure is one that a user can act on; return where it is a bug."""
    from monitor.core.stored import StoredStateError  # noqa: PLC0415 - only on failure
    from monitor.kafka.clients import KafkaMisconfigured, TopicMissing  # noqa: PLC0415
    from monitor.kafka.topics import TopicRefused  # noqa: PLC0415
    from monitor.settings import ConfigurationError  # noqa: PLC0415
    from monitor.store.port import StoreUnavailable  # noqa: PLC0415

    if isinstance(fault, ConfigurationError):
        for one in fault.faults:
            _say(one_line(f"{one.severity}: {one.where}: {one.message}"))
        ctx.exit(MISUSED)
    if isinstance(fault, KafkaMisconfigured):
        _end(ctx, fault, MISUSED)
    # BrokerUnreachable and files that cannot be read are OSErrors.
    if isinstance(fault, OSError | StoreUnavailable | StoredStateError | TopicMissing | TopicRefused):
        _end(ctx, fault, FAILED)


def _end(ctx: click.Context, fault: Exception, code: int) -> NoReturn:
    _say(one_line(f"error: {_in_words(fault)}"))
    ctx.exit(code)


def _say(words: str) -> None:
    """On standard error, if anybody listens: whether somebody does must not change the exit code."""
    with suppress(OSError, ValueError):
        click.echo(words, err=True)


_STREAM_FAULTS: Final = (errno.EBADF, errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO)


def _is_of_streams(fault: BaseException) -> bool:
    """Whether standard input or output failed: other errors name a file, or are of a kind of their own."""
    return type(fault) is OSError and fault.filename is None and fault.errno in _STREAM_FAULTS


def _in_words(fault: Exception) -> str:
    if isinstance(fault, OSError) and _is_of_streams(fault):
        return f"standard input or output cannot be used: {fault.strerror}"
    return str(fault)


def _silence_output() -> None:
    """What is still buffered has nowhere to go; the interpreter would complain about it at exit."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def main() -> NoReturn:
    """Entry point of the console script."""
    take_streams()
    try:
        cli(prog_name="monitor")
    except OSError as fault:  # of a command's own, its group tells; this is of help, version and usage
        if not _is_of_streams(fault):
            raise
        _silence_output()
        _say(f"error: {_in_words(fault)}")
        sys.exit(FAILED)
    sys.exit(0)


def take_streams() -> None:
    """Make the standard streams fit to use, whatever they are: closed, or in an encoding that lacks our letters.

    A closed one is replaced by the null device (else the next socket would be standard output): what is written goes
    nowhere, and reading fails, for a report over events that could not be read must not pass for one over none.
    Letters that the encoding lacks are written as escapes.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY)  # the lowest that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()

"""Options that are given twice: click takes the last and says nothing, so half of what was asked for is not done.

Refuses to know which commands and options there are.
"""

import copy
from collections import Counter

import click


def once(command: click.Command) -> click.Command:
    """The same command, and those below it, where an option that has one value can be given once."""
    command = copy.copy(command)
    if isinstance(command, click.Group):
        command.commands = {name: once(one) for name, one in command.commands.items()}
    parse = command.parse_args

    def parse_args(ctx: click.Context, args: list[str]) -> list[str]:
        require_once(command, ctx, args)
        return parse(ctx, args)

    command.parse_args = parse_args  # type: ignore[method-assign]
    return command


def require_once(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Raises UsageError that names every option given more often than it has values."""
    _, _, given = command.make_parser(ctx).parse_args(args=list(args))
    twice = [
        param.opts[0]
        for param, times in Counter(given).items()
        if times > 1 and isinstance(param, click.Option) and not (param.multiple or param.is_flag or param.count)
    ]
    if twice:
        raise click.UsageError(f"{', '.join(twice)} can be given once: only the last would count.", ctx=ctx)

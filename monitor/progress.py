"""A bar on the terminal for work that takes a while; silence where nobody watches.

Always on standard error, so that results on standard output stay clean.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Advance = Callable[[int, int], None]
"""Takes the work done so far (in the bar's own measure) and the number of things counted beside it."""


@contextmanager
def bar(title: str, total: int | None, *, unit: str) -> Iterator[Advance]:
    """A bar of `total` (None: unknown) that counts `unit`s beside it."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _count: None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]:,} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total, count=0)
        yield lambda done, count: progress.update(task, completed=done, count=count)

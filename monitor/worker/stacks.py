"""Where every task of an event loop stands, for the log of a worker that does not move: code, no values."""

import asyncio
import gc
from types import AsyncGeneratorType, FrameType
from typing import Any, Final

DEEPEST: Final = 50


def stacks(loop: asyncio.AbstractEventLoop) -> str:
    """One paragraph per unfinished task: its name, and what it waits in, outermost first."""
    # Tasks come in no order; two dumps of the same standstill should look the same.
    return "\n".join(sorted(_stack(task) for task in asyncio.all_tasks(loop)))


def _stack(task: "asyncio.Task[Any]") -> str:
    lines = [f"{task.get_name()}:"]
    awaited: Any = task.get_coro()
    while awaited is not None and len(lines) <= DEEPEST:
        frame: FrameType | None = _attribute(awaited, "frame")
        if frame is None:
            # A future, or another thing that ends the chain: its kind says enough, its content may be personal.
            lines.append(f"  {type(awaited).__module__}.{type(awaited).__qualname__}")
            break
        code = frame.f_code
        module = frame.f_globals.get("__name__", "?")
        lines.append(f"  {module}:{frame.f_lineno} {code.co_qualname}")
        awaited = _generator(_attribute(awaited, "await") or _attribute(awaited, "yieldfrom"))
    return "\n".join(lines)


def _generator(awaited: Any) -> Any:
    """The asynchronous generator behind the step of it that is awaited, which has no attribute for it."""
    if type(awaited).__name__ not in ("async_generator_asend", "async_generator_athrow"):
        return awaited
    return next((found for found in gc.get_referents(awaited) if isinstance(found, AsyncGeneratorType)), awaited)


def _attribute(awaited: Any, name: str) -> Any:
    """`cr_<name>`, `gi_<name>` or `ag_<name>`, as coroutines, generators and asynchronous generators call it."""
    for kind in ("cr", "gi", "ag"):
        found = getattr(awaited, f"{kind}_{name}", None)
        if found is not None:
            return found
    return None

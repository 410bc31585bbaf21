"""Who may know whom: the core is pure, the two sides share little, and nothing runs in circles.

Read from the source, imports inside functions included. Each exception states its reason.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]

CORE_LIBRARIES: Final = {"msgspec", "numpy", "fastdigest", "tdigest"}
STATISTICS: Final = "monitor.core.stats"
"""Exact tests and intervals may use scipy; nothing else in the core does."""
OUTSIDE_WORLD: Final = {
    "asyncio", "concurrent", "ctypes", "fcntl", "ftplib", "getpass", "glob", "http", "io", "locale", "logging",
    "mmap", "multiprocessing", "os", "pathlib", "platform", "random", "secrets", "select", "selectors", "shutil",
    "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading",
    "time", "urllib", "uuid",
}  # fmt: skip
"""Standard library that the core does without: clock, randomness, I/O. (zoneinfo reads the tz database: data.)"""
IMPURE_CALLS: Final = {"open", "print", "input", "exec", "eval", "__import__"}
IMPURE_ATTRIBUTES: Final = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("np", "random"), ("numpy", "random"), ("stats", "rvs"),
}  # fmt: skip

FAUST: Final = {"monitor.worker.app", "monitor.worker.engine", "monitor.worker.transport"}
SHARED: Final = {
    "monitor.core", "monitor.store",  # the seam itself
    "monitor.settings", "monitor.wiring", "monitor.clock", "monitor.log", "monitor.progress",  # settings, and use
    "monitor.http", "monitor.listening",  # what every service stands behind
    "monitor.answer",  # the one form of the report's JSON and of the API
}  # fmt: skip
MAY_IMPORT: Final[dict[str, set[str]]] = {
    "monitor.core": {"monitor.core"},
    "monitor.certificates": set(),
    "monitor.store": {"monitor.core", "monitor.store", "monitor.certificates"},
    "monitor.settings": {"monitor.core", "monitor.clock", "monitor.settings"},
    "monitor.http": {"monitor.http"},
    # What ports are served behind stands in settings and in the files that they name.
    "monitor.listening": {"monitor.core", "monitor.http", "monitor.settings", "monitor.listening"},
    "monitor.wiring": {"monitor.core", "monitor.store", "monitor.settings"},
    "monitor.kafka": {"monitor.core", "monitor.settings", "monitor.log", "monitor.kafka", "monitor.certificates"},
    # The vocabulary of metrics is one module for everybody: names only.
    "monitor.metrics": {"monitor.core"},
    # What is published belongs to those who make it and to those who show it.
    "monitor.published": {"monitor.core", "monitor.store", "monitor.settings"},
    "monitor.worker": {*SHARED, "monitor.kafka", "monitor.worker", "monitor.metrics"},
    # A feed stands in the worker's shell, and maps as every feed does.
    "monitor.feeding": {*SHARED, "monitor.kafka", "monitor.worker", "monitor.metrics", "monitor.feeds"},
    "monitor.words": {"monitor.core", "monitor.words"},
    "monitor.answer": {"monitor.core"},
    "monitor.spreadsheet": {"monitor.core"},
    "monitor.templates": set(),
    # Both the board and the report draw with it.
    "monitor.charts": {"monitor.core", "monitor.words", "monitor.templates", "monitor.charts"},
    "monitor.exporter": {
        *SHARED,
        "monitor.exporter",
        "monitor.metrics",
        "monitor.published",
        "monitor.board",
        "monitor.words",
        "monitor.spreadsheet",
        "monitor.alerts",  # the names of the alerts, to tell a silence of ours from others'
        "monitor.missions.told",  # a list of missions is the same for a program and on a terminal
    },
    # The board shows what was published; it knows neither the service nor the store.
    "monitor.board": {
        "monitor.core",
        "monitor.board",
        "monitor.words",
        "monitor.published",
        "monitor.charts",
        "monitor.templates",
    },
    "monitor.report": {
        *SHARED,
        "monitor.report",
        "monitor.words",
        "monitor.event_lines",
        "monitor.charts",
        "monitor.spreadsheet",
        "monitor.templates",
    },
    # History says what the exporter's collector says, of missions read as the report reads them.
    "monitor.past": {
        *SHARED,
        "monitor.past",
        "monitor.metrics",
        "monitor.published",
        "monitor.exporter.collector",
        "monitor.exporter.area_infos",
        "monitor.report.reading",
    },
    # What the alerts would have told, of missions read as the report reads them.
    "monitor.backtest": {
        *SHARED,
        "monitor.backtest",
        "monitor.alerts",
        "monitor.words",
        "monitor.charts",
        "monitor.templates",
        "monitor.report.reading",
    },
    # A list is read as the report is, and called as everything is.
    "monitor.missions": {
        *SHARED,
        "monitor.missions",
        "monitor.words",
        "monitor.spreadsheet",
        "monitor.report.reading",
    },
    # The names of a dead letter's headers are the worker's: it writes them.
    "monitor.dead_letters": {*SHARED, "monitor.kafka", "monitor.dead_letters", "monitor.worker.rejects"},
    "monitor.proofs": {
        "monitor.core",
        "monitor.settings",
        "monitor.wiring",
        "monitor.words",
        "monitor.report.sources",
    },
    # Formats know how they are declared, and what a record is; nothing of services, settings and what becomes of it.
    "monitor.feeds.formats": {"monitor.feeds.declared_types", "monitor.feeds.rows"},
    # What becomes of records is decided by feed file and service alone.
    "monitor.feeds": {"monitor.core", "monitor.settings", "monitor.feeds"},
    # What is read is told by the same refusals as of events, and counted by the same partition.
    "monitor.convert": {*SHARED, "monitor.convert", "monitor.feeds", "monitor.report.sources"},
    "monitor.simulator": {"monitor.core", "monitor.settings", "monitor.clock", "monitor.simulator"},
}
IMPORTS_CLI: Final = {
    "monitor.__main__": "it is the command line",
    "monitor.services_command": "it loads several services, each for itself",
    "monitor.check": "it loads the configuration itself, to show all faults of what --config named",
}


@dataclass(frozen=True, slots=True)
class Module:
    """One module's name, source tree and the modules it imports, with the line of each."""

    name: str
    tree: ast.Module
    imports: dict[str, int]

    def within(self, package: str) -> bool:
        """Whether the module is the package, or lies in it."""
        return inside(self.name, package)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@cache
def modules() -> dict[str, Module]:
    """Every module of the program, by name."""
    files = {file: _name(file) for file in sorted((ROOT / "monitor").rglob("*.py"))}
    names = set(files.values())
    found = {}
    for file, name in files.items():
        tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
        found[name] = Module(name, tree, dict(_imports(name, tree, names, package=file.name == "__init__.py")))
    return found


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(name: str, tree: ast.Module, names: set[str], *, package: bool) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            above = parts[: len(parts) - node.level + package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from monitor.core import digest` imports a module, `from monitor.core.digest import of` a name.
                whole = f"{base}.{alias.name}"
                yield (whole if whole in names else base), node.lineno


def core() -> list[Module]:
    return [module for module in modules().values() if module.within("monitor.core")]


@pytest.mark.parametrize("module", core(), ids=lambda module: module.name)
def test_the_core_imports_only_what_is_pure(module: Module) -> None:
    """Standard library without clock, randomness and I/O; the decoder; numbers; the sketches; the core itself."""
    allowed = (set(sys.stdlib_module_names) - OUTSIDE_WORLD) | CORE_LIBRARIES
    allowed |= {"scipy"} if module.within(STATISTICS) else set()
    foreign = [
        f"{module.name}:{line} imports {name}"
        for name, line in module.imports.items()
        if not inside(name, "monitor.core") and name.partition(".")[0] not in allowed
    ]
    assert foreign == []


@pytest.mark.parametrize("module", core(), ids=lambda module: module.name)
def test_the_core_asks_nobody_for_time_chance_or_files(module: Module) -> None:
    """Time is an argument: no `datetime.now()`, no `date.today()`, no `open()`, no `numpy.random`; so is chance."""
    used = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and (_last(node.value), node.attr) in IMPURE_ATTRIBUTES:
            used.append(f"{module.name}:{node.lineno} uses {_last(node.value)}.{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
            used.append(f"{module.name}:{node.lineno} calls {node.func.id}()")
        elif isinstance(node, ast.ImportFrom) and node.module == "numpy.random":
            # The type of the generator that it is given, and nothing that makes one.
            made = [one.name for one in node.names if one.name != "Generator"]
            used += [f"{module.name}:{node.lineno} imports numpy.random.{name}" for name in made]
    assert used == []


def _last(node: ast.expr) -> str:
    """`datetime` of both `datetime` and `datetime.datetime`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_only_three_modules_know_faust() -> None:
    """The stream engine stays replaceable: the application, its settings and its transport, nobody else."""
    knowing = {
        module.name for module in modules().values() for name in module.imports if name.partition(".")[0] == "faust"
    }
    assert knowing == FAUST


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_knows_only_what_it_may(package: str) -> None:
    """Write side and read side share the core, the store and the settings, and the names of metrics; each itself."""
    foreign = [
        f"{module.name}:{line} imports {name}"
        for module in modules().values()
        if module.within(package)
        for name, line in module.imports.items()
        if inside(name, "monitor") and not any(inside(name, allowed) for allowed in {package, *MAY_IMPORT[package]})
    ]
    assert foreign == []


def test_the_command_line_is_imported_by_nobody() -> None:
    """Commands are found by name, so none of them needs the others to be installed or loaded."""
    importing = {module.name for module in modules().values() if "monitor.cli" in module.imports}
    assert importing == set(IMPORTS_CLI)


def test_one_module_reads_the_wall_clock() -> None:
    """Everything else is told what time it is."""
    clocks = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    reading = {
        f"{module.name}:{node.lineno}"
        for module in modules().values()
        if module.name != "monitor.clock"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and (_last(node.value), node.attr) in clocks
    }
    assert reading == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions count: a circle that is hidden is a circle."""
    graph = {name: sorted(set(module.imports) & modules().keys() - {name}) for name, module in modules().items()}
    assert _circle(graph) is None


def test_the_circle_finder_finds_circles() -> None:
    """The check above is not blind."""
    assert _circle({"a": ["b"], "b": ["c"], "c": ["a"]}) == ["a", "b", "c", "a"]
    assert _circle({"a": ["b", "c"], "b": ["c"], "c": []}) is None


def _circle(graph: dict[str, list[str]]) -> list[str] | None:
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str] | None:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return None
        for other in graph[name]:
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in graph if (found := walk(name, []))), None)

"""The templates of a package, all read alike: everything is escaped, and a name that nobody gave is an error."""

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(package: str, folder: str = "templates", *, tight: bool = True, **names: object) -> Environment:
    """Of a `folder` of a package, with what every template there may use by `names`.

    `tight`: lines that only say what to do leave nothing behind.
    """
    made = Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=tight,
        lstrip_blocks=tight,
        keep_trailing_newline=not tight,
        auto_reload=False,
    )
    made.globals |= names
    return made

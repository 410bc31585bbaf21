"""How a worker ends that cannot go on."""


class WorkerFailed(Exception):  # noqa: N818 - what happened, for the command to report
    """The worker cannot go on; the message says why."""

# syntax=docker/dockerfile:1.7
# One image for every part of the monitor: `docker build -t response-time-monitor .`
# The first stage has compilers and builds; the second has an interpreter, the packages, and nothing to build with.

# By its whole version. By its digest, where a registry can be asked: docs/operations.md, Digests.
ARG PYTHON=3.11.11-slim-bookworm

FROM python:${PYTHON} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/monitor
WORKDIR /source
# The pinned packages first, with their hashes: they change less often than the code.
COPY constraints/run.txt constraints/run.txt
RUN /opt/monitor/bin/python -m pip install --require-hashes --requirement constraints/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY monitor monitor
COPY config config
# The build back end is pinned with the rest; what only builds is taken out again.
RUN /opt/monitor/bin/python -m pip install --no-deps --no-build-isolation . \
    && /opt/monitor/bin/python -m pip uninstall --yes hatchling editables pathspec pluggy trove-classifiers \
    && find /opt/monitor -name __pycache__ -type d -prune -exec rm -rf {} + \
    && /opt/monitor/bin/python -m compileall -q /opt/monitor/lib/python3*/site-packages/monitor

FROM python:${PYTHON} AS run
LABEL org.opencontainers.image.title="response-time-monitor" \
      org.opencontainers.image.description="Live percentile monitor of emergency response times" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 monitor \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin monitor \
    # A new volume takes over the owner of the folder that it is mounted on.
    && install --directory --owner=10001 --group=10001 /history
COPY --from=build /opt/monitor /opt/monitor
# Workers and feeds answer inside the container at least, for the check below.
ENV PATH=/opt/monitor/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MONITOR_WORKER__METRICS_PORT=8001 MONITOR_FEED__METRICS_PORT=8002
# By number, so that a platform that forbids root can see it.
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080 8001 8002
# Whichever part runs; Kubernetes has probes of its own. Commands that end by themselves are gone before it matters.
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=4 \
    CMD ["python", "-m", "monitor.health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["monitor"]
CMD ["--help"]

ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/flagstaff
WORKDIR /src
# The requirements change less often than the code: they are a layer of their own.
COPY requirements.lock ./
RUN /opt/flagstaff/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY connectors connectors
COPY sync_engine sync_engine
RUN /opt/flagstaff/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --system --uid 10001 --home-dir /var/lib/flagstaff --create-home flagstaff \
    && mkdir /etc/flagstaff
COPY --from=build /opt/flagstaff /opt/flagstaff
ENV PATH=/opt/flagstaff/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FLAGSTAFF_CONFIG=/etc/flagstaff/flagstaff.yaml \
    FLAGSTAFF_STORE=sqlite:////var/lib/flagstaff/flagstaff.db \
    FLAGSTAFF_STATE=/var/lib/flagstaff/state \
    SQLITE_TMPDIR=/var/lib/flagstaff
USER 10001
WORKDIR /var/lib/flagstaff
VOLUME /var/lib/flagstaff
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8650/healthz', timeout=4)"]
# `run` stops within ten seconds of SIGTERM, as `docker stop` waits.
ENTRYPOINT ["flagstaff"]
CMD ["run"]

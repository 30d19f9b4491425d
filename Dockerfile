# syntax=docker/dockerfile:1
ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/scimbridge
# First what changes seldom. Every package is checked against the hashes of the lock file.
COPY requirements/ requirements/
RUN python -m pip --python /opt/scimbridge/bin/python install --no-cache-dir --no-compile \
        --require-hashes --requirement requirements/runtime.txt \
    && python -m pip install --no-cache-dir --require-hashes --requirement requirements/build.txt
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist . \
    && python -m pip --python /opt/scimbridge/bin/python install --no-cache-dir --no-deps \
        --no-index /dist/*.whl \
    && python -m compileall -q /opt/scimbridge

FROM python:${PYTHON}
RUN groupadd --system --gid 10001 scimbridge \
    && useradd --system --uid 10001 --gid scimbridge --no-create-home \
        --home-dir /var/lib/scimbridge --shell /usr/sbin/nologin scimbridge \
    && install --directory --owner scimbridge --group scimbridge --mode 0700 /var/lib/scimbridge
COPY --from=build /opt/scimbridge /opt/scimbridge
ENV PATH=/opt/scimbridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/scimbridge
VOLUME /var/lib/scimbridge
EXPOSE 8080
# The configuration must say listen = "0.0.0.0:8080" for the port to be reachable from outside.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/livez', timeout=4).close()"]
ENTRYPOINT ["scimbridge"]
CMD ["serve", "--config", "/etc/scimbridge/scimbridge.toml"]

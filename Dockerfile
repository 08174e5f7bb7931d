# syntax=docker/dockerfile:1
# One image for every process: `altpress web`, `altpress worker`, `altpress scheduler`, `altpress up --sandbox`.
# Pin the base by digest where you build: --build-arg PYTHON_IMAGE=python:3.13-slim-bookworm@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# ---- everything that must be built, in a folder that the next stage takes as it is
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1
RUN python -m venv /opt/altpress
COPY requirements/runtime.txt /src/requirements/runtime.txt
RUN /opt/altpress/bin/pip install --require-hashes -r /src/requirements/runtime.txt
# no build backend: the packages lie where an installation would put them, beside one launcher
COPY bot /src/bot
COPY jobs /src/jobs
COPY config /src/config
RUN site="$(/opt/altpress/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
 && cp -r /src/bot /src/jobs /src/config "$site" \
 && printf '#!/opt/altpress/bin/python\nimport sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n' > /opt/altpress/bin/altpress \
 && chmod 755 /opt/altpress/bin/altpress \
 && /opt/altpress/bin/python -m compileall -q -j 0 /opt/altpress/lib \
 && /opt/altpress/bin/altpress --version

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="altpress" \
      org.opencontainers.image.description="Turns GitHub releases into AltStore sources, by itself." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
# git: only the sandbox needs it; Debian keeps one version a release, so there is none to pin
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 altpress \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/altpress --shell /usr/sbin/nologin altpress \
 && install -d -o altpress -g altpress -m 0700 /var/lib/altpress /var/lib/altpress/data /var/lib/altpress/spool
COPY --from=build /opt/altpress /opt/altpress
# a volume that is mounted on data or spool takes their owner; the rest may be read-only
ENV PATH=/opt/altpress/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TMPDIR=/var/lib/altpress/spool \
    ALTPRESS_HOST=0.0.0.0 \
    ALTPRESS_DATA_DIR=/var/lib/altpress/data
USER 10001:10001
WORKDIR /var/lib/altpress
EXPOSE 8080
# for another process: python -m bot.cli.alive worker (or scheduler)
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s \
  CMD ["python", "-m", "bot.cli.alive", "web"]
ENTRYPOINT ["altpress"]
CMD ["web"]

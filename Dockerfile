# One image for every process: `altpress web`, `altpress worker`, `altpress scheduler`, `altpress migrate`.
# The target `sandbox` has git as well, for `altpress up --sandbox`; nothing else needs it.
#
# Pin the base by digest where you build: --build-arg PYTHON_IMAGE=python:3.13-slim-bookworm@sha256:…
# The same sources and the same base give the same files: with --build-arg SOURCE_DATE_EPOCH=… (the commit's time)
# and --output type=…,rewrite-timestamp=true they have the same times as well.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

# ---- everything that must be made, in one folder that the next stage takes as it is
FROM ${PYTHON_IMAGE} AS build
ARG SOURCE_DATE_EPOCH=0
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/runtime.txt /src/requirements/runtime.txt
# wheels alone: nothing is compiled here, so there is no compiler to take away again
RUN python -m venv --without-pip /opt/altpress \
 && python -m pip --python /opt/altpress/bin/python install \
      --only-binary :all: --require-hashes -r /src/requirements/runtime.txt
# no build backend: the packages lie where an installation would put them, beside one launcher
COPY bot /src/bot
COPY jobs /src/jobs
COPY config /src/config
COPY scripts/migrations /src/migrations
RUN site="$(/opt/altpress/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
 && cp -r /src/bot /src/jobs /src/config "$site" \
 && cp -r /src/migrations "$site/bot/migrate/scripts" \
 && printf '#!/opt/altpress/bin/python\nimport sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n' > /opt/altpress/bin/altpress \
 && chmod 755 /opt/altpress/bin/altpress \
 && /opt/altpress/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/altpress/lib \
 && /opt/altpress/bin/altpress --version

# ---- what runs
FROM ${PYTHON_IMAGE} AS base
ARG SOURCE_DATE_EPOCH=0
# Python without what installs and develops; its library compiled, which no process can do for itself later on
RUN groupadd --gid 10001 altpress \
 && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home \
      --home-dir /var/lib/altpress --shell /usr/sbin/nologin altpress \
 && install -d -o altpress -g altpress -m 0700 \
      /var/lib/altpress /var/lib/altpress/data /var/lib/altpress/spool /var/lib/altpress/backups \
 && install -d -o altpress -g altpress -m 0755 /run/altpress \
 && lib="$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && rm -rf "$lib/ensurepip" "$lib/idlelib" "$lib/tkinter" "$lib/turtledemo" "$lib/site-packages" \
      /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/pydoc* /usr/local/bin/python*-config \
 && python -m compileall -q --invalidation-mode unchecked-hash "$lib"
COPY LICENSE /usr/share/doc/altpress/LICENSE
COPY --from=build /opt/altpress /opt/altpress
# a volume that is mounted on data, spool or backups takes their owner; the rest may be read-only
ENV PATH=/opt/altpress/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    TMPDIR=/var/lib/altpress/spool \
    ALTPRESS_HOST=0.0.0.0 \
    ALTPRESS_DATA_DIR=/var/lib/altpress/data
USER 10001:10001
WORKDIR /var/lib/altpress
EXPOSE 8080
# for another process: python -m bot.cli.alive worker (or scheduler)
HEALTHCHECK --interval=15s --timeout=20s --start-period=30s \
  CMD ["python", "-m", "bot.cli.alive", "web"]
ENTRYPOINT ["altpress"]
CMD ["web"]

# ---- with a small GitHub of its own, to try altpress (docker compose --profile sandbox)
FROM base AS sandbox
USER 0:0
# Debian keeps one version of git a release: there is none to pin
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
USER 10001:10001
CMD ["up", "--sandbox"]

# ---- the image that is published; what differs from build to build comes last, so that all above is kept
FROM base AS runtime
ARG PYTHON_IMAGE
ARG VERSION=0.1.0
ARG SOURCE=
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="altpress" \
      org.opencontainers.image.description="Turns GitHub releases into AltStore sources, by itself." \
      org.opencontainers.image.authors="The altpress authors" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${PYTHON_IMAGE}"

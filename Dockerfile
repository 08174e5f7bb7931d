# syntax=docker/dockerfile:1
# One image for every process: `altpress web`, `altpress worker`, `altpress scheduler`, `altpress up --sandbox`.
# Pin the base by digest where you build: --build-arg PYTHON_IMAGE=python:3.12-slim-bookworm@sha256:…
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/altpress
COPY requirements/runtime.txt /src/requirements/runtime.txt
RUN /opt/altpress/bin/pip install --require-hashes -r /src/requirements/runtime.txt
COPY bot /src/bot
COPY jobs /src/jobs
COPY config /src/config
COPY scripts /src/scripts
RUN cp -r /src/bot /src/jobs /src/config "$(/opt/altpress/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
 && printf '#!/opt/altpress/bin/python\nimport sys\n\nfrom bot.cli import main\n\nsys.exit(main())\n' > /opt/altpress/bin/altpress \
 && chmod 755 /opt/altpress/bin/altpress \
 && /opt/altpress/bin/python -m compileall -q /opt/altpress/lib

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="altpress" \
      org.opencontainers.image.description="Turns GitHub releases into AltStore sources, by itself." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
# git: only the sandbox needs it
RUN apt-get update \
 && apt-get install -y --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/altpress altpress
COPY --from=build /opt/altpress /opt/altpress
ENV PATH=/opt/altpress/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ALTPRESS_HOST=0.0.0.0 \
    ALTPRESS_DATA_DIR=/var/lib/altpress/data
USER 10001
WORKDIR /var/lib/altpress
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health/live', timeout=2)"]
ENTRYPOINT ["altpress"]
CMD ["web"]

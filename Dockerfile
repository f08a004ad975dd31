# lagwatch in a container: nothing to compile with, no root. LAGWATCH_* variables, flags or /etc/lagwatch/lagwatch.yaml configure it.
#
#   docker build --tag lagwatch .
#   docker run -p 8484:8484 -v lagwatch:/var/lib/lagwatch lagwatch serve --bootstrap kafka:9092
#
# What must outlive a restart is in /var/lib/lagwatch: alerts, their history, notices on their way, silences, the history of lag.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/lagwatch
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY alerts/lagwatch.yaml ./alerts/
COPY docs/runbooks ./docs/runbooks
COPY lagwatch ./lagwatch
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .
RUN pip --python /opt/lagwatch/bin/python install --no-cache-dir --constraint constraints.txt /wheels/lagwatch-*.whl

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="lagwatch" \
      org.opencontainers.image.description="Consumer-lag and cluster-health monitor for Apache Kafka" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/lagwatch /opt/lagwatch
RUN install -d -m 0750 -o 10001 -g 10001 /var/lib/lagwatch
VOLUME /var/lib/lagwatch
ENV PATH=/opt/lagwatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    LAGWATCH_WEB__HOST=0.0.0.0 \
    LAGWATCH_WEB__PORT=8484 \
    LAGWATCH_STORE__DATA_DIR=/var/lib/lagwatch
USER 10001:10001
WORKDIR /etc/lagwatch
EXPOSE 8484
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['LAGWATCH_WEB__PORT']), timeout=4); c.request('GET', '/livez'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["lagwatch"]
CMD ["serve"]

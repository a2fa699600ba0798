# One image for the API, the workers and the scheduler; compose.yaml says who runs what.
FROM python:3.11-slim AS build
WORKDIR /build
RUN ["python", "-m", "venv", "/opt/boeing-data-hub"]
ENV PATH="/opt/boeing-data-hub/bin:$PATH"
# What changes seldom comes first, so that a change of ours does not fetch everything anew.
COPY requirements-production.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-production.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.11-slim
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/boeing-data-hub --shell /usr/sbin/nologin bdh \
  && install -d -m 0700 -o bdh -g bdh /var/lib/boeing-data-hub
COPY --from=build /opt/boeing-data-hub /opt/boeing-data-hub
# The root filesystem may be read-only: images and the like go to HUB_DATA_DIR, everything passing to /tmp.
ENV PATH="/opt/boeing-data-hub/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    HUB_DATA_DIR=/var/lib/boeing-data-hub \
    HUB_HOST=0.0.0.0 \
    HUB_ALIVE_FILE=/tmp/bdh-alive
USER 10001:10001
WORKDIR /var/lib/boeing-data-hub
VOLUME /var/lib/boeing-data-hub
EXPOSE 8000
# Each process touches the file every few seconds, from the very loop that must not hang; this costs no Python.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["sh", "-c", "test -n \"$(find /tmp/bdh-alive -mmin -0.5)\""]
ENTRYPOINT ["bdh"]
CMD ["serve"]

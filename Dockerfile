FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sinkhub \
    && install --directory --owner sinkhub --mode 700 /data
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/sinkhub
COPY manage.py .
COPY runs runs
COPY sinks sinks
COPY sinkhub sinkhub
COPY templates templates
COPY docs docs
RUN python -m compileall -q .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SINKHUB_VAR=/data HOST=0.0.0.0
USER 10001
VOLUME /data
EXPOSE 9657
# That the process answers at all: 400 is an answer too, where ALLOWED_HOSTS knows other names only.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "\
import http.client, os, sys; \
there = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('PORT') or 9657), timeout=4); \
there.request('GET', '/healthz'); \
sys.exit(there.getresponse().status >= 500)"]
CMD ["python", "manage.py", "serve"]

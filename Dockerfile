FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SINKHUB_VAR=/data HOST=0.0.0.0
WORKDIR /srv/sinkhub
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt \
    && useradd --system sinkhub && mkdir /data && chown sinkhub /data
COPY manage.py .
COPY sinkhub sinkhub
COPY sinks sinks
COPY runs runs
COPY templates templates
USER sinkhub
VOLUME /data
EXPOSE 9657
CMD ["python", "manage.py", "serve"]

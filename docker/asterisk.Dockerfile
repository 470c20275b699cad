# Asterisk as `kituo up` has it: the same suite and packages, without the test phones. Its configuration comes in a volume.
FROM node:26-slim AS prompts
RUN apt-get update \
  && apt-get install --yes --no-install-recommends espeak-ng sox \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional
COPY bin bin
COPY src src
COPY prompts prompts
RUN NODE_ENV=production node bin/kituo.mjs prompts build --installed --out /prompts

FROM debian:forky-slim
# A mirror's Release file can be older than its own date of expiry.
RUN apt-get -o Acquire::Check-Valid-Until=false update \
  && apt-get install --yes --no-install-recommends ca-certificates asterisk asterisk-core-sounds-en-gsm \
  && rm -rf /var/lib/apt/lists/* /etc/asterisk/* /usr/share/asterisk/sounds \
  # One path on every architecture, known to the rendered configuration.
  && ln -s /usr/lib/*-linux-gnu/asterisk/modules /usr/lib/asterisk-modules \
  # The configuration holds passwords; this group reads it.
  && groupadd --gid 1000 kituo \
  && usermod --append --groups kituo asterisk \
  && mkdir -p /var/spool/asterisk/recording /var/run/asterisk \
  && chown asterisk:asterisk /var/spool/asterisk /var/spool/asterisk/recording /var/run/asterisk
COPY --from=prompts /prompts/sounds /usr/share/asterisk/sounds
COPY --from=prompts /prompts/moh /usr/share/asterisk/moh
USER asterisk
VOLUME /var/spool/asterisk /var/lib/asterisk /var/log/asterisk
# Unlike -rx alone, this waits for all modules and fails when there is no Asterisk.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["asterisk", "-rx", "core waitfullybooted"]
ENTRYPOINT ["asterisk", "-f", "-C", "/etc/asterisk/asterisk.conf"]

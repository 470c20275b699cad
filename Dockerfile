# The server, and the one-shot that renders Asterisk's configuration. Node runs the TypeScript of the command itself; the
# server is built into a few files, which start sooner.
FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional

FROM node:26-slim AS built
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY bin bin
COPY src src
RUN npm run build

FROM node:26-slim
ENV NODE_ENV=production KITUO_VAR=/var/lib/kituo
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json package-lock.json kituo.yaml ./
COPY --from=built /app/dist dist
COPY bin bin
COPY src src
COPY asterisk-config asterisk-config
COPY dialplan dialplan
COPY prompts prompts
RUN mkdir -p /var/lib/kituo && chown node:node /var/lib/kituo
USER node
VOLUME /var/lib/kituo
EXPOSE 8000
ENTRYPOINT ["node", "bin/kituo.mjs"]
CMD ["start"]

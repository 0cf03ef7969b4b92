# The server alone, for use with a PostgreSQL of yours (DATABASE_URL): no compiler, no embedded database, no shell script in between.
# docker build -t postern . && docker compose up

FROM node:24-slim AS build
WORKDIR /postern
COPY package.json package-lock.json ./
# No package needs its install script: bcrypt carries binaries for glibc and musl.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY tools/build.mjs tools/
COPY migrations migrations/
COPY views views/
COPY src src/
RUN node tools/build.mjs
# The same tree again without what only building and the embedded database need.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && rm -rf node_modules/typescript

FROM node:24-slim
WORKDIR /postern
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
COPY package.json LICENSE ./
COPY --from=build /postern/node_modules node_modules/
COPY --from=build /postern/views/assets views/assets/
COPY --from=build /postern/dist dist/
USER node
EXPOSE 3000
# The process, not the database: an orchestrator that restarts what is unhealthy must not do so because PostgreSQL is away.
# Ask /readyz where traffic is to wait.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node.js itself gets SIGTERM, drains and ends within ten seconds.
CMD ["node", "dist/src/main.js"]

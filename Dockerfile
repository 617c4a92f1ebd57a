# The hearsay command. docker build -t hearsay . && docker run --rm hearsay --help
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# What is optional for users is in the image, as package-lock.json has it: OpenTelemetry's SDK, for --traces.
RUN npm install --save-prod --omit=dev --ignore-scripts $(node -p "const own = require('./package.json'); \
      Object.keys(own.peerDependenciesMeta).map((name) => name + '@' + own.devDependencies[name]).join(' ')") \
    && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY scenarios scenarios
# A seed's registers: mount a volume here to keep them.
RUN mkdir /data && chown node:node /data
USER node
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["--help"]

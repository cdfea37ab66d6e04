# One image for all three processes: the command says which. It holds plain JavaScript and production
# dependencies, runs as an unprivileged user, and writes to /data alone.

FROM node:20-slim AS build
WORKDIR /signet
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:20-slim AS dependencies
WORKDIR /signet
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:20-slim
# The last: what a password's hash took goes back to the system at once, and is not kept by each thread.
ENV NODE_ENV=production DATA_DIR=/data MALLOC_MMAP_THRESHOLD_=131072
WORKDIR /signet
COPY --from=dependencies /signet/node_modules node_modules
COPY --from=build /signet/dist dist
COPY package.json LICENSE ./
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
CMD ["node", "dist/idp/main.js"]

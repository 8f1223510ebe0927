# One image for both roles: `docker compose up --build`, or with ROLE, DATABASE_URL, REDIS_URL … of your own.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json prisma.config.ts ./
COPY prisma prisma
# No package runs a script. The image has its own Node, of the same version, so the one from npm (190 MB) goes.
RUN npm ci --omit=dev --ignore-scripts && npm run generate && rm -rf node_modules/node-linux-* node_modules/.bin/node
COPY schema schema
COPY src src

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app .
USER node
EXPOSE 9000
# Node itself is process 1, so that SIGTERM reaches it and it can hand its work over.
CMD ["node", "src/main.ts"]

# Two stages: the bundle is built with the project's own tools, and the image holds nothing but Node and that one file.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
RUN npm run build

FROM node:24-slim
COPY LICENSE /LICENSE
COPY --from=build /src/dist/isthmus.mjs /isthmus.mjs
USER node
EXPOSE 8080
ENTRYPOINT ["node", "/isthmus.mjs"]
CMD ["run"]

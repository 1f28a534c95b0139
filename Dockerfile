# Sauda in one container: nginx, engine-api, engine-watchdog, engined, without root. docs/hosting.md.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN packaging/container/build.sh /out

FROM debian:12-slim
COPY --from=build /out /
RUN ["/usr/libexec/sauda/setup"]
USER 10001:10001
EXPOSE 5000
VOLUME /var/lib/sauda
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["enginectl", "--socket", "/run/sauda/control.sock", "health"]
ENTRYPOINT ["/usr/libexec/sauda/start"]

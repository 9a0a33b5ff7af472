/**
 * Echoes text and binary messages, and tells Prometheus how it is: GET /metrics. `PORT` (8080) is where. The page is for
 * everybody who can connect: a proxy in front had better keep it from strangers.
 */
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { defineHandler, listen } from 'genws';
import { observeServer } from 'genws/opentelemetry';

// Its page is on our port, not on one of its own, and says nothing of the machine.
const exporter = new PrometheusExporter({ preventServerStart: true, withoutTargetInfo: true, withoutScopeInfo: true });
const provider = new MeterProvider({ readers: [exporter] });

const server = await listen({
  port: Number(process.env.PORT ?? 8080),
  handler: defineHandler({
    init: () => ['ok', undefined],
    handleIn: (frame) =>
      frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, undefined] : ['ok', undefined],
  }),
  request(request, response) {
    if (request.url === '/metrics') exporter.getMetricsRequestHandler(request, response);
    else response.writeHead(404).end();
  },
});
observeServer(server, { meter: provider.getMeter('genws') });
console.log(`echo server on ${server.url}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());

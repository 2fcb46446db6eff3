import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';
import type { Config } from './config.js';

/** Spans from request through workflow to activity, sent to an OTLP endpoint. */
export interface Tracing {
  /** For the client and the workers: carries a trace through Temporal's headers. */
  plugin: OpenTelemetryPlugin;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Undefined, and nothing is traced, where no endpoint is configured. Once a process, before client and workers. */
export function startTracing(config: Config): Tracing | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name, version } = config;
  if (endpoint === undefined) return undefined;
  const resource = resourceFromAttributes({ 'service.name': name, 'service.version': version });
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', `${endpoint.replace(/\/$/, '')}/`).href,
  });
  const spanProcessor = new BatchSpanProcessor(exporter);
  const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register();
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    close: () => provider.shutdown(),
  };
}

const tracer = trace.getTracer('mainspring');

/** Runs the work as a span, under the trace that the headers of a request name; costs next to nothing untraced. */
export function inSpan<T>(
  name: string,
  headers: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, {}, propagation.extract(context.active(), headers), async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

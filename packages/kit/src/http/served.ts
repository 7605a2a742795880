import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Context } from 'aws-lambda';
import { traced } from '../observability/spans.ts';
import { flushed } from '../observability/tracing.ts';
import { withinBudget } from '../resilience/budget.ts';
import type { HttpEvent, HttpResponse } from './secured.ts';

type Handler = (event: HttpEvent, context: Context) => Promise<HttpResponse>;

/**
 * Wraps a handler of the HTTP API: its remote calls are limited to the function's remaining time, and each request is
 * recorded in a span of the caller's trace.
 */
export const served =
  (handle: Handler): Handler =>
  async (event, context) => {
    const { routeKey, headers, requestContext } = event;
    const attributes = {
      'http.request.method': requestContext.http.method,
      'http.route': routeKey.split(' ').at(-1) ?? '',
      'faas.invocation_id': context.awsRequestId,
    };
    const spanOptions = { kind: SpanKind.SERVER, parent: headers.traceparent, attributes };
    return flushed(() =>
      traced(routeKey, spanOptions, async (span) => {
        const response = await withinBudget(
          () => context.getRemainingTimeInMillis(),
          () => handle(event, context),
        );
        const { statusCode = 200 } = response;
        span.setAttribute('http.response.status_code', statusCode);
        if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: String(statusCode) });
        return response;
      }),
    );
  };

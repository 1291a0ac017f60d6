/** The span of a request, as a collector is told of it: nothing of its address or body, which may name a person. */
import type { Span } from '../tracing/span.ts'
import type { Exchange } from './exchange.ts'
import type { RouteMeter } from './http-meters.ts'

/** `endMs` is since 1970; `meter` tells the route, where there is one. */
export const spanOf = (exchange: Exchange, meter: RouteMeter | undefined, endMs: number, tookMs: number): Span => {
  const { id, span, parent } = exchange.get('trace')
  const { status } = exchange.res
  const { method } = exchange.req
  const { route } = meter ?? {}
  return {
    traceId: id,
    spanId: span,
    parentSpanId: parent,
    name: route === undefined ? method : `${method} ${route}`,
    kind: 'server',
    startMs: endMs - tookMs,
    endMs,
    attributes: {
      'http.request.method': method,
      ...(route === undefined ? {} : { 'http.route': route }),
      'http.response.status_code': status,
      'kassa.request_id': exchange.get('requestId'),
    },
    failed: status >= 500,
  }
}

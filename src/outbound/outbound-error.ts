/** Why no answer came. None of them tells where a name leads or what is there. */
export type OutboundFailure =
  | 'url_not_allowed'
  | 'address_not_allowed'
  | 'name_not_resolved'
  | 'connection_refused'
  | 'connection_failed'
  | 'connection_closed'
  | 'tls_failed'
  | 'timeout'
  | 'receiver_busy'
  | 'answer_unreadable'
  | 'answer_too_large'
  | 'redirected';

export class OutboundError extends Error {
  constructor(readonly failure: OutboundFailure) {
    super(failure);
    this.name = 'OutboundError';
  }
}

const FAILURE_BY_CODE: Record<string, OutboundFailure> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_closed',
  EPIPE: 'connection_closed',
  UND_ERR_SOCKET: 'connection_closed',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'answer_unreadable',
  EPROTO: 'tls_failed',
};
const TLS_CODE = /^(?:ERR_(?:TLS|SSL)_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;

/** What a connection's error means, without its message, which names addresses. */
export function toOutboundError(error: Error | OutboundFailure): OutboundError {
  if (typeof error === 'string') return new OutboundError(error);
  if (error instanceof OutboundError) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (TLS_CODE.test(code)) return new OutboundError('tls_failed');
  // undici gives this one no code.
  if (error.name === 'HTTPParserError') return new OutboundError('answer_unreadable');
  return new OutboundError(FAILURE_BY_CODE[code] ?? 'connection_failed');
}

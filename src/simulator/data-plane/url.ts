/** The parts of a URL that matter to a connection. */
export interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** With the query. */
  readonly path: string;
  /** As a person wrote it, and with what was left out. */
  readonly text: string;
}

const ports: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Reads a URL as curl does: without a scheme it is one of HTTP. Undefined where it is none. */
export function readUrl(text: string, portByDefault?: number): Url | undefined {
  const [, scheme = 'http', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/i.exec(text) ?? [];
  const [, authority = '', path = ''] = /^([^/?#]*)([^#]*)/.exec(rest) ?? [];
  const [, host = '', port] = /^(?:[^@]*@)?(\[[0-9a-f:.]+\]|[^:@[\]]+)(?::(\d{1,5}))?$/i.exec(authority) ?? [];
  const number = port === undefined ? (portByDefault ?? ports[scheme.toLowerCase()] ?? 0) : Number(port);
  if (host === '' || /[^\w.:[\]-]/.test(host) || number > 65_535) return undefined;
  const shown = path.startsWith('/') ? path : `/${path}`;
  return {
    scheme: scheme.toLowerCase(),
    host: host.replace(/^\[(.*)\]$/, '$1').toLowerCase(),
    port: number,
    path: shown,
    text: `${scheme.toLowerCase()}://${authority}${shown}`,
  };
}

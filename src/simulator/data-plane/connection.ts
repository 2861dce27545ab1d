import { addressFamily } from '../../network/cidr.ts';
import { type Server, serverAt } from './servers.ts';
import { addressesFor, type End, endOf, isOtherFamily, roundTrip, send, type Vantage } from './vantage.ts';

/** Where a connection is to lead. */
export interface Destination {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  /** Addresses that stand for the name in the place of what DNS says. */
  readonly addresses?: readonly string[] | undefined;
  readonly families?: readonly (4 | 6)[] | undefined;
}

/** What came of trying to connect. */
export type Connection =
  | {
      readonly outcome: 'connected';
      readonly address: string;
      readonly end: End;
      readonly server: Exclude<Server, { readonly kind: 'none' }>;
      /** In milliseconds. */
      readonly time: number;
    }
  /** Nobody knows the name; or, with `silence`, there is no server to ask. */
  | { readonly outcome: 'unresolved' | 'silence' }
  /** `refused`: somebody is there, but nothing listens. `timeout`: nothing comes back. */
  | { readonly outcome: 'refused' | 'timeout'; readonly address: string };

/** Connects by tcp to the first address of the destination that takes it. */
export function connect(vantage: Vantage, { host, port, addresses, families }: Destination): Connection {
  const found = addresses ?? addressesFor(vantage, host, families);
  if (found === 'unknown') return { outcome: 'unresolved' };
  if (found === 'silence') return { outcome: 'silence' };
  let refused: string | undefined;
  for (const address of found) {
    const result = send(vantage, { protocol: 'tcp', port }, { address, name: host });
    if (!result.reachable) {
      if (result.refused || isOtherFamily(result)) refused = address;
      continue;
    }
    const end = endOf(vantage, result);
    const server = serverAt(end, port);
    if (server.kind !== 'none') return { outcome: 'connected', address, end, server, time: roundTrip(vantage, result) };
    vantage.explanation.push(`${host} (${address}) does not take connections at tcp/${port}`);
    refused = address;
  }
  return refused === undefined ? { outcome: 'timeout', address: found[0]! } : { outcome: 'refused', address: refused };
}

/** An address as it stands before a port. */
export const bracketed = (address: string): string => (addressFamily(address) === 6 ? `[${address}]` : address);

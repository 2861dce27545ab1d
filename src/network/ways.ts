import type { Blockage, Hop, Leg } from './leg.ts';
import type { Place } from './place.ts';

/** A connection that something opens in its own name to pass on what it took. */
export interface Onward {
  readonly from: Place;
  /** Left out: whichever has the address. */
  readonly to?: Place | undefined;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** By TCP. */
  readonly port: number;
  /** What stands between the place that took the packet and `from`. */
  readonly hops: readonly Hop[];
  /** The name by which the destination was found. */
  readonly name?: string | undefined;
}

/** A connection that comes to nothing, with what it would have passed. */
export interface Obstructed {
  readonly obstacle: Omit<Blockage, 'way'>;
  readonly hops: readonly Hop[];
}

/** One of the ways on from a place that took a packet. */
export type Way = Onward | Obstructed;

/** The port that the packet goes to, by TCP; undefined where it is of another kind. */
export function tcpPortOf({ packet }: Leg): number | undefined {
  return 'ports' in packet && packet.protocol === 'tcp' ? packet.ports.from : undefined;
}

import { waysOn } from './endpoints.ts';
import type { Blockage, Hop, Leg } from './leg.ts';
import type { Packet } from './packet-filter.ts';
import { comeBack, travel } from './path.ts';
import type { Asked } from './resources.ts';
import type { Way } from './ways.ts';

/** A packet and what came of it: over several connections, one after the other, where endpoints and load balancers stand between. */
export interface Exchange {
  /** What the packet passed on its way. */
  readonly hops: readonly Hop[];
  /** What the answer passed. */
  readonly returnHops: readonly Hop[];
  /** The packet as it arrived in the end. */
  readonly arrived?: Packet | undefined;
  /** Left out where the answer came, or none was to be sent. */
  readonly blockedBy?: Blockage | undefined;
  /** Whether a refusal came in the answer's place; otherwise whoever is blocked hears nothing. */
  readonly refused?: boolean | undefined;
}

/** RFC 792, RFC 4443: requests that are answered, with the type of the answer; others are sent one way only. */
const icmpAnswers: Readonly<Record<'icmp' | 'icmpv6', Readonly<Record<number, number>>>> = {
  icmp: { 8: 0, 13: 14, 15: 16, 17: 18 },
  icmpv6: { 128: 129 },
};

interface PortRange {
  readonly from: number;
  readonly to: number;
}

function answerTo(packet: Packet, ephemeralPorts: PortRange = { from: 1024, to: 65_535 }): Packet | undefined {
  const ends = { sourceAddress: packet.destinationAddress, destinationAddress: packet.sourceAddress };
  if ('ports' in packet) return { ...ends, protocol: packet.protocol, ports: ephemeralPorts };
  const type = icmpAnswers[packet.protocol][packet.type];
  return type === undefined ? undefined : { ...ends, protocol: packet.protocol, type, code: 0 };
}

/** More connections than this one behind the other are taken for a circle. */
const mostConnections = 8;

/** What comes of a packet that is sent, and of all connections that are opened for it. */
export function exchange(
  leg: Leg,
  { asked, ephemeralPorts, depth = 1 }: { readonly asked: Asked; readonly ephemeralPorts?: PortRange | undefined; readonly depth?: number },
): Exchange {
  const { packet } = leg;
  const answer = answerTo(packet, ephemeralPorts);
  const end = travel(leg);
  if (!end) {
    const refused = leg.refusedBy !== undefined && answer !== undefined && !comeBack(leg, leg.refusedBy, answer).blockedBy;
    return { hops: leg.hops, returnHops: [], blockedBy: leg.blockedBy, refused };
  }
  let beyond: Exchange | undefined;
  for (const way of end === 'outside' ? [] : waysOn(leg, end, asked)) {
    const tried = follow(leg, way, { resolve: asked.resolve, name: 'name' in way ? way.name : undefined, depth: depth + 1 });
    if (!beyond || !tried.blockedBy) beyond = tried;
    if (!tried.blockedBy) break;
  }
  if (beyond?.blockedBy && !beyond.refused) return beyond;
  const back = answer && comeBack(leg, end, answer);
  if (beyond?.blockedBy) return { ...beyond, refused: back !== undefined && !back.blockedBy };
  return {
    hops: beyond?.hops ?? leg.hops,
    returnHops: [...(beyond?.returnHops ?? []), ...(back?.hops ?? [])],
    arrived: beyond?.arrived ?? leg.packet,
    blockedBy: back?.blockedBy,
  };
}

function follow({ networks, hops: before }: Leg, way: Way, { depth, ...asked }: Asked & { readonly depth: number }): Exchange {
  const hops = [...before, ...way.hops];
  if ('obstacle' in way) return { hops, returnHops: [], blockedBy: { ...way.obstacle, way: 'there' } };
  const { from, to, sourceAddress, destinationAddress, port } = way;
  if (depth > mostConnections) {
    const component = way.hops[0]!.component;
    const message = `what ${component.id} passes on comes round in a circle`;
    return { hops, returnHops: [], blockedBy: { code: 'NO_POSSIBLE_DESTINATION', component, message, way: 'there' } };
  }
  const packet: Packet = { sourceAddress, destinationAddress, protocol: 'tcp', ports: { from: port, to: port } };
  const leg: Leg = { networks, way: 'there', packet, from, ...(to && { to }), hops, translations: [] };
  return exchange(leg, { asked, depth });
}

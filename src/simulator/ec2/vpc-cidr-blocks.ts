import type {
  AssociateVpcCidrBlockRequest,
  AssociateVpcCidrBlockResult,
  DisassociateVpcCidrBlockRequest,
  DisassociateVpcCidrBlockResult,
  VpcCidrBlockAssociation,
  VpcIpv6CidrBlockAssociation,
} from '@aws-sdk/client-ec2';
import { cidrContains, cidrFamily, cidrsOverlap, prefixLength } from '../../network/cidr.ts';
import type { VpcCidrBlock } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { VpcRecord } from '../world/records.ts';
import { transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { readCidr, subBlock } from './addresses.ts';
import { badParameter, exactlyOne, notPermitted, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { findVpc, placeOf } from './owned.ts';

type Ipv6Block = VpcRecord['ipv6CidrBlocks'][number];

const invalidRange = (cidr: string, why = ''): ApiError =>
  new ApiError('InvalidVpc.Range', `The CIDR '${cidr}' is invalid.${why && ` ${why}`}`);

/**
 * An IPv4 block for a VPC, in its one spelling.
 *
 * @throws ApiError InvalidParameterValue, or InvalidVpc.Range where it is not from a /16 to a /28 (aws.md 1.6)
 */
export function readVpcCidr(text: string): string {
  const cidr = readCidr(text, 'cidrBlock', 4);
  if (prefixLength(cidr) < 16 || prefixLength(cidr) > 28) throw invalidRange(text);
  return cidr;
}

const amazonPool = 'Amazon';

/** What a call says of the IPv6 block that it wants. */
export interface Ipv6Wish {
  readonly AmazonProvidedIpv6CidrBlock?: boolean | undefined;
  readonly Ipv6Pool?: string | undefined;
  readonly Ipv6CidrBlock?: string | undefined;
}

/**
 * A new IPv6 block for a VPC: a /56 of Amazon's, or the one that the caller brings from an address pool of its own.
 *
 * @throws ApiError
 */
export function newIpv6Block(world: World, call: Call, wish: Ipv6Wish): Ipv6Block | undefined {
  const associationId = (): string => world.newId('vpc-cidr-assoc');
  if (wish.Ipv6CidrBlock !== undefined) {
    const pool = required(wish.Ipv6Pool, 'ipv6Pool');
    const cidr = readCidr(wish.Ipv6CidrBlock, 'ipv6CidrBlock', 6);
    if (prefixLength(cidr) < 44 || prefixLength(cidr) > 60 || prefixLength(cidr) % 4 !== 0) throw invalidRange(cidr);
    return { associationId: associationId(), cidr, state: 'associating', pool };
  }
  if (!wish.AmazonProvidedIpv6CidrBlock) return undefined;
  return { associationId: associationId(), cidr: amazonBlock(world, call), state: 'associating', pool: amazonPool };
}

/** The next of Amazon's blocks that no VPC has: each region has a /40 of its own here. */
function amazonBlock(world: World, call: Call): string {
  const regionNumber = [...call.region].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 4096, 7);
  const pool = `2600:${(0x1f00 + (regionNumber >> 8)).toString(16)}:${((regionNumber & 0xff) << 8).toString(16)}::/40`;
  const taken = new Set([...world.vpcs.all()].flatMap((vpc) => vpc.ipv6CidrBlocks.map(({ cidr }) => cidr)));
  for (let index = 0n; ; index++) {
    const cidr = subBlock(pool, 56, index);
    if (!cidr) throw new ApiError('InsufficientCidrBlocks', 'No IPv6 CIDR block is left');
    if (!taken.has(cidr)) return cidr;
  }
}

/** Which ranges an added block must not come from, by the range of the primary one (aws.md 1.6). The first that holds the primary counts. */
const restrictions: readonly { readonly primary: string; readonly not: readonly string[] }[] = [
  { primary: '10.0.0.0/15', not: ['172.16.0.0/12', '192.168.0.0/16', '198.19.0.0/16', '10.0.0.0/16'] },
  { primary: '10.0.0.0/8', not: ['172.16.0.0/12', '192.168.0.0/16', '198.19.0.0/16'] },
  { primary: '172.16.0.0/12', not: ['10.0.0.0/8', '192.168.0.0/16', '198.19.0.0/16', '172.31.0.0/16'] },
  { primary: '192.168.0.0/16', not: ['10.0.0.0/8', '172.16.0.0/12', '198.19.0.0/16'] },
  { primary: '198.19.0.0/16', not: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] },
  { primary: '0.0.0.0/0', not: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '198.19.0.0/16'] },
];

const isGone = ({ state }: VpcCidrBlock): boolean => state === 'disassociated' || state === 'failed';

/** The VPC's blocks of both families that it has, or is about to have or to lose. */
export function heldCidrs(vpc: VpcRecord): string[] {
  return [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].filter((block) => !isGone(block)).map(({ cidr }) => cidr);
}

/** @throws ApiError where the VPC cannot have the block: what it has, its routes and its peers speak against it (aws.md 1.6) */
function checkAddition(world: World, vpc: VpcRecord, cidr: string): void {
  if (cidrFamily(cidr) === 4) {
    const { not } = restrictions.find(({ primary }) => cidrContains(primary, vpc.cidrBlocks[0]!.cidr))!;
    if (not.some((range) => cidrsOverlap(range, cidr))) {
      throw new ApiError(
        'InvalidVpc.Range',
        `The CIDR '${cidr}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR.`,
      );
    }
  }
  if (heldCidrs(vpc).some((held) => cidrsOverlap(held, cidr))) throw invalidRange(cidr, 'It overlaps another CIDR block of the VPC.');
  for (const table of world.routeTables.where(`vpc:${vpc.id}`)) {
    const route = table.routes.find(({ destination }) => !destination.startsWith('pl-') && cidrContains(cidr, destination));
    if (route) throw invalidRange(cidr, `The route table ${table.id} has a more specific or equal route to ${route.destination}.`);
  }
  for (const peering of world.peerings.where(`vpc:${vpc.id}`)) {
    const isRequester = peering.requester.vpcId === vpc.id;
    if (isRequester && peering.state === 'pending-acceptance') {
      throw notPermitted(`The VPC ${vpc.id} has requested the peering connection ${peering.id}, which is pending acceptance.`);
    }
    const peer = world.vpcs.get(isRequester ? peering.accepter.vpcId : peering.requester.vpcId);
    if (
      (peering.state === 'active' || peering.state === 'provisioning') &&
      peer &&
      heldCidrs(peer).some((held) => cidrsOverlap(held, cidr))
    ) {
      throw invalidRange(cidr, `It overlaps a CIDR block of ${peer.id}, the peer of ${peering.id}.`);
    }
  }
}

/** Brings a block that is `associating` to `associated` after its delay. */
export function finishAssociation(world: World, vpcId: string, associationId: string): void {
  world.later(world.settings.delaysMs.cidrBlockAssociating, becomeAssociated, vpcId, associationId);
}

const becomeAssociated = transition('vpc.becomeAssociated', (world, vpcId: string, associationId: string) => {
  const vpc = world.vpcs.get(vpcId);
  const block = [...(vpc?.cidrBlocks ?? []), ...(vpc?.ipv6CidrBlocks ?? [])].find((other) => other.associationId === associationId);
  // It may be on its way out already.
  if (block?.state === 'associating') setBlock(world, vpcId, associationId, 'associated');
});
const becomeDisassociated = transition('vpc.becomeDisassociated', (world, vpcId: string, associationId: string) =>
  setBlock(world, vpcId, associationId, 'disassociated'),
);
const forgetBlock = transition('vpc.forgetBlock', removeBlock);

function setBlock(world: World, vpcId: string, associationId: string, state: VpcCidrBlock['state']): void {
  const vpc = world.vpcs.get(vpcId);
  if (!vpc) return;
  const replace = <Block extends VpcCidrBlock>(blocks: readonly Block[]): Block[] =>
    blocks.map((block) => (block.associationId === associationId ? { ...block, state } : block));
  world.vpcs.change(vpcId, { cidrBlocks: replace(vpc.cidrBlocks), ipv6CidrBlocks: replace(vpc.ipv6CidrBlocks) });
}

function removeBlock(world: World, vpcId: string, associationId: string): void {
  const vpc = world.vpcs.get(vpcId);
  if (!vpc) return;
  const others = ({ associationId: other }: VpcCidrBlock): boolean => other !== associationId;
  world.vpcs.change(vpcId, { cidrBlocks: vpc.cidrBlocks.filter(others), ipv6CidrBlocks: vpc.ipv6CidrBlocks.filter(others) });
}

export const shownIpv4Block = ({ associationId, cidr, state }: VpcCidrBlock): VpcCidrBlockAssociation => ({
  AssociationId: associationId,
  CidrBlock: cidr,
  CidrBlockState: { State: state },
});

export function shownIpv6Block({ associationId, cidr, state, pool }: Ipv6Block, region: string): VpcIpv6CidrBlockAssociation {
  return {
    AssociationId: associationId,
    Ipv6CidrBlock: cidr,
    Ipv6CidrBlockState: { State: state },
    NetworkBorderGroup: region,
    Ipv6Pool: pool,
    Ipv6AddressAttribute: 'public',
    IpSource: pool === amazonPool ? 'amazon' : 'byoip',
  };
}

export function vpcCidrBlockOperations(world: World): Operations {
  return {
    AssociateVpcCidrBlock(input: AssociateVpcCidrBlockRequest, call: Call): AssociateVpcCidrBlockResult {
      const vpc = findVpc(world, call, input.VpcId);
      exactlyOne({
        cidrBlock: input.CidrBlock,
        amazonProvidedIpv6CidrBlock: input.AmazonProvidedIpv6CidrBlock || undefined,
        ipv6CidrBlock: input.Ipv6CidrBlock,
      });
      const { quotas } = world.settings;
      if (input.CidrBlock !== undefined) {
        const cidr = readVpcCidr(input.CidrBlock);
        checkAddition(world, vpc, cidr);
        checkBlockCount(vpc, vpc.cidrBlocks, quotas.ipv4CidrBlocksPerVpc);
        const block: VpcCidrBlock = { associationId: world.newId('vpc-cidr-assoc'), cidr, state: 'associating' };
        world.vpcs.change(vpc.id, { cidrBlocks: [...vpc.cidrBlocks, block] });
        finishAssociation(world, vpc.id, block.associationId);
        return { VpcId: vpc.id, CidrBlockAssociation: shownIpv4Block(block) };
      }
      const block = newIpv6Block(world, call, input)!;
      checkAddition(world, vpc, block.cidr);
      checkBlockCount(vpc, vpc.ipv6CidrBlocks, quotas.ipv6CidrBlocksPerVpc);
      world.vpcs.change(vpc.id, { ipv6CidrBlocks: [...vpc.ipv6CidrBlocks, block] });
      finishAssociation(world, vpc.id, block.associationId);
      return { VpcId: vpc.id, Ipv6CidrBlockAssociation: shownIpv6Block(block, vpc.region) };
    },

    DisassociateVpcCidrBlock(input: DisassociateVpcCidrBlockRequest, call: Call): DisassociateVpcCidrBlockResult {
      const associationId = required(input.AssociationId, 'associationId');
      checkId(idKinds.vpcCidrBlockAssociation, associationId);
      const isIt = (block: VpcCidrBlock): boolean => block.associationId === associationId && !isGone(block);
      const vpc = world.vpcs
        .where(`place:${placeOf(call)}`)
        .find(({ cidrBlocks, ipv6CidrBlocks }) => [...cidrBlocks, ...ipv6CidrBlocks].some(isIt));
      if (!vpc) throw notFound(idKinds.vpcCidrBlockAssociation, associationId);
      if (vpc.cidrBlocks[0]?.associationId === associationId) {
        throw notPermitted(
          `The vpc CIDR block with association ID ${associationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
        );
      }
      const ipv4 = vpc.cidrBlocks.find(isIt);
      const ipv6 = vpc.ipv6CidrBlocks.find(isIt);
      const { cidr, state } = (ipv4 ?? ipv6)!;
      if (state === 'disassociating') throw badParameter(associationId, 'associationId', 'The CIDR block is being disassociated.');
      const used = world.subnets
        .where(`vpc:${vpc.id}`)
        .some((subnet) => [subnet.cidr, ...subnet.ipv6CidrBlocks.map((block) => block.cidr)].some((inner) => cidrContains(cidr, inner)));
      if (used) {
        throw new ApiError('InvalidCidrBlock.InUse', `The vpc ${vpc.id} currently has a subnet within CIDR block ${cidr}`);
      }
      setBlock(world, vpc.id, associationId, 'disassociating');
      world.later(world.settings.delaysMs.cidrBlockDisassociating, becomeDisassociated, vpc.id, associationId);
      // AWS shows what is gone for a little while.
      world.later(world.settings.delaysMs.cidrBlockDisassociating + 60_000, forgetBlock, vpc.id, associationId);
      return {
        VpcId: vpc.id,
        ...(ipv4 ? { CidrBlockAssociation: shownIpv4Block({ ...ipv4, state: 'disassociating' }) } : {}),
        ...(ipv6 ? { Ipv6CidrBlockAssociation: shownIpv6Block({ ...ipv6, state: 'disassociating' }, vpc.region) } : {}),
      };
    },
  };
}

function checkBlockCount(vpc: VpcRecord, blocks: readonly VpcCidrBlock[], quota: number): void {
  if (blocks.filter((block) => !isGone(block)).length >= quota) {
    throw new ApiError('CidrLimitExceeded', `This network '${vpc.id}' has met its maximum number of allowed CIDRs: ${quota}`);
  }
}

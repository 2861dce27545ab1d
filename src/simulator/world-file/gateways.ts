import type {
  AllocateAddressResult,
  CreateEgressOnlyInternetGatewayResult,
  CreateInternetGatewayResult,
  CreateNatGatewayResult,
} from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { fields, flag, given, idOf, name, reference, tags } from './fields.ts';
import { type LoadedVpc, type Loading, specification } from './loading.ts';

/** `true`, or what is to be said of it: the gateway is attached to the VPC. */
export const internetGateway = z.union([flag, fields({ name: name.optional(), id: idOf('igw').optional(), tags: tags.optional() })], {
  error: (issue) => `found ${given(issue.input)}; it must be true, false, or an object with the fields name, id, tags`,
});

/** For IPv6: attached to the VPC. */
export const egressOnlyInternetGateway = flag;

export const natGateway = fields({
  name,
  id: idOf('nat').optional(),
  tags: tags.optional(),
  subnet: reference,
  /** It has no Elastic IP, and leads to other private networks only. */
  private: flag.default(false),
  /** The address of its Elastic IP, which is called as the gateway is. Left out: one of Amazon's. */
  publicIp: z.ipv4({ error: (issue) => `found ${given(issue.input)}; it must be an IPv4 address` }).optional(),
});

export function loadInternetGateway(
  loading: Loading,
  { name: vpcName, path, call, key, vpcId }: LoadedVpc,
  described: z.output<typeof internetGateway>,
): void {
  if (described === false) return;
  const said = described === true ? {} : described;
  const at = { call, path: [...path, 'internetGateway'], idPath: `${key}/internetGateway` };
  const { InternetGateway: made } = loading.make<CreateInternetGatewayResult>({ ...at, ids: { igw: said.id } }, 'CreateInternetGateway', {
    TagSpecifications: specification('internet-gateway', { name: said.name ?? vpcName, tags: said.tags }),
  });
  loading.ids.set(at.idPath, made!.InternetGatewayId!);
  loading.make(at, 'AttachInternetGateway', { InternetGatewayId: made!.InternetGatewayId, VpcId: vpcId });
}

/** NAT gateways with their Elastic IPs, and the gateway that does their work for IPv6. */
export function loadNatGateways(
  loading: Loading,
  { path, call, key, vpcId }: LoadedVpc,
  described: { readonly natGateways: readonly z.output<typeof natGateway>[]; readonly egressOnlyInternetGateway: boolean },
): void {
  if (described.egressOnlyInternetGateway) {
    const at = { call, path: [...path, 'egressOnlyInternetGateway'], idPath: `${key}/egressOnlyInternetGateway` };
    const made = loading.make<CreateEgressOnlyInternetGatewayResult>(at, 'CreateEgressOnlyInternetGateway', { VpcId: vpcId });
    loading.ids.set(at.idPath, made.EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!);
  }
  for (const [index, gateway] of described.natGateways.entries()) {
    const here = [...path, 'natGateways', index];
    const at = { call, path: here, idPath: loading.newKey(`${key}/natGateways/${gateway.name}`, here) };
    const SubnetId = loading.idOf(`${key}/subnets/${gateway.subnet}`, [...here, 'subnet'], 'subnet of the VPC');
    let AllocationId: string | undefined;
    if (!gateway.private) {
      const input = { TagSpecifications: specification('elastic-ip', gateway) };
      AllocationId = loading.make<AllocateAddressResult>(at, 'AllocateAddress', input).AllocationId!;
      // No call of AWS's says which address that is to be.
      if (gateway.publicIp) loading.world.elasticIps.change(AllocationId, { publicIp: gateway.publicIp });
      loading.ids.set(`${key}/elasticIps/${gateway.name}`, AllocationId);
    }
    const { NatGateway: made } = loading.make<CreateNatGatewayResult>({ ...at, ids: { nat: gateway.id } }, 'CreateNatGateway', {
      SubnetId,
      AllocationId,
      ConnectivityType: gateway.private ? 'private' : 'public',
      TagSpecifications: specification('natgateway', gateway),
    });
    loading.ids.set(at.idPath, made!.NatGatewayId!);
    const { failure } = loading.world.natGateways.get(made!.NatGatewayId!)!;
    if (failure) throw loading.error(here, `AWS lets this fail (CreateNatGateway, ${failure.code}): ${failure.message}`);
  }
}

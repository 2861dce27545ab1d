import type {
  AcceptVpcEndpointConnectionsRequest,
  AcceptVpcEndpointConnectionsResult,
  DescribeVpcEndpointConnectionsRequest,
  DescribeVpcEndpointConnectionsResult,
  RejectVpcEndpointConnectionsRequest,
  RejectVpcEndpointConnectionsResult,
  State,
  VpcEndpointConnection,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { EndpointServiceRecord, VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { required, unsuccessful } from '../errors.ts';
import { checkId, idKinds, notFound } from '../ids.ts';
import { atMost1000, filterTest, page } from '../listing.ts';
import { findEndpointService, placeOf } from '../owned.ts';
import { serviceNameOf } from './endpoint-services.ts';
import { dnsEntriesOf } from './vpc-endpoint-dns.ts';
import { settleLater } from './vpc-endpoint-states.ts';

interface Connection {
  readonly service: EndpointServiceRecord;
  readonly endpoint: VpcEndpointRecord;
}

const shown = (world: World, { service, endpoint }: Connection): VpcEndpointConnection => ({
  ServiceId: service.id,
  VpcEndpointId: endpoint.id,
  VpcEndpointOwner: endpoint.ownerId,
  VpcEndpointState: endpoint.state as State,
  VpcEndpointRegion: endpoint.region,
  CreationTimestamp: new Date(endpoint.createdAt),
  DnsEntries: dnsEntriesOf(world, { ...endpoint, privateDnsEnabled: false }),
  NetworkLoadBalancerArns: [...service.networkLoadBalancerArns],
  IpAddressType: endpoint.ipAddressType,
  Tags: [],
});

/** The endpoints that lead to a service, as they truly are. */
export const connectionsOf = (world: World, service: EndpointServiceRecord): VpcEndpointRecord[] =>
  world.vpcEndpoints.where(`service:${serviceNameOf(service)}`);

/** An endpoint that leads to the service and is in one of the states. */
function connectionIn(
  world: World,
  service: EndpointServiceRecord,
  { id, states }: { id: string; states: readonly VpcEndpointRecord['state'][] },
): VpcEndpointRecord {
  checkId(idKinds.vpcEndpoint, id);
  const endpoint = connectionsOf(world, service).find((one) => one.id === id);
  if (!endpoint) throw notFound(idKinds.vpcEndpoint, id);
  if (!states.includes(endpoint.state)) {
    throw new ApiError('InvalidState', `The connection of the endpoint ${id} is in state ${endpoint.state}.`);
  }
  return endpoint;
}

export function endpointConnectionOperations(world: World): Operations {
  return {
    DescribeVpcEndpointConnections(input: DescribeVpcEndpointConnectionsRequest, call: Call): DescribeVpcEndpointConnectionsResult {
      const connections = world.endpointServices
        .seenWhere(`place:${placeOf(call)}`)
        .flatMap((service) =>
          world.vpcEndpoints.seenWhere(`service:${serviceNameOf(service)}`).map((endpoint): Connection => ({ service, endpoint })),
        );
      const test = filterTest<Connection>(
        input.Filters ?? [],
        {
          'ip-address-type': ({ endpoint }) => endpoint.ipAddressType,
          'service-id': ({ service }) => service.id,
          'vpc-endpoint-id': ({ endpoint }) => endpoint.id,
          'vpc-endpoint-owner': ({ endpoint }) => endpoint.ownerId,
          'vpc-endpoint-region': ({ endpoint }) => endpoint.region,
          'vpc-endpoint-state': ({ endpoint }) => endpoint.state,
        },
        undefined,
      );
      const { items, NextToken } = page(world, {
        items: connections
          .filter(test)
          .toSorted((a, b) => world.vpcEndpoints.orderOf(a.endpoint.id) - world.vpcEndpoints.orderOf(b.endpoint.id)),
        orderOf: ({ endpoint }) => world.vpcEndpoints.orderOf(endpoint.id),
        input: atMost1000(input),
        limits: { min: 1, max: 1000 },
      });
      return { VpcEndpointConnections: items.map((connection) => shown(world, connection)), NextToken };
    },

    AcceptVpcEndpointConnections(input: AcceptVpcEndpointConnectionsRequest, call: Call): AcceptVpcEndpointConnectionsResult {
      const service = findEndpointService(world, call, input.ServiceId);
      return {
        Unsuccessful: unsuccessful(required(input.VpcEndpointIds, 'vpcEndpointIds'), (id) => {
          const endpoint = connectionIn(world, service, { id, states: ['pendingAcceptance'] });
          world.vpcEndpoints.change(endpoint.id, { state: 'pending' });
          settleLater(world, endpoint.id);
        }),
      };
    },

    /** What was accepted can be rejected too. */
    RejectVpcEndpointConnections(input: RejectVpcEndpointConnectionsRequest, call: Call): RejectVpcEndpointConnectionsResult {
      const service = findEndpointService(world, call, input.ServiceId);
      return {
        Unsuccessful: unsuccessful(required(input.VpcEndpointIds, 'vpcEndpointIds'), (id) => {
          const endpoint = connectionIn(world, service, { id, states: ['pendingAcceptance', 'pending', 'available'] });
          world.vpcEndpoints.change(endpoint.id, { state: 'rejected' });
        }),
      };
    },
  };
}

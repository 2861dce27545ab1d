import type {
  AllowedPrincipal,
  DescribeVpcEndpointServicePermissionsRequest,
  DescribeVpcEndpointServicePermissionsResult,
  ModifyVpcEndpointServicePermissionsRequest,
  ModifyVpcEndpointServicePermissionsResult,
  PrincipalType,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { EndpointServiceRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { atMost1000, filterTest, page } from '../listing.ts';
import { findEndpointService } from '../owned.ts';

type Allowed = EndpointServiceRecord['allowedPrincipals'][number];

function typeOf(principal: string): PrincipalType {
  if (principal === '*') return 'All';
  if (principal.endsWith(':root')) return 'Account';
  return principal.includes(':user/') ? 'User' : 'Role';
}

/** @throws ApiError InvalidPrincipal for what is neither `*` nor the ARN of an account, a user or a role */
function readPrincipal(text: string): string {
  if (text !== '*' && !/^arn:aws[a-z-]*:iam::\d{12}:(?:root|user\/.+|role\/.+)$/.test(text)) {
    throw new ApiError('InvalidPrincipal', `Invalid Principal: '${text}'`);
  }
  return text;
}

export function endpointServicePermissionOperations(world: World): Operations {
  return {
    /** Who may see the service, and make endpoints for it. Endpoints that there are stay when their owner may no longer. */
    ModifyVpcEndpointServicePermissions(
      input: ModifyVpcEndpointServicePermissionsRequest,
      call: Call,
    ): ModifyVpcEndpointServicePermissionsResult {
      const service = findEndpointService(world, call, input.ServiceId);
      const removed = new Set((input.RemoveAllowedPrincipals ?? []).map(readPrincipal));
      const kept = service.allowedPrincipals.filter(({ principal }) => !removed.has(principal));
      const added = [...new Set((input.AddAllowedPrincipals ?? []).map(readPrincipal))]
        .filter((principal) => !kept.some((one) => one.principal === principal))
        .map((principal): Allowed => ({ id: world.newId('vpce-svc-perm'), principal }));
      world.endpointServices.change(service.id, { allowedPrincipals: [...kept, ...added] });
      return {
        ReturnValue: true,
        AddedPrincipals: added.map(({ id, principal }) => ({
          ServiceId: service.id,
          ServicePermissionId: id,
          Principal: principal,
          PrincipalType: typeOf(principal),
        })),
      };
    },

    DescribeVpcEndpointServicePermissions(
      input: DescribeVpcEndpointServicePermissionsRequest,
      call: Call,
    ): DescribeVpcEndpointServicePermissionsResult {
      const service = findEndpointService(world, call, input.ServiceId);
      const seen = world.endpointServices.seen(service.id) ?? service;
      const test = filterTest<Allowed>(
        input.Filters ?? [],
        { principal: ({ principal }) => principal, 'principal-type': ({ principal }) => typeOf(principal) },
        undefined,
      );
      const { items, NextToken } = page(world, {
        items: seen.allowedPrincipals.map((allowed, index) => ({ allowed, index })).filter(({ allowed }) => test(allowed)),
        orderOf: ({ index }) => index,
        input: atMost1000(input),
        limits: { min: 1, max: 1000 },
      });
      const shown = ({ id, principal }: Allowed): AllowedPrincipal => ({
        ServiceId: service.id,
        ServicePermissionId: id,
        Principal: principal,
        PrincipalType: typeOf(principal),
        Tags: [],
      });
      return { AllowedPrincipals: items.map(({ allowed }) => shown(allowed)), NextToken };
    },
  };
}

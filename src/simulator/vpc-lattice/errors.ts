import type { ValidationExceptionReason } from '@aws-sdk/client-vpc-lattice';
import { ApiError } from '../service.ts';

/** How VPC Lattice names the kinds of things in its errors. */
export type ResourceType =
  | 'RESOURCE_GATEWAY'
  | 'RESOURCE_CONFIGURATION'
  | 'RESOURCE_ENDPOINT_ASSOCIATION'
  | 'DOMAIN_VERIFICATION'
  | 'SERVICE_NETWORK'
  | 'SERVICE_NETWORK_RESOURCE_ASSOCIATION'
  | 'VPC'
  | 'SUBNET'
  | 'SECURITY_GROUP';

/** A request that does not fit: which field, and why (aws.md 5.5). */
export function invalidField(name: string, message: string): ApiError {
  return validation('fieldValidationFailed', message, [{ name, message }]);
}

export function validation(
  reason: ValidationExceptionReason,
  message: string,
  fieldList: readonly { name: string; message: string }[] = [],
): ApiError {
  return new ApiError('ValidationException', message, { fields: { reason, fieldList } });
}

export function resourceNotFound(resourceType: ResourceType, resourceId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `${resourceType} ${resourceId} not found`, {
    httpStatus: 404,
    fields: { resourceId, resourceType },
  });
}

export function conflict(resourceType: ResourceType, resourceId: string, message: string): ApiError {
  return new ApiError('ConflictException', message, { httpStatus: 409, fields: { resourceId, resourceType } });
}

/** 402, of all things (aws.md 5.5). */
export function quotaExceeded(resourceType: ResourceType, quota: number): ApiError {
  return new ApiError('ServiceQuotaExceededException', `The quota of ${quota} is used up.`, {
    httpStatus: 402,
    fields: { resourceType, serviceCode: 'vpc-lattice', quotaCode: `${resourceType}_COUNT` },
  });
}

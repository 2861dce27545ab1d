import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as route53 from '@aws-sdk/client-route-53';
import * as sts from '@aws-sdk/client-sts';
import * as vpcLattice from '@aws-sdk/client-vpc-lattice';
import type { SignatureFlaw } from './calls/identity.ts';
import type { Refusal } from './iam/authorize.ts';
import { ApiError, type Call } from './service.ts';
import { invalidField, validation } from './vpc-lattice/errors.ts';
import { exceptionsOf, operationsOf } from './wire/api.ts';
import { awsQuery } from './wire/aws-query.ts';
import { ec2Query } from './wire/ec2-query.ts';
import type { Protocol } from './wire/protocol.ts';
import { restJson } from './wire/rest-json.ts';
import { restXml } from './wire/rest-xml.ts';

/** A service as callers meet it before its operations do anything: its protocol, and what it says when it turns a call away. */
export interface ServiceWire {
  /** The service's name in a signature's scope and in IAM actions: `ec2`. */
  readonly signingName: string;
  readonly protocol: Protocol;
  /** By which a request that is not signed can be told to be for this service. */
  readonly version: string;
  badSignature(flaw: SignatureFlaw): ApiError;
  /** @param refusal what a policy had to say; left out where a call is turned away for no reason */
  denied(call: Call, operation: string, refusal?: Refusal): ApiError;
  throttled(operation: string): ApiError;
  internalError(): ApiError;
}

const ec2Wire: ServiceWire = {
  signingName: 'ec2',
  version: '2016-11-15',
  protocol: ec2Query({ signingName: 'ec2', xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/', operations: operationsOf(ec2) }),

  badSignature(flaw) {
    switch (flaw) {
      case 'missing':
        return missingToken();
      case 'malformed':
        return incompleteSignature();
      case 'invalidToken':
        return new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials', { httpStatus: 401 });
      case 'expiredToken':
        return new ApiError('RequestExpired', 'Request has expired.');
    }
  },

  denied: (call, operation, refusal) =>
    new ApiError(
      'UnauthorizedOperation',
      `You are not authorized to perform this operation. ${notAllowed(call, `ec2:${operation}`, refusal)}`,
      {
        httpStatus: 403,
      },
    ),
  throttled: () => new ApiError('RequestLimitExceeded', 'Request limit exceeded.', { httpStatus: 503 }),
  internalError: () => new ApiError('InternalError', 'An internal error has occurred', { httpStatus: 500 }),
};

/** How STS and Route 53 refuse a signature. */
function xmlBadSignature(flaw: SignatureFlaw): ApiError {
  switch (flaw) {
    case 'missing':
      return missingToken();
    case 'malformed':
      return incompleteSignature();
    case 'invalidToken':
      return new ApiError('InvalidClientTokenId', 'The security token included in the request is invalid.', { httpStatus: 403 });
    case 'expiredToken':
      return new ApiError('ExpiredToken', 'The security token included in the request is expired', { httpStatus: 403 });
  }
}

const stsWire: ServiceWire = {
  signingName: 'sts',
  version: '2011-06-15',
  protocol: awsQuery({ signingName: 'sts', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/', operations: operationsOf(sts) }),

  badSignature: xmlBadSignature,

  denied: (call, operation, refusal) => new ApiError('AccessDenied', notAllowed(call, `sts:${operation}`, refusal), { httpStatus: 403 }),
  throttled: () => new ApiError('Throttling', 'Rate exceeded'),
  internalError: () =>
    new ApiError('InternalFailure', 'The request processing has failed because of an unknown error', { httpStatus: 500 }),
};

const latticeWire: ServiceWire = {
  signingName: 'vpc-lattice',
  version: '2022-11-30',
  protocol: restJson({
    signingName: 'vpc-lattice',
    operations: operationsOf(vpcLattice),
    exceptions: exceptionsOf(vpcLattice),
    errors: {
      missing: (name) => invalidField(name, `The field ${name} is required`),
      invalid: (name, value, expected) => invalidField(name, `${value} is not ${expected}`),
      unreadable: () => validation('cannotParse', 'The request cannot be read'),
    },
  }),

  badSignature: jsonBadSignature,
  denied: (call, operation, refusal) =>
    new ApiError('AccessDeniedException', notAllowed(call, `vpc-lattice:${operation}`, refusal), { httpStatus: 403 }),
  throttled: () => new ApiError('ThrottlingException', 'Rate exceeded', { httpStatus: 429 }),
  internalError: () => new ApiError('InternalServerException', 'An internal error has occurred', { httpStatus: 500 }),
};

const ramWire: ServiceWire = {
  signingName: 'ram',
  version: '2018-01-04',
  protocol: restJson({
    signingName: 'ram',
    operations: operationsOf(ram),
    exceptions: exceptionsOf(ram),
    errors: {
      missing: (name) => new ApiError('MissingRequiredParameterException', `The parameter ${name} is required`),
      invalid: (name, value, expected) => new ApiError('InvalidParameterException', `${value} at ${name} is not ${expected}`),
      unreadable: () => new ApiError('SerializationException', 'The request cannot be read'),
    },
  }),

  badSignature: jsonBadSignature,
  denied: (call, operation, refusal) =>
    new ApiError('AccessDeniedException', notAllowed(call, `ram:${operation}`, refusal), { httpStatus: 403 }),
  throttled: () => new ApiError('ThrottlingException', 'Rate exceeded', { httpStatus: 429 }),
  internalError: () => new ApiError('ServerInternalException', 'An internal error has occurred', { httpStatus: 500 }),
};

const route53Wire: ServiceWire = {
  signingName: 'route53',
  version: '2013-04-01',
  protocol: restXml({
    signingName: 'route53',
    xmlNamespace: 'https://route53.amazonaws.com/doc/2013-04-01/',
    operations: operationsOf(route53),
  }),

  badSignature: xmlBadSignature,

  denied: (call, operation, refusal) =>
    new ApiError('AccessDenied', notAllowed(call, `route53:${operation}`, refusal), { httpStatus: 403 }),
  throttled: () => new ApiError('Throttling', 'Rate exceeded'),
  internalError: () => new ApiError('InternalFailure', 'An internal error has occurred', { httpStatus: 500 }),
};

/** The services that the simulator answers for: one line to add for a new one. */
export const serviceWires: readonly ServiceWire[] = [ec2Wire, stsWire, latticeWire, ramWire, route53Wire];

function missingToken(): ApiError {
  return new ApiError('MissingAuthenticationToken', 'Request is missing Authentication Token', { httpStatus: 403 });
}

function incompleteSignature(): ApiError {
  return new ApiError('IncompleteSignature', 'The request signature does not conform to AWS standards.');
}

function notAllowed(call: Call, operation: string, refusal: Refusal | undefined): string {
  const { action, resource, decision, by } = refusal ?? {
    action: operation,
    resource: '*',
    decision: 'implicitlyDenied',
    by: 'identity-based',
  };
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  const why =
    decision === 'explicitlyDenied'
      ? `with an explicit deny in ${by === 'session' ? 'a' : 'an'} ${by} policy`
      : `because no ${by} policy allows the ${action} action`;
  return `User: ${call.callerArn} is not authorized to perform: ${action}${on} ${why}`;
}

/** What the services that speak JSON say of signatures. */
function jsonBadSignature(flaw: SignatureFlaw): ApiError {
  switch (flaw) {
    case 'missing':
      return new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token', { httpStatus: 403 });
    case 'malformed':
      return new ApiError('IncompleteSignatureException', 'The request signature does not conform to AWS standards.');
    case 'invalidToken':
      return new ApiError('UnrecognizedClientException', 'The security token included in the request is invalid.', { httpStatus: 403 });
    case 'expiredToken':
      return new ApiError('ExpiredTokenException', 'The security token included in the request is expired', { httpStatus: 403 });
  }
}

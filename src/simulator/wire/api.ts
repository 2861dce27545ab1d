import type { CreateVpc$ } from '@aws-sdk/client-ec2';
import type { ValidationException$ } from '@aws-sdk/client-vpc-lattice';

/** An operation as the SDK's packages describe it: `[9, namespace, name, traits, input, output]`. */
export type OperationSchema = typeof CreateVpc$;

/** An exception as the SDK's packages describe it: `[-3, namespace, name, traits, members, …]`. */
export type ErrorSchema = typeof ValidationException$;

/** What the wire needs to know of an AWS service: all of it comes from the SDK. */
export interface Api {
  /** The service's name in a signature's scope and in IAM actions: `ec2`. */
  readonly signingName: string;
  readonly xmlNamespace: string;
  /** By name: `CreateVpcPeeringConnection` … */
  readonly operations: ReadonlyMap<string, OperationSchema>;
}

const operationMark = 9;
const errorMark = -3;

/** The operations that a package `@aws-sdk/client-*` exports schemas of. */
export function operationsOf(sdk: Readonly<Record<string, unknown>>): Map<string, OperationSchema> {
  const operations = new Map<string, OperationSchema>();
  for (const exported of Object.values(sdk)) {
    if (isOperationSchema(exported)) operations.set(exported[2], exported);
  }
  return operations;
}

function isOperationSchema(exported: unknown): exported is OperationSchema {
  return Array.isArray(exported) && exported[0] === operationMark && exported.length === 6;
}

/** The exceptions that a package `@aws-sdk/client-*` exports schemas of. */
export function exceptionsOf(sdk: Readonly<Record<string, unknown>>): Map<string, ErrorSchema> {
  const exceptions = new Map<string, ErrorSchema>();
  for (const exported of Object.values(sdk)) {
    if (isErrorSchema(exported)) exceptions.set(exported[2], exported);
  }
  return exceptions;
}

function isErrorSchema(exported: unknown): exported is ErrorSchema {
  return Array.isArray(exported) && exported[0] === errorMark;
}

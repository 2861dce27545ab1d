import type * as route53 from '@aws-sdk/client-route-53';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { ApiError } from '../../../src/simulator/service.ts';
import type { Aws } from '../ec2/account.ts';
import type { InputOf, OperationOf, OutputOf } from '../sdk-types.ts';

type Sdk = typeof route53;
type OperationName = OperationOf<Sdk>;
type Input<Name extends OperationName> = InputOf<Sdk, Name>;
type Output<Name extends OperationName> = OutputOf<Sdk, Name>;

/** An account that calls the handlers of Route 53 themselves in the SDK's types. */
export interface Route53Caller {
  <Name extends OperationName>(operation: Name, input: Input<Name>): Output<Name>;
  /** The code, status and message with which AWS refuses the call; undefined where it does not. */
  refused<Name extends OperationName>(operation: Name, input: Input<Name>): { code: string; status: number; message: string } | undefined;
  code<Name extends OperationName>(operation: Name, input: Input<Name>): string | undefined;
}

export function route53Caller(aws: Aws, accountId: string): Route53Caller {
  const operations = route53Operations(aws.world);
  const context = { accountId, region: 'us-east-1', callerArn: `arn:aws:iam::${accountId}:root` };
  const call = (name: string, input: unknown): never => operations[name]!(input as never, context) as never;
  const refused = (name: string, input: unknown) => {
    try {
      call(name, input);
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { code: error.code, status: error.httpStatus, message: error.message };
    }
  };
  return Object.assign(call, {
    refused,
    code: (name: string, input: unknown) => refused(name, input)?.code,
  }) as unknown as Route53Caller;
}

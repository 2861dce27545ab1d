import type * as route53 from '@aws-sdk/client-route-53';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { ApiError } from '../../../src/simulator/service.ts';
import type { Aws } from '../ec2/account.ts';

type Sdk = typeof route53;
type OperationName = { [Name in keyof Sdk]: Name extends `${infer Operation}Command` ? Operation : never }[keyof Sdk];
type Command<Name extends OperationName> = Sdk[`${Name}Command` & keyof Sdk] extends abstract new (
  ...args: infer Arguments
) => infer Made
  ? { input: Exclude<Arguments, readonly []> extends readonly [infer Given, ...unknown[]] ? Given : never; made: Made }
  : never;
type Input<Name extends OperationName> = Command<Name>['input'];
type Output<Name extends OperationName> = Command<Name>['made'] extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Answer }>;
}
  ? Answer
  : never;

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

// What the SDK's clients take and give, by the names of their operations.

/** Names of the operations that a client's package, as a namespace, has commands for. */
export type OperationOf<Sdk> = { [Name in keyof Sdk]: Name extends `${infer Operation}Command` ? Operation : never }[keyof Sdk];

type Command<Sdk, Name extends string> = Sdk[`${Name}Command` & keyof Sdk] extends abstract new (
  ...args: infer Arguments
) => infer Made
  ? { input: Exclude<Arguments, readonly []> extends readonly [infer Given, ...unknown[]] ? Given : never; made: Made }
  : never;

export type InputOf<Sdk, Name extends string> = Command<Sdk, Name>['input'];

export type OutputOf<Sdk, Name extends string> = Command<Sdk, Name>['made'] extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Answer }>;
}
  ? Answer
  : never;

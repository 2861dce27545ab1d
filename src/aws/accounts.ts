import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '../ambient/clock.ts';
import { type AccountIdentity, AwsError, IdentityError } from './aws.ts';
import type { Calls } from './calls.ts';
import { fitForStatus } from './errors.ts';

/** An access key and what belongs to it, as the SDK's clients take it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** What may be put in place of the SDK's standard environment: tests and demonstrations talk to a simulator in the process. */
export interface SdkOptions {
  /** The controller's own identity; left out: the SDK's default provider chain. */
  readonly credentials?: Credentials | (() => Promise<Credentials>) | undefined;
  readonly requestHandler?: EC2ClientConfig['requestHandler'] | undefined;
  /** Of every service; left out: AWS's regional ones, or AWS_ENDPOINT_URL. */
  readonly endpoint?: string | undefined;
  /** Region of STS where the AwsAccount has no default region; left out: AWS_REGION or the profile's. */
  readonly region?: string | undefined;
}

/** Credentials whose account has been verified, and the clients that sign with them and with no others. */
export interface Session {
  /** As STS says it. */
  readonly arn: string;
  /** The one client of EC2 for this region. */
  ec2(region: string): EC2Client;
}

export interface Accounts {
  /**
   * The verified session behind an AwsAccount: opened at first use, renewed before it expires, and verified again each time.
   *
   * @param maxAgeMs opened and verified anew where that was done longer ago, in milliseconds; left out: while the credentials last
   * @throws IdentityError; AwsError where STS gave no answer or has had too many calls, which says nothing about the identity
   */
  open(account: AccountIdentity, maxAgeMs?: number): Promise<Session>;
  /**
   * Runs with the verified session. Where AWS then refuses its credentials, which it does before it does anything else, they are had and
   * verified anew and it runs once more: a session that ends in the middle of a pass is no event.
   *
   * @throws what `open` throws, and what `run` does
   */
  use<Result>(account: AccountIdentity, run: (session: Session) => Promise<Result>): Promise<Result>;
}

export interface AccountsOptions {
  readonly clock: Clock;
  readonly calls: Calls;
  /** In the session's name and tag, so that CloudTrail and policies can tell clusters apart. */
  readonly clusterName: string;
  readonly sdk: SdkOptions;
}

/** A session that expires within this time is renewed first. */
const renewBeforeMs = 5 * 60_000;
/** A broken account is not asked again for this long: long enough for a burst of passes, short enough to see a repair. */
const failureKeptMs = 5_000;
/** What AssumeRole grants by default, for an answer that names no end. */
const sessionMs = 60 * 60_000;

/** Nothing waits for AWS without end, and no account takes all sockets. */
const httpOptions = {
  connectionTimeout: 3_000,
  requestTimeout: 20_000,
  throwOnRequestTimeout: true,
  httpsAgent: { keepAlive: true, maxSockets: 50 },
  httpAgent: { keepAlive: true, maxSockets: 50 },
};

interface State {
  /** `verifiedAt` by the monotonic clock. */
  opened?: { readonly session: Session; readonly from: string; readonly expiresAt: number; readonly verifiedAt: number } | undefined;
  opening?: Promise<Session> | undefined;
  failure?: { readonly error: unknown; readonly until: number } | undefined;
}

/** A name for the identity that outlives its sessions: an assumed role's ARN without the session's name. */
export function lastingArn(arn: string): string {
  return arn.includes(':assumed-role/') ? arn.slice(0, arn.lastIndexOf('/')) : arn;
}

/** AWS takes 2–64 characters of a small set; the same cluster gets the same name each time. */
export function sessionName(clusterName: string): string {
  return `isthmus-${clusterName.replace(/[^\w+=,.@-]/g, '-')}`.slice(0, 64);
}

export function createAccounts({ clock, calls, clusterName, sdk }: AccountsOptions): Accounts {
  const states = new Map<string, State>();
  // The first client makes the handler and all later ones share its sockets, also after their credentials have been renewed.
  let handler: EC2ClientConfig['requestHandler'] = sdk.requestHandler;

  function clientConfig(credentials: Credentials | undefined, region: string | undefined) {
    return {
      maxAttempts: 1,
      requestHandler: handler ?? httpOptions,
      ...(credentials && { credentials: plain(credentials) }),
      ...(region !== undefined && { region }),
      ...(sdk.endpoint !== undefined && { endpoint: sdk.endpoint }),
    };
  }

  function sts(credentials: Credentials | undefined, region: string | undefined): STSClient {
    const client = new STSClient(clientConfig(credentials, region));
    handler ??= client.config.requestHandler;
    return client;
  }

  let chain: STSClient | undefined;

  async function ownCredentials(account: AccountIdentity): Promise<Credentials> {
    try {
      if (typeof sdk.credentials === 'function') return await sdk.credentials();
      if (sdk.credentials) return sdk.credentials;
      // The default provider chain, remembered and renewed by the SDK.
      chain ??= sts(undefined, sdk.region ?? account.stsRegion);
      return await chain.config.credentials();
    } catch (error) {
      throw new IdentityError('CredentialsUnavailable', `The controller has no AWS credentials of its own: ${textOf(error)}`, {
        cause: error,
      });
    }
  }

  async function stsRegion(client: STSClient, account: AccountIdentity): Promise<string> {
    try {
      return await client.config.region();
    } catch (error) {
      const message = `No region is known in which to ask STS for AwsAccount "${account.name}": set its defaultRegion, or AWS_REGION for the controller.`;
      throw new IdentityError('CredentialsUnavailable', message, { cause: error });
    }
  }

  async function ask<Answer>(account: AccountIdentity, credentials: Credentials, question: Question<Answer>): Promise<Answer> {
    const client = sts(credentials, account.stsRegion ?? sdk.region);
    const region = await stsRegion(client, account);
    const place = { service: 'sts', action: question.action, accountId: account.accountId, region, write: false } as const;
    return calls.call(place, () => question.send(client), { repeatable: true });
  }

  async function assume(account: AccountIdentity, own: Credentials): Promise<{ credentials: Credentials; expiresAt: number }> {
    const role = account.assumeRole!;
    const command = new AssumeRoleCommand({
      RoleArn: role.roleArn,
      RoleSessionName: sessionName(clusterName),
      ExternalId: role.externalId,
      Tags: [{ Key: 'isthmus.dev/cluster', Value: clusterName }],
    });
    const refused = (error: unknown) =>
      new IdentityError('RoleNotAssumable', `Role ${role.roleArn} of AwsAccount "${account.name}" cannot be assumed: ${textOf(error)}`, {
        cause: error,
      });
    const answer = await ask(account, own, { action: 'AssumeRole', send: (client) => client.send(command) }).catch((error: unknown) => {
      throw error instanceof AwsError && error.meaning !== 'credentials' && !isPassing(error) ? refused(error) : error;
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey) throw refused('STS answered without credentials');
    return {
      credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
      expiresAt: Expiration?.getTime() ?? clock.now() + sessionMs,
    };
  }

  /** @returns the ARN that the credentials belong to */
  async function verify(account: AccountIdentity, credentials: Credentials): Promise<string> {
    const send = (client: STSClient) => client.send(new GetCallerIdentityCommand({}));
    const { Account: found, Arn: arn } = await ask(account, credentials, { action: 'GetCallerIdentity', send });
    if (found !== account.accountId || arn === undefined) {
      const identity = arn === undefined ? 'nobody that STS would name' : lastingArn(arn);
      const message = `AwsAccount "${account.name}" is for account ${account.accountId}, but its credentials are those of account ${found ?? 'unknown'} (${identity}).`;
      throw new IdentityError('IdentityMismatch', message);
    }
    return arn;
  }

  function sessionOf(arn: string, credentials: Credentials): Session {
    const clients = new Map<string, EC2Client>();
    return {
      arn,
      ec2(region) {
        let client = clients.get(region);
        if (!client) {
          client = new EC2Client(clientConfig(credentials, region));
          clients.set(region, client);
        }
        return client;
      },
    };
  }

  async function openNow(account: AccountIdentity, state: State, maxAgeMs = Number.POSITIVE_INFINITY): Promise<Session> {
    const { opened } = state;
    const verifiedAt = clock.monotonic();
    const recent = opened !== undefined && verifiedAt - opened.verifiedAt <= maxAgeMs;
    if (recent && account.assumeRole && opened.expiresAt - clock.now() > renewBeforeMs) return opened.session;
    try {
      const own = await ownCredentials(account);
      if (recent && !account.assumeRole && opened.from === keyOf(own)) return opened.session;
      const { credentials, expiresAt } = account.assumeRole
        ? await assume(account, own)
        : { credentials: own, expiresAt: Number.POSITIVE_INFINITY };
      const session = sessionOf(await verify(account, credentials), credentials);
      state.opened = { session, from: keyOf(credentials), expiresAt, verifiedAt };
      return session;
    } catch (error) {
      const verdict = verdictOf(account, error);
      // The verified session of before is still this identity's own: it serves while STS cannot be had.
      const serves = account.assumeRole && opened && isPassing(verdict) && opened.expiresAt > clock.now();
      if (!serves) state.opened = undefined;
      throw verdict;
    }
  }

  function stateOf(account: AccountIdentity): State {
    const key = JSON.stringify([account.name, account.accountId, account.assumeRole, account.stsRegion]);
    let state = states.get(key);
    if (!state) {
      state = {};
      states.set(key, state);
    }
    return state;
  }

  async function openOnce(account: AccountIdentity, state: State, maxAgeMs?: number): Promise<Session> {
    try {
      const session = await openNow(account, state, maxAgeMs);
      state.failure = undefined;
      return session;
    } catch (error) {
      state.failure = { error, until: clock.monotonic() + failureKeptMs };
      if (state.opened) return state.opened.session;
      throw error;
    } finally {
      state.opening = undefined;
    }
  }

  async function open(account: AccountIdentity, maxAgeMs?: number): Promise<Session> {
    const state = stateOf(account);
    if (state.failure && clock.monotonic() < state.failure.until) {
      if (state.opened) return state.opened.session;
      throw state.failure.error;
    }
    state.opening ??= openOnce(account, state, maxAgeMs);
    return state.opening;
  }

  async function attempt<Result>(account: AccountIdentity, run: (session: Session) => Promise<Result>): Promise<Result> {
    const session = await open(account);
    try {
      return await run(session);
    } catch (error) {
      const state = stateOf(account);
      if (isRefusal(error) && state.opened?.session === session) state.opened = undefined;
      throw error;
    }
  }

  return {
    open,
    async use(account, run) {
      try {
        return await attempt(account, run);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return await attempt(account, run);
      }
    },
  };
}

interface Question<Answer> {
  readonly action: string;
  send(client: STSClient): Promise<Answer>;
}

/** AWS takes these credentials no longer. */
function isRefusal(error: unknown): boolean {
  return error instanceof AwsError && error.meaning === 'credentials';
}

/** Such an error says nothing about the identity: it may be fine in a moment. */
function isPassing(error: unknown): boolean {
  return error instanceof AwsError && (error.meaning === 'transport' || error.meaning === 'throttled');
}

function verdictOf(account: AccountIdentity, error: unknown): unknown {
  if (!(error instanceof AwsError) || isPassing(error)) return error;
  return new IdentityError('CredentialsUnavailable', `The credentials for AwsAccount "${account.name}" are of no use: ${error.message}`, {
    cause: error,
  });
}

function keyOf(credentials: Credentials): string {
  return `${credentials.accessKeyId} ${credentials.sessionToken ?? ''}`;
}

/** Without the end of their life: that is kept here, by this process's clock, and the SDK must not ask for others on its own. */
function plain({ accessKeyId, secretAccessKey, sessionToken }: Credentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

function textOf(error: unknown): string {
  return fitForStatus(error instanceof Error ? error.message : String(error));
}

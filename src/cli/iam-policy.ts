import { Command, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import type { Ambient } from '../ambient/ambient.ts';
import { accountPolicies, accountTrust, controllerPolicy, controllerTrust, features, type PolicyDocument } from '../aws/iam-policy.ts';
import type { Feature } from '../aws/permissions.ts';
import { partitionOf } from '../network/partitions.ts';
import { tagValue } from './arguments.ts';

type Format = 'json' | 'yaml';

/** `isthmus iam-policy`: prints the IAM policies of the roles, for `aws iam` and the like. */
export function iamPolicyCommand(_ambient: Ambient): Command {
  return new Command('iam-policy')
    .description('Prints the least IAM policies that the controller needs, and who may assume its roles.')
    .addCommand(accountCommand(), { isDefault: true })
    .addCommand(trustCommand())
    .addCommand(controllerCommand())
    .addCommand(controllerTrustCommand())
    .addHelpText(
      'after',
      `
Without a command it is "account". Each command has a --help of its own.

What the role of account 111122223333 may do, and who may assume it:

  isthmus iam-policy --account-id 111122223333 --cluster-name prod
  isthmus iam-policy trust --controller arn:aws:iam::999988887777:role/isthmus-controller --cluster-name prod --external-id 5f0c6f3e

The controller's own role:

  isthmus iam-policy controller --role arn:aws:iam::111122223333:role/isthmus --cluster-name prod
  isthmus iam-policy controller-trust --namespace isthmus --service-account isthmus`,
    );
}

interface AccountCommandOptions {
  readonly accountId: string;
  readonly clusterName: string;
  readonly feature?: readonly Feature[];
  readonly region?: readonly string[];
  readonly vpc?: readonly string[];
  readonly peerAccount?: readonly string[];
  readonly requireTag?: readonly (readonly [key: string, value: string])[];
  readonly partition?: string;
  readonly format: Format;
}

function accountCommand(): Command {
  return new Command('account')
    .description('what the role of an account may do there')
    .requiredOption('--account-id <id>', 'the account, twelve digits', accountId)
    .addOption(clusterName())
    .addOption(
      new Option('--feature <name>', 'what it is for; may be given several times; by default everything')
        .choices(features)
        .argParser(list(feature)),
    )
    .option('--region <name>', 'a region it may act in; may be given several times; by default all', list(region))
    .option('--vpc <id>', 'a VPC it may join and change tables and groups of; may be given several times; by default all', list(vpcId))
    .option('--peer-account <id>', "another account whose VPCs this one's are joined to; may be given several times", list(accountId))
    .option(
      '--require-tag <key=value>',
      'a tag that VPCs, route tables and security groups must carry to be touched; may be given several times',
      list(tag),
    )
    .addOption(new Option('--partition <name>', 'by default that of the regions, or aws').choices(['aws', 'aws-cn', 'aws-us-gov']))
    .addOption(format())
    .addHelpText(
      'after',
      `
One document comes out, or several, one after another, where one would be larger than AWS takes: the role needs all of them.

  isthmus iam-policy --account-id 111122223333 --cluster-name prod > isthmus.json
  aws iam put-role-policy --role-name isthmus --policy-name isthmus --policy-document file://isthmus.json

  isthmus iam-policy --account-id 111122223333 --cluster-name prod --region us-west-2 --region eu-west-2 \\
    --peer-account 222233334444 --vpc vpc-0a1b2c3d4e5f60718`,
    )
    .action((options: AccountCommandOptions, command: Command) => {
      const { region: regions = [], vpc: vpcIds = [], peerAccount: peerAccountIds = [], format: printedAs } = options;
      const [partition = 'aws', ...others] = [...new Set([...(options.partition ? [options.partition] : []), ...regions.map(partitionOf)])];
      if (others.length > 0) {
        command.error(`error: --region and --partition name several partitions (${[partition, ...others].join(', ')}); a role is in one`);
      }
      const scope = {
        accountId: options.accountId,
        clusterName: options.clusterName,
        features: options.feature ?? features,
        partition,
        regions,
        vpcIds,
        peerAccountIds,
        requiredTags: Object.fromEntries(options.requireTag ?? []),
      };
      try {
        print(accountPolicies(scope), printedAs);
      } catch (error) {
        command.error(`error: ${(error as Error).message}`);
      }
    });
}

interface TrustCommandOptions {
  readonly controller: string;
  readonly clusterName: string;
  readonly externalId?: string;
  readonly podIdentity?: true;
  readonly format: Format;
}

function trustCommand(): Command {
  return new Command('trust')
    .description('who may assume the role of an account: its trust policy')
    .requiredOption(
      '--controller <arn>',
      "the controller's own role or user",
      arnOf('iam', /^(role|user)\/.+$/, 'arn:aws:iam::999988887777:role/isthmus-controller'),
    )
    .addOption(clusterName())
    .option('--external-id <text>', "the AwsAccount's spec.assumeRole.externalId", externalId)
    .option('--pod-identity', 'the controller has its credentials from EKS Pod Identity, whose session tags come along')
    .addOption(format())
    .action(({ controller, clusterName: name, externalId: id, podIdentity, format: printedAs }: TrustCommandOptions) =>
      print([accountTrust({ controllerArn: controller, clusterName: name, externalId: id, podIdentity })], printedAs),
    );
}

function controllerCommand(): Command {
  return new Command('controller')
    .description("what the controller's own role may do: become the accounts' roles")
    .requiredOption(
      '--role <arn>',
      "an account's role; may be given several times",
      list(arnOf('iam', /^role\/.+$/, 'arn:aws:iam::111122223333:role/isthmus')),
    )
    .addOption(clusterName())
    .addOption(format())
    .action(({ role, clusterName: name, format: printedAs }: { role: readonly string[]; clusterName: string; format: Format }) =>
      print([controllerPolicy(role, name)], printedAs),
    );
}

interface ControllerTrustCommandOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly oidcProvider?: string;
  readonly format: Format;
}

function controllerTrustCommand(): Command {
  return new Command('controller-trust')
    .description("who may assume the controller's own role: its pod, by EKS Pod Identity or IAM roles for service accounts")
    .option('--namespace <name>', "the controller's", 'isthmus')
    .option('--service-account <name>', "the controller's", 'isthmus')
    .option(
      '--oidc-provider <arn>',
      "the cluster's OIDC provider, for IAM roles for service accounts; by default EKS Pod Identity",
      arnOf('iam', /^oidc-provider\/.+$/, 'arn:aws:iam::999988887777:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF'),
    )
    .addOption(format())
    .action(({ namespace, serviceAccount, oidcProvider: oidcProviderArn, format: printedAs }: ControllerTrustCommandOptions) => {
      const how = oidcProviderArn === undefined ? { identity: 'pod-identity' as const } : { identity: 'irsa' as const, oidcProviderArn };
      print([controllerTrust({ namespace, serviceAccount, ...how })], printedAs);
    });
}

const format = () => new Option('--format <name>', 'how it is printed').choices(['json', 'yaml']).default('json');

const clusterName = () =>
  new Option('--cluster-name <name>', 'as given to "isthmus run"; without one it is the uid of the namespace kube-system')
    .argParser(tagValue)
    .makeOptionMandatory();

function print(documents: readonly PolicyDocument[], as: Format): void {
  const texts = documents.map((document) =>
    as === 'json' ? `${JSON.stringify(document, undefined, 2)}\n` : stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  process.stdout.write(texts.join(as === 'json' ? '' : '---\n'));
}

/** Reads an option that may be given several times. */
const list =
  <Value>(read: (text: string) => Value) =>
  (text: string, before: readonly Value[] = []): readonly Value[] => [...before, read(text)];

function accountId(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError(`It must be the twelve digits of an account, and is "${text}".`);
  return text;
}

function feature(text: string): Feature {
  const found = features.find((name) => name === text);
  if (!found) throw new InvalidArgumentError(`It must be one of ${features.join(', ')}, and is "${text}".`);
  return found;
}

function region(text: string): string {
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(text)) throw new InvalidArgumentError(`It must be a region such as us-west-2, and is "${text}".`);
  return text;
}

function vpcId(text: string): string {
  if (!/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/.test(text)) throw new InvalidArgumentError(`It must be the id of a VPC, and is "${text}".`);
  return text;
}

function tag(text: string): readonly [key: string, value: string] {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined || key.length > 128) {
    throw new InvalidArgumentError(`It must be a key and a value such as joinable=yes, and is "${text}".`);
  }
  return [tagValue(key), tagValue(value)];
}

function externalId(text: string): string {
  if (!/^[\w+=,.@:/-]{2,1224}$/.test(text)) {
    throw new InvalidArgumentError(`It must have 2 to 1224 letters, digits and characters of _+=,.@:/-, and is "${text}".`);
  }
  return text;
}

function arnOf(service: string, thing: RegExp, example: string): (text: string) => string {
  return (text) => {
    const [, found = ''] = new RegExp(`^arn:aws(?:-[a-z-]+)?:${service}::\\d{12}:([\\w+=,.@/-]+)$`).exec(text) ?? [];
    if (!thing.test(found)) throw new InvalidArgumentError(`It must be an ARN such as ${example}, and is "${text}".`);
    return text;
  };
}

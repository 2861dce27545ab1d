import type { ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2';
import { partitionOf } from '../../network/partitions.ts';
import { ec2Operations } from '../ec2/index.ts';
import { ramOperations } from '../ram/index.ts';
import { route53Operations } from '../route53/index.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import type { FieldPath, WorldFileError } from './fields.ts';

/** Ids of what the file names, by `<account>/<region>/<VPC>`, and below it `/subnets/<name>`, `/instances/<name>` …; `peerings/<name>`, `hostedZones/<first VPC>/<name>`. */
export type LoadedIds = ReadonlyMap<string, string>;

/** Something of the file that is being made: who makes it, where it stands, and the name that its id follows from. */
export interface Making {
  readonly call: Call;
  readonly path: FieldPath;
  readonly idPath: string;
}

/** A VPC of the file that is in the world. */
export interface LoadedVpc {
  readonly name: string;
  readonly path: FieldPath;
  readonly call: Call;
  /** `111122223333/us-west-2/peering_test_1`. */
  readonly key: string;
  readonly vpcId: string;
}

type Ids = Readonly<Record<string, string | undefined>>;

/** The calls that are made for a file, and the ids of what they made. */
export class Loading {
  readonly ids = new Map<string, string>();
  readonly vpcs: LoadedVpc[] = [];
  readonly world: World;
  /** Lets pass what takes time. */
  readonly settle: () => void;
  /** The error for a field. */
  readonly error: (path: FieldPath, message: string) => WorldFileError;
  readonly #operations: Operations;

  constructor({ world, settle, error }: Pick<Loading, 'world' | 'settle' | 'error'>) {
    this.world = world;
    this.settle = settle;
    this.error = error;
    this.#operations = { ...ec2Operations(world), ...ramOperations(world), ...route53Operations(world) };
  }

  /**
   * Makes a call for a field of the file.
   *
   * @throws WorldFileError for what AWS would refuse
   */
  make<Answer extends object>({ call, path, idPath, ids = {} }: Making & { ids?: Ids }, operation: string, input: object): Answer {
    return this.named({ path, idPath, ids }, () => this.#operations[operation]!(input as never, call) as Answer, operation);
  }

  /**
   * The same for what no call of AWS's does as it is needed here.
   *
   * @param at.ids the ids that the file wants, by prefix
   * @param operation its name in errors
   */
  named<Answer>({ path, idPath, ids }: Omit<Making, 'call'> & { ids: Ids }, run: () => Answer, operation: string): Answer {
    const wanted = Object.fromEntries(Object.entries(ids).flatMap(([prefix, id]) => (id === undefined ? [] : [[prefix, id]])));
    const taken = Object.values(wanted).find((id) => this.world.wasGiven(id));
    if (taken) throw this.error([...path, 'id'], `the id ${taken} is used twice`);
    try {
      return this.world.named(idPath, run, wanted);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw this.error(path, `AWS refuses this (${operation}, ${error.code}): ${error.message}`);
    }
  }

  tag({ call, path }: Pick<Making, 'call' | 'path'>, id: string, tags: Tag[]): void {
    this.make({ call, path, idPath: id }, 'CreateTags', { Resources: [id], Tags: tags });
  }

  /** The VPC of a name, or of `<account>/<region>/<name>`. */
  vpcNamed(text: string, path: FieldPath): LoadedVpc {
    const found = this.vpcs.filter(({ key, name }) => key === text || name === text);
    if (found.length === 1) return found[0]!;
    const known = this.vpcs.map(({ key }) => key).join(', ');
    throw this.error(path, `${found.length === 0 ? 'no' : 'more than one'} VPC is called ${text}; the VPCs are ${known}`);
  }

  /** The key itself, where nothing has it yet. */
  newKey(key: string, path: FieldPath): string {
    if (this.ids.has(key)) throw this.error([...path, 'name'], `the name ${key.split('/').at(-1)} is used twice`);
    return key;
  }

  /** @param what how a message names things of that sort */
  idOf(key: string, path: FieldPath, what: string): string {
    const id = this.ids.get(key);
    if (id) return id;
    const known = [...this.ids.keys()]
      .filter((other) => other.startsWith(key.slice(0, key.lastIndexOf('/') + 1)))
      .map((other) => other.split('/').at(-1));
    throw this.error(
      path,
      `there is no ${what} called ${key.split('/').at(-1)}${known.length > 0 ? `; there are ${known.join(', ')}` : ''}`,
    );
  }
}

/** Who makes the things of an account. */
export const rootOf = (accountId: string, region: string): Call => ({
  accountId,
  region,
  callerArn: `arn:${partitionOf(region)}:iam::${accountId}:root`,
});

/** Tags as AWS's calls take them. */
export const tagsOf = (tags: Readonly<Record<string, string>>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Tags at creation: the name stands in the tag Name. */
export function specification(
  type: ResourceType,
  { name, tags }: { readonly name: string; readonly tags?: Readonly<Record<string, string>> | undefined },
): TagSpecification[] {
  return [{ ResourceType: type, Tags: tagsOf({ Name: name, ...tags }) }];
}

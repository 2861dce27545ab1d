import type { ApiError } from './service.ts';
import type { World } from './world/world.ts';

/** A list call of a service that speaks JSON. */
export interface JsonPage<Item> {
  readonly items: readonly Item[];
  /** Ascending along the items. */
  readonly orderOf: (item: Item) => number;
  readonly input: { readonly maxResults?: number | undefined; readonly nextToken?: string | undefined };
  /** The most that a page holds, and what it holds where nothing is said. */
  readonly most: number;
  readonly invalidMaxResults: (asked: number) => ApiError;
  readonly invalidNextToken: (token: string) => ApiError;
}

/**
 * One page. The first may be empty though more follow, where the world is set so (aws.md 5.8).
 *
 * @throws ApiError `invalidMaxResults`, `invalidNextToken`
 */
export function jsonPage<Item>(world: World, page: JsonPage<Item>): { items: readonly Item[]; nextToken?: string } {
  const { maxResults: asked, nextToken: token } = page.input;
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1 || asked > page.most)) throw page.invalidMaxResults(asked);
  const after = token === undefined ? -1 : readToken(token);
  if (after === undefined) throw page.invalidNextToken(token!);
  if (world.settings.emptyFirstPage && token === undefined) return { items: [], nextToken: writeToken(0) };
  const size = Math.min(asked ?? page.most, world.settings.pageSize ?? Number.POSITIVE_INFINITY);
  const rest = page.items.filter((item) => page.orderOf(item) > after);
  const items = rest.slice(0, size);
  return rest.length > items.length ? { items, nextToken: writeToken(page.orderOf(items.at(-1)!)) } : { items };
}

const writeToken = (after: number): string => Buffer.from(`after:${after}`).toString('base64url');

function readToken(token: string): number | undefined {
  const found = /^after:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  return found && writeToken(Number(found[1])) === token ? Number(found[1]) : undefined;
}
